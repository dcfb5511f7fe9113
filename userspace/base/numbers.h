/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of numbers. */
#ifndef NBDDIAG_NUMBERS_H
#define NBDDIAG_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct numbers - a set of numbers
 * @at: the numbers
 * @nr: how many
 * @room: entries allocated
 * @sorted: they are in order
 */
struct numbers {
	uint64_t *at;
	size_t nr;
	size_t room;
	bool sorted;
};

/**
 * numbers_add() - put a number into a set
 * @number: may be in it already
 */
void numbers_add(struct numbers *numbers, uint64_t number);

/* Is a number in a set? */
bool numbers_has(struct numbers *numbers, uint64_t number);

/**
 * numbers_free() - give back what a set has
 * @numbers: the set, empty from then on
 */
void numbers_free(struct numbers *numbers);

#endif /* NBDDIAG_NUMBERS_H */
