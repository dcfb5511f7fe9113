/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that disks have been sent and have not answered, and where it is. */
#ifndef NBDDIAG_OUTSTANDING_H
#define NBDDIAG_OUTSTANDING_H

#include "object/chain.h"
#include "object/counter.h"
#include "object/mapped.h"
#include "object/submitters.h"
#include "snapshot/all_disks.h"

/* Where a request is. */
enum rest_state {
	REST_STARTED,	/* with the driver */
	REST_COMPLETE,	/* answered, and not yet passed on */
	REST_QUEUED,	/* not sent yet */
	REST_FLUSHING,	/* waits for a flush of the disk, before or after it */
	REST_NO_PATH,	/* no path of a multipath map works */
	REST_SUSPENDED,	/* the mapped device is suspended */
	REST_THROTTLED,	/* limits of its cgroup hold it back */
	REST_SUBMITTING, /* a task waits until it can hand it to the disk */
	REST_NR
};

/**
 * struct rest - a request or bio at the disk where it rests
 * @state: where it is
 * @op: REQ_OP_*
 * @sector: first sector, of 512 bytes
 * @bytes: length
 * @start_ns: when it began, by ktime_get_ns(); 0 if not known
 * @rq: the request, NULL for a bio
 * @bio: the bio, or the first one of the request, or NULL
 * @below: of a multipath map: it was sent to a path, and rests there
 * @submitter: of REST_SUBMITTING: who waits for what; neither a request nor a bio
 *	is known then, nor @sector and @bytes, and @op only of an AIO request
 */
struct rest {
	enum rest_state state;
	u32 op;
	u64 sector;
	u32 bytes;
	u64 start_ns;
	const struct request *rq;
	const struct bio *bio;
	bool below;
	struct submitter submitter;
};

enum disk_kind {
	DISK_BLK_MQ,	/* has a queue of requests */
	DISK_MAPPED,	/* of the device mapper, with or without such a queue */
	DISK_BIO,	/* takes bios, and keeps them where only the driver knows */
};

/**
 * struct disk_load - what a disk has outstanding, by its own counters
 * @kind: what it is
 * @has_queue: it has a queue of requests, so all of them were found at it
 * @accounted: how much by the kernel's counters
 * @counts: its own statistics then, without @has_queue; to tell whether it answers
 * @throttled: bios that limits of cgroups hold back; not in @accounted
 * @mapped: of DISK_MAPPED
 */
struct disk_load {
	enum disk_kind kind;
	bool has_queue;
	struct known accounted;
	struct disk_counts counts;
	struct known throttled;
	struct mapped mapped;
};

/**
 * struct outstanding_visitor - who wants to see it
 * @begin: a disk with something outstanding
 * @restart: forget what was seen of this disk: the walk begins, or begins anew
 * @visit: called for each request and bio that was found at it; may be completed
 *	at any moment
 * @end: the disk was seen; @why_not is NULL, or why something may be missing
 * @data: the last argument of all of them
 */
struct outstanding_visitor {
	void (*begin)(const struct disk_name *disk,
		      const struct disk_load *load, void *data);
	void (*restart)(void *data);
	void (*visit)(const struct rest *rest, void *data);
	void (*end)(const char *why_not, void *data);
	void *data;
};

/*
 * Show a visitor all that is outstanding on the host.
 *
 * @visitor: its functions must not wait for memory
 *
 * A disk with nothing outstanding costs no more than a look at its counters.
 *
 * Context: may sleep for a moment, never for I/O.
 */
void outstanding_each(const struct outstanding_visitor *visitor);

/*
 * Copy what a bio is.
 *
 * @bio: may be completed at any moment
 *
 * Return: false if it cannot be read.
 */
bool rest_of_bio(struct rest *rest, const struct bio *bio);

/**
 * rest_is_same() - is a request or bio still what it was?
 * @rest: from a visitor
 *
 * Context: any; does not sleep.
 */
bool rest_is_same(const struct rest *rest);

/**
 * rest_is_outstanding() - has a disk still what a bio belongs to?
 * @rest: a bio, or one of several of a request, with @rq and @start_ns of that
 *
 * Context: any; does not sleep.
 */
bool rest_is_outstanding(const struct rest *rest);

#endif /* NBDDIAG_OUTSTANDING_H */
