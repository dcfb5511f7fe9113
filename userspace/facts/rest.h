/* SPDX-License-Identifier: GPL-2.0 */
/* Where requests rest: lines of the files aio and io, put together. */
#ifndef NBDDIAG_REST_H
#define NBDDIAG_REST_H

#include <stdbool.h>
#include <stddef.h>

#include "facts/text.h"

#define RESTS_MAX 64

/**
 * struct rest - requests that rest at one device in one state and came by one way
 * @device: where they rest
 * @asked: the device that was asked; not given if that is not known
 * @fs: type of the filesystem that asked it; not given without
 * @via: the devices between
 * @state: what holds them up
 * @waits_for: what their submitters wait for, if the state is submitting
 * @requests: how many lines
 * @oldest_ns: age of the oldest, 0 if it is not known
 */
struct rest {
	struct value device;
	struct value asked;
	struct value fs;
	struct value via;
	struct value state;
	struct value waits_for;
	unsigned int requests;
	uint64_t oldest_ns;
};

/**
 * struct rests - all of them
 * @rest: in the order of their first lines
 * @nr: how many
 * @others: how many lines are of none of these, as there are too many ways
 */
struct rests {
	struct rest rest[RESTS_MAX];
	size_t nr;
	unsigned int others;
};

/**
 * rests_add() - put a line to those that are alike
 * @rests: zeroed at first
 * @line: value of a line "owed" or "request"
 */
void rests_add(struct rests *rests, const char *line);

/**
 * rest_is_of() - is a name that of a device, or of a partition of it?
 * @value: the name
 * @device: of a disk, or of a partition
 */
bool rest_is_of(struct value value, const char *device);

/**
 * rest_concerns() - does a request rest at a device, or did it come by way of it?
 * @line: value of a line "owed" or "request"
 * @device: of a disk, or of a partition
 */
bool rest_concerns(const char *line, const char *device);

#endif /* NBDDIAG_REST_H */
