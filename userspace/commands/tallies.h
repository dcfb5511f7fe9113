/* SPDX-License-Identifier: GPL-2.0 */
/* How many requests have what: a cell such as "dm-0(mpatha):5 sda:2", in JSON an array. */
#ifndef NBDDIAG_TALLIES_H
#define NBDDIAG_TALLIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

/**
 * struct tally - one of several things
 * @what: what it is, as JSON has it; NULL if it is not known, or for others
 * @shown: the same for people, NULL if it is the same
 * @others: all those that are not listed
 * @requests: how many have it
 * @is_unknown: how many is not known
 * @may: that they have it is only possible
 */
struct tally {
	char *what;
	char *shown;
	uint64_t requests;
	bool is_unknown;
	bool may;
	bool others;
};

/**
 * struct tallies - all of them; zeros for none
 * @tally: from malloc()
 * @nr: how many
 * @is_one: they are those of one request, so that people need no number
 */
struct tallies {
	struct tally *tally;
	size_t nr;
	bool is_one;
};

/* Strings of @tally are from malloc(), and are taken. */
void tallies_put(struct tallies *all, struct tally tally);

/**
 * tallies_count() - one request more that has it
 * @what: from malloc(), and taken; NULL if it is not known
 * @shown: likewise; NULL for @what
 *
 * The first 16 things are told apart.
 */
void tallies_count(struct tallies *all, char *what, char *shown);

/* Return: for free() */
char *tallies_text(const struct tallies *all);

/* Into the array that is open. @all: a struct tallies */
void tallies_json(struct json *json, const void *all);

/* There are none after that. */
void tallies_free(struct tallies *all);

#endif /* NBDDIAG_TALLIES_H */
