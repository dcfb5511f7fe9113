// SPDX-License-Identifier: GPL-2.0
/* Sizes and ages for people; JSON has plain numbers instead. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/units.h"

/* To one digit after the point, rounded. */
void units_size(char *text, uint64_t bytes)
{
	static const char letters[] = "BKMGTPE";
	uint64_t unit = 1, whole, rest;
	size_t i = 0;

	for (; bytes / unit >= 1024 && letters[i + 1]; i++)
		unit *= 1024;
	whole = bytes / unit;
	rest = (bytes % unit * 10 + unit / 2) / unit;
	if (rest == 10) {
		whole++;
		rest = 0;
	}
	if (whole == 1024 && letters[i + 1]) {
		whole = 1;
		i++;
	}
	if (rest)
		snprintf(text, UNITS_LEN, "%" PRIu64 ".%" PRIu64 "%c", whole,
			 rest, letters[i]);
	else
		snprintf(text, UNITS_LEN, "%" PRIu64 "%c", whole, letters[i]);
}

void units_age(char *text, uint64_t ns)
{
	uint64_t ms = ns / 1000000, s = ms / 1000;
	uint64_t min = s / 60, h = min / 60, d = h / 24;

	if (d)
		snprintf(text, UNITS_LEN, "%" PRIu64 "d %" PRIu64 "h", d,
			 h % 24);
	else if (h)
		snprintf(text, UNITS_LEN, "%" PRIu64 "h %" PRIu64 "m", h,
			 min % 60);
	else if (min)
		snprintf(text, UNITS_LEN, "%" PRIu64 "m %" PRIu64 "s", min,
			 s % 60);
	else if (s)
		snprintf(text, UNITS_LEN, "%" PRIu64 ".%" PRIu64 "s", s,
			 ms % 1000 / 100);
	else
		snprintf(text, UNITS_LEN, "%" PRIu64 "ms", ms);
}
