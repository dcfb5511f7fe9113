/* SPDX-License-Identifier: GPL-2.0 */
/* The files aio and aio_scan: who has AIO contexts, and who owes them. */
#ifndef NBDDIAG_AIO_H
#define NBDDIAG_AIO_H

#include "facts/modfile.h"
#include "facts/rest.h"
#include "facts/text.h"
#include "host/source.h"

#define AIO_DEVICES 16
#define AIO_DEVICE_LEN 32

enum aio_owner_kind {
	AIO_WAITER,		/* a task that waits for dying contexts */
	AIO_UNOWNED,		/* a context of which no owner was found */
	AIO_SPACE,		/* an address space with live contexts */
};

/**
 * struct aio_device - a device that owes requests, or may
 * @name: its name
 * @requests: how many were found at it, as lines; a large one may have several
 * @unfound: how many it was asked for that were found at no device
 *
 * With neither it is only a candidate.
 */
struct aio_device {
	char name[AIO_DEVICE_LEN];
	unsigned int requests;
	unsigned int unfound;
};

/**
 * struct aio_owner - a block of lines of the file, added up
 * @kind: what it is
 * @line: value of its first line
 * @first: number of the line after that, or of the context's own
 * @end: number of the line after the block
 * @contexts: how many contexts it has
 * @max_reqs: their sum
 * @inflight: likewise
 * @inflight_known: that of all of them is known
 * @why_no_inflight: why it is not, of the first one; VALUE_UNKNOWN, or empty
 * @unreaped: sum of those that are known
 * @why_no_unreaped: why one of them is not known, likewise
 * @oldest_ns: age of the oldest request found, 0 if there is none
 * @owed: how many requests were found at a device; a large one may have several
 *	lines
 * @not_found: how many requests were not found at any device
 * @why_not_found: why, as in owed_by; not given if @not_found is 0
 * @device: devices that owe, then candidates
 * @nr_devices: how many
 * @others: requests that are owed by devices for which there was no room
 * @has_others: there are more devices that owe, or may owe, than @device has
 */
struct aio_owner {
	enum aio_owner_kind kind;
	const char *line;
	size_t first;
	size_t end;
	unsigned int contexts;
	uint64_t max_reqs;
	uint64_t inflight;
	bool inflight_known;
	struct value why_no_inflight;
	uint64_t unreaped;
	struct value why_no_unreaped;
	uint64_t oldest_ns;
	uint64_t owed;
	uint64_t not_found;
	struct value why_not_found;
	struct aio_device device[AIO_DEVICES];
	unsigned int nr_devices;
	uint64_t others;
	bool has_others;
};

/**
 * aio_read() - read the file
 * @text: filled, for text_free()
 * @deep: aio_scan instead of aio
 *
 * Ends the program if it cannot be read or lines are missing.
 */
void aio_read(const struct source *source, struct text *text, bool deep);

/**
 * aio_look() - the same, where one can do without it; of the file aio
 * @text: filled, for text_free(); empty if it is not read
 */
enum modfile_found aio_look(const struct source *source, struct text *text);

/**
 * aio_rests() - where the requests of an owner rest
 * @text: from aio_read()
 * @rests: filled
 */
void aio_rests(const struct text *text, const struct aio_owner *owner,
	       struct rests *rests);

/**
 * aio_concerns() - may a device have part in what an owner is owed?
 * @text: from aio_read()
 * @device: of a disk
 *
 * Return: true if a request rests at it, was asked of it or came by way of it, or if
 * it is a candidate.
 */
bool aio_concerns(const struct text *text, const struct aio_owner *owner,
		  const char *device);

/**
 * aio_next() - the next owner
 * @text: from aio_read()
 * @at: where to begin, 0 at first; set to where to go on
 *
 * Waiters come first, as in the file.
 *
 * Return: false at the end.
 */
bool aio_next(const struct text *text, size_t *at, struct aio_owner *owner);

#endif /* NBDDIAG_AIO_H */
