/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which functions of the kernel a task has called, up to the one that sleeps
 * -------------------------------------------------------------------------
 *
 * Whoever sleeps has called schedule(). On its stack lies the address to which that
 * returns, and before that address is the instruction which calls schedule(): no
 * other word of a stack is like that, but by chance. So the function is known which
 * has called schedule(), and where it begins; the next such word is behind a call
 * of that function, and so on. Nothing depends on how a frame is laid out.
 *
 * Of a function that was called by a pointer the nearest call by a pointer is taken
 * for the one. Only x86-64 has calls whose target is that easily known.
 */
#ifndef NBDDIAG_CALLERS_H
#define NBDDIAG_CALLERS_H

#include "object/stack.h"

#define CALLER_NAME_LEN 48
#define CALLERS_REMEMBERED 256

/**
 * struct callers - functions that were met
 * @of: by a hash of the address that was looked up
 *
 * Zeroed; for one walk of all tasks, as a module may go.
 */
struct callers {
	struct {
		unsigned long address;
		unsigned long start;
		char name[CALLER_NAME_LEN];
	} of[CALLERS_REMEMBERED];
};

/*
 * Name the function that has gone to sleep.
 *
 * @name: its name; of functions that do nothing but sleep, the one that called
 *	them
 *
 * Context: any; does not sleep. Looks names of functions up.
 * Return: false if it was not found; @name is empty then.
 */
bool callers_sleeper(char *name, size_t size, const struct stack_copy *stack,
		     struct callers *callers);

/*
 * Name the function that has a variable.
 *
 * @variable: its first word, an index of @stack->words
 *
 * Context: as above.
 * Return: false if the way does not lead there; @name is empty then.
 */
bool callers_of_variable(char *name, size_t size,
			 const struct stack_copy *stack,
			 struct callers *callers, unsigned int variable);

#endif /* NBDDIAG_CALLERS_H */
