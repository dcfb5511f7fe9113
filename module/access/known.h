/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A number, or why it is not known. Whoever reads a number also knows why it
 * could not be read, so the reason is noted there, and printing has only to say
 * it. No kernel API.
 */
#ifndef NBDDIAG_KNOWN_H
#define NBDDIAG_KNOWN_H

#include "access/plain.h"

/**
 * struct known - a number, or why it is not known
 * @why_not: NULL, or the reason: lower-case words joined by hyphens
 * @value: the number; a truth value is 0 or 1; -1 (UNKNOWN) with a reason
 */
struct known {
	const char *why_not;
	s64 value;
};

static inline struct known known_value(s64 value)
{
	return (struct known){ .value = value };
}

static inline struct known known_not(const char *why_not)
{
	return (struct known){ .why_not = why_not, .value = -1 };
}

/* A number that is worth nothing if there is a reason. */
static inline struct known known_unless(const char *why_not, s64 value)
{
	return why_not ? known_not(why_not) : known_value(value);
}

/* A count from a place where nobody keeps a negative one. */
static inline struct known known_count(s64 value)
{
	return value < 0 ? known_not("unreadable") : known_value(value);
}

#endif /* NBDDIAG_KNOWN_H */
