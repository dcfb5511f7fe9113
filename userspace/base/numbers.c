// SPDX-License-Identifier: GPL-2.0
/* Sets of numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/numbers.h"

void numbers_add(struct numbers *numbers, uint64_t number)
{
	if (numbers->nr == numbers->room) {
		numbers->room = numbers->room ? numbers->room * 2 : 64;
		numbers->at = check_memory(reallocarray(numbers->at,
							numbers->room,
							sizeof(*numbers->at)));
	}
	numbers->at[numbers->nr++] = number;
	numbers->sorted = false;
}

static int by_size(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

	return one < two ? -1 : one > two;
}

bool numbers_has(struct numbers *numbers, uint64_t number)
{
	if (!numbers->nr)
		return false;
	if (!numbers->sorted)
		qsort(numbers->at, numbers->nr, sizeof(number), by_size);
	numbers->sorted = true;
	return bsearch(&number, numbers->at, numbers->nr, sizeof(number),
		       by_size);
}

void numbers_free(struct numbers *numbers)
{
	free(numbers->at);
	memset(numbers, 0, sizeof(*numbers));
}
