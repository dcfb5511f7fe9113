// SPDX-License-Identifier: GPL-2.0
/* Follows the calls on the stack of a task that sleeps. */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "access/symbols.h"
#include "object/callers.h"

/* schedule() is near the end of the stack, and no frame is larger than this. */
#define FIRST_WORDS 64
#define FRAME_WORDS 256
#define MAX_CALLS 32

/* Where a function begins there may be an instruction that calls skip. */
#define ENTRY_LEN 16

/**
 * struct call - a call on the way
 * @slot: index of the word that it returns to
 * @start: where the function begins that has called
 * @name: of that
 */
struct call {
	unsigned int slot;
	unsigned long start;
	char name[CALLER_NAME_LEN];
};

static bool name_caller(struct call *call, unsigned long word,
			struct callers *callers)
{
	u32 i = hash_long(word, ilog2(CALLERS_REMEMBERED));

	/* The instruction after a call may belong to the next function. */
	if (callers->of[i].address != word) {
		callers->of[i].start =
			symbol_function(callers->of[i].name,
					sizeof(callers->of[i].name), word - 1);
		callers->of[i].address = word;
	}
	call->start = callers->of[i].start;
	memcpy(call->name, callers->of[i].name, sizeof(call->name));
	return call->start;
}

static bool is_call_of(unsigned long word, unsigned long function)
{
	unsigned long called = stack_called(word);

	return called && (called - function < ENTRY_LEN ||
			  stack_jumps_to(called, function));
}

/* Return: index of the first word from @i on that is behind a call of a function. */
static unsigned int find_call(const struct stack_copy *stack, unsigned int i,
			      unsigned long function, unsigned int words)
{
	unsigned int end = min(stack->end, i + words);

	for (; i < end; i++)
		if (is_call_of(stack->words[i], function))
			return i;
	return stack->end;
}

/* A call by a register goes by way of a thunk, if the processor needs that. */
static bool is_pointer_call(unsigned long word, struct callers *callers)
{
	unsigned long called = stack_called(word);
	struct call thunk;

	if (!called)
		return stack_is_behind_register_call(word);
	return name_caller(&thunk, called + 1, callers) &&
	       strstarts(thunk.name, "__x86_indirect_");
}

/* As schedule_timeout(), io_schedule(), blk_io_schedule(). */
static bool only_sleeps(const struct call *call)
{
	return strstr(call->name, "schedule");
}

/* These are given the function to sleep by: schedule_timeout() or another one. */
static bool waits_by_pointer(unsigned long word, struct callers *callers)
{
	struct call call;

	return name_caller(&call, word, callers) && strstr(call.name, "wait_for_com");
}

/*
 * Nothing says which function was called, so it is the nearest word that is behind
 * any call at all. If that is a call of another function, nothing is known, but if
 * whoever was called sleeps: its frame has remains of other calls.
 */
static unsigned int find_pointer_call(const struct stack_copy *stack,
				      const struct call *callee,
				      struct callers *callers)
{
	unsigned int end = min(stack->end, callee->slot + 1 + FRAME_WORDS);
	bool is_nearest = true;
	unsigned int i;

	for (i = callee->slot + 1; i < end; i++) {
		const unsigned long word = stack->words[i];

		if (is_pointer_call(word, callers) &&
		    (is_nearest || waits_by_pointer(word, callers)))
			return i;
		if (!stack_is_behind_call(word))
			continue;
		if (!only_sleeps(callee))
			break;
		is_nearest = false;
	}
	return stack->end;
}

static bool first_call(struct call *call, const struct stack_copy *stack,
		       struct callers *callers)
{
	call->slot = find_call(stack, stack->first, (unsigned long)&schedule,
			       FIRST_WORDS);
	return call->slot < stack->end &&
	       name_caller(call, stack->words[call->slot], callers);
}

static bool next_call(struct call *call, const struct stack_copy *stack,
		      struct callers *callers)
{
	unsigned int slot = find_call(stack, call->slot + 1, call->start,
				      FRAME_WORDS);

	if (slot == stack->end)
		slot = find_pointer_call(stack, call, callers);
	call->slot = slot;
	return slot < stack->end &&
	       name_caller(call, stack->words[slot], callers);
}

bool callers_sleeper(char *name, size_t size, const struct stack_copy *stack,
		     struct callers *callers)
{
	unsigned int i;
	struct call call;
	bool found;

	*name = '\0';
	found = first_call(&call, stack, callers);
	for (i = 0; found && only_sleeps(&call); i++)
		found = i < MAX_CALLS && next_call(&call, stack, callers);
	if (found)
		strscpy(name, call.name, size);
	return found;
}

bool callers_of_variable(char *name, size_t size,
			 const struct stack_copy *stack,
			 struct callers *callers, unsigned int variable)
{
	struct call call, next;
	unsigned int i;
	bool found;

	*name = '\0';
	found = first_call(&call, stack, callers) && call.slot < variable;
	for (i = 0; found && i < MAX_CALLS; i++) {
		next = call;
		/* The last function of all has nobody that called it here. */
		if (!next_call(&next, stack, callers))
			return false;
		if (next.slot > variable) {
			strscpy(name, call.name, size);
			return true;
		}
		call = next;
	}
	return false;
}
