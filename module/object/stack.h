/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stack of a task that sleeps, copied. A stack is full of remains of earlier
 * calls and of other tasks' addresses, and the user chooses what is in the
 * registers above it. So only what lies between the saved stack pointer and these
 * is copied, and only if the task did not run meanwhile.
 */
#ifndef NBDDIAG_STACK_H
#define NBDDIAG_STACK_H

#include <linux/sched.h>
#include <linux/thread_info.h>
#include <linux/types.h>

#define STACK_WORDS (THREAD_SIZE / sizeof(unsigned long))

/**
 * struct stack_copy - the stack of a sleeping task
 * @base: where it lay
 * @first: the first word that is in use
 * @end: the one after the last: where the registers begin that the task had in
 *	user space, which hold what the user chose
 * @words: its contents, from @first to @end
 */
struct stack_copy {
	unsigned long base;
	unsigned int first;
	unsigned int end;
	unsigned long words[STACK_WORDS];
};

/*
 * How often a task was taken off a processor: as long as it sleeps, that stays. So it
 * does until one that was woken is taken off again, see compat_is_running().
 */
static inline unsigned long stack_times_switched(const struct task_struct *task)
{
	return READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
}

/*
 * Copy the stack of a task.
 *
 * Context: under rcu_read_lock(), which keeps @task. Does not sleep.
 * Return: false if the task ran meanwhile, or has no stack.
 */
bool stack_take(struct stack_copy *stack, struct task_struct *task);

/*
 * Copy what lies on the stack of a task.
 *
 * @dst: filled
 * @address: where it may lie
 *
 * Context: under rcu_read_lock(), which keeps @task. Does not sleep.
 * Return: false if it does not lie there.
 */
bool stack_peek(void *dst, size_t size, const void *address,
		const struct task_struct *task);

/* Does an object lie on a stack? */
bool stack_has(const struct stack_copy *stack, unsigned long address,
	       size_t size);

/* Where a word of the copy lay. */
static inline unsigned long stack_address(const struct stack_copy *stack,
					  unsigned int i)
{
	return stack->base + i * sizeof(unsigned long);
}

/* May a word be the address that a call returns to? Spares the search for a name. */
bool stack_may_return_to(unsigned long word);

/*
 * Is a word the address behind a call? The addresses of variables are no such ones,
 * though they have names too. On other architectures than x86-64 and arm64 as above.
 */
bool stack_is_behind_call(unsigned long word);

/*
 * The function that was called by the instruction before a word. Return: its
 * address; 0 if there is no call of a certain function, and on other architectures
 * than x86-64.
 */
unsigned long stack_called(unsigned long word);

/*
 * Does a short function end by a jump to another one, which then returns in place of
 * it? False on other architectures than x86-64.
 */
bool stack_jumps_to(unsigned long from, unsigned long to);

/* Is there before a word a call of a function whose address is in a register? */
bool stack_is_behind_register_call(unsigned long word);

/* How long a task has not run, 0 if the kernel does not record that. */
u64 stack_waiting_ns(const struct task_struct *task);

#endif /* NBDDIAG_STACK_H */
