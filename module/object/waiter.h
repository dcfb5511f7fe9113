/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tasks that wait in exit_aio() or io_destroy(), found by their stacks
 * --------------------------------------------------------------------
 *
 * When a process ends, exit_aio() kills all its AIO contexts and waits until
 * their last request is completed; io_destroy(2) does so with one context. A
 * killed context is in no table any more. The task is in D, and nothing that can
 * be looked up names what it waits for. But its stack does, here from low
 * addresses to high ones:
 *
 *	schedule() and what it calls	down to the saved stack pointer
 *	wait_for_completion()		struct swait_queue: this task, and a list
 *					entry that is linked with the completion
 *	a return address		into exit_aio() or io_destroy()
 *	exit_aio(), io_destroy()	struct ctx_rq_wait: the completion, and how
 *					many contexts are not drained yet
 *	saved registers			the context, or the dying address space
 *	mmput(), do_exit(), ...
 *	struct pt_regs			what the task had in user space
 *
 * The way goes from the lowest swait_queue that names the task to the completion
 * that it is linked with, and from there to the ctx_rq_wait around it. Each
 * context that is waited for has the address of that ctx_rq_wait in rq_wait. So
 * a word of the stack is believed to be a context only if that leads back.
 * io_destroy() leaves the context itself on the stack. exit_aio() leaves the
 * address space. The rings are still mapped there, and a ring's inode leads to
 * its context.
 *
 * A stack is full of remains of earlier calls and of other tasks' addresses, and
 * the user chooses what is in pt_regs. So the stack is copied between the saved
 * stack pointer and pt_regs, and only if the task did not run meanwhile. All that
 * a word points to is read with fault tolerance, after sound.h has said that
 * memory is there.
 */
#ifndef NBDDIAG_WAITER_H
#define NBDDIAG_WAITER_H

#include <linux/sched.h>
#include <linux/types.h>

#include "access/symbols.h"
#include "object/stack.h"

#define AIO_NAME_LEN 48

/**
 * struct aio_waiter - a task that sleeps for a completion on its own stack
 * @task: address of its task_struct; only to compare it
 * @wait: address of the completion, of a struct ctx_rq_wait if @in_aio or if
 *	it has a context
 * @in_aio: the function it sleeps in is exit_aio() or an io_destroy()
 * @tid: thread id in the initial pid namespace
 * @tgid: thread group id there
 * @comm: name of the thread
 * @state: letter as shown by ps
 * @waiting_ns: since it last ran, 0 if the kernel does not record that
 * @not_drained: contexts which the kernel still waits for
 * @sleeps_in: the function, empty if it was not found
 * @exe: name of the program whose address space is dying, empty if not known
 */
struct aio_waiter {
	const void *task;
	const void *wait;
	bool in_aio;
	pid_t tid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	char state;
	u64 waiting_ns;
	int not_drained;
	char sleeps_in[AIO_NAME_LEN];
	char exe[AIO_NAME_LEN];
};

/*
 * Copy what is needed of a task in D.
 *
 * @waiter: filled but for what the stack tells
 *
 * Context: under rcu_read_lock(), which keeps @task. Does not sleep.
 * Return: false if it is not in D, or ran meanwhile.
 */
bool waiter_copy(struct aio_waiter *waiter, struct stack_copy *stack,
		 struct task_struct *task);

/**
 * waiter_functions() - have a cache tell the functions that wait for AIO
 * @cache: zeroed
 */
void waiter_functions(struct symbol_cache *cache);

/*
 * Does the task sleep in a function that waits for AIO?
 *
 * @waiter: from waiter_copy(); @wait and what follows from it are filled
 * @functions: from waiter_functions(); for one walk of all tasks
 *
 * Context: any; does not sleep.
 * Return: true if it sleeps for a completion on its own stack, and in such a
 * function, or in one into which the compiler may have put it: without
 * @waiter->in_aio it is a waiter only if it has a context.
 */
bool waiter_find(struct aio_waiter *waiter, const struct stack_copy *stack,
		 struct symbol_cache *functions);

/*
 * Find the contexts that a task waits for.
 *
 * @waiter: from waiter_find(); @exe may be filled
 *
 * Only contexts whose rq_wait is what the task sleeps on: stacks hold stale
 * addresses of what belongs to other tasks too.
 *
 * Context: may sleep, as it lets others run between steps.
 */
void waiter_contexts(struct aio_waiter *waiter,
		     const struct stack_copy *stack,
		       void (*fn)(const void *ctx, void *data), void *data);

#endif /* NBDDIAG_WAITER_H */
