// SPDX-License-Identifier: GPL-2.0
/* Copies the stack of a task that sleeps. */
#include <linux/sched/clock.h>
#include <linux/sched/task_stack.h>

#include "access/peek.h"
#include "object/stack.h"

#define TEXT_REACH (2ULL << 30)

u64 stack_waiting_ns(const struct task_struct *task)
{
	u64 now = cpu_clock(raw_smp_processor_id());
	u64 left = compat_gave_up_cpu_ns(task, now);

	if (!left)
		return 0;
	/* Not yet is not "not recorded". Clocks of CPUs may differ a little, too. */
	return now > left ? now - left : 1;
}

/*
 * Below lie remains of calls that have returned. Some architectures have no
 * such registers for a thread of the kernel, or keep them elsewhere.
 */
static bool find_part_in_use(struct stack_copy *stack, struct task_struct *task)
{
	unsigned long base = (unsigned long)READ_ONCE(task->stack);
	unsigned long sp = compat_saved_sp(task);
	unsigned long end = (unsigned long)task_pt_regs(task);

	if (end - base > THREAD_SIZE && task->flags & PF_KTHREAD)
		end = base + THREAD_SIZE;
	if (!sp)
		sp = base;
	if (!base || end - base > THREAD_SIZE || sp - base > end - base)
		return false;
	stack->base = base;
	stack->first = (sp - base) / sizeof(long);
	stack->end = (end - base) / sizeof(long);
	return true;
}

/* What was copied of a task that ran meanwhile fits together by chance only. */
bool stack_take(struct stack_copy *stack, struct task_struct *task)
{
	unsigned long switched = stack_times_switched(task);
	const unsigned long *words;

	if (compat_is_running(task) || !find_part_in_use(stack, task))
		return false;
	words = (const unsigned long *)stack->base;
	return peek_bytes(&stack->words[stack->first], &words[stack->first],
			  (stack->end - stack->first) * sizeof(*words)) &&
	       !compat_is_running(task) && stack_times_switched(task) == switched;
}

bool stack_peek(void *dst, size_t size, const void *address,
		const struct task_struct *task)
{
	const void *base = READ_ONCE(task->stack);

	return base && address >= base &&
	       address - base <= THREAD_SIZE - size &&
	       peek_bytes(dst, address, size);
}

bool stack_has(const struct stack_copy *stack, unsigned long address,
	       size_t size)
{
	return address >= stack->base &&
	       address + size <= stack->base + sizeof(stack->words);
}

/* Kernel and modules lie together. */
bool stack_may_return_to(unsigned long word)
{
	return word - (unsigned long)&schedule + TEXT_REACH < 2 * TEXT_REACH;
}

#define X86_CALL 0xe8
#define X86_CALL_LEN 5
#define X86_JUMP 0xe9
#define JUMP_WITHIN 64
#define X86_CALL_BY_REGISTER 0xff
#define X86_REGISTER_MASK 0xf8
#define X86_REGISTER 0xd0
#define ARM64_BL 0x94000000U
#define ARM64_BL_MASK 0xfc000000U
#define ARM64_BLR 0xd63f0000U
#define ARM64_BLR_MASK 0xfffffc1fU

bool stack_is_behind_call(unsigned long word)
{
#if defined(CONFIG_X86_64)
	u8 code;

	/* Indirect calls go by way of a thunk, or are told by no byte. */
	return stack_may_return_to(word) &&
	       peek(&code, (const u8 *)(word - X86_CALL_LEN)) &&
	       code == X86_CALL;
#elif defined(CONFIG_ARM64)
	u32 code;

	return stack_may_return_to(word) && IS_ALIGNED(word, sizeof(code)) &&
	       peek(&code, (const u32 *)(word - sizeof(code))) &&
	       ((code & ARM64_BL_MASK) == ARM64_BL ||
		(code & ARM64_BLR_MASK) == ARM64_BLR);
#else
	return stack_may_return_to(word);
#endif
}

unsigned long stack_called(unsigned long word)
{
#if defined(CONFIG_X86_64)
	u8 code[X86_CALL_LEN];
	s32 distance;

	if (!stack_may_return_to(word) ||
	    !peek_bytes(code, (const u8 *)word - sizeof(code), sizeof(code)) ||
	    *code != X86_CALL)
		return 0;
	memcpy(&distance, &code[1], sizeof(distance));
	return word + distance;
#else
	return 0;
#endif
}

bool stack_jumps_to(unsigned long from, unsigned long to)
{
#if defined(CONFIG_X86_64)
	u8 code[JUMP_WITHIN];
	unsigned int i;
	s32 distance;

	if (!stack_may_return_to(from) ||
	    !peek_bytes(code, (const u8 *)from, sizeof(code)))
		return false;
	for (i = 0; i + X86_CALL_LEN <= sizeof(code); i++) {
		if (code[i] != X86_JUMP)
			continue;
		memcpy(&distance, &code[i + 1], sizeof(distance));
		if (from + i + X86_CALL_LEN + distance == to)
			return true;
	}
#endif
	return false;
}

bool stack_is_behind_register_call(unsigned long word)
{
#if defined(CONFIG_X86_64)
	u8 code[2];

	return stack_may_return_to(word) &&
	       peek_bytes(code, (const u8 *)word - sizeof(code),
			  sizeof(code)) &&
	       code[0] == X86_CALL_BY_REGISTER &&
	       (code[1] & X86_REGISTER_MASK) == X86_REGISTER;
#else
	return false;
#endif
}
