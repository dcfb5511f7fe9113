/* SPDX-License-Identifier: GPL-2.0 */
/* From a bio upward, through all layers, to whoever waits for it. */
#ifndef NBDDIAG_CHAIN_H
#define NBDDIAG_CHAIN_H

#include <linux/types.h>

#include "access/symbols.h"
#include "object/opened.h"

struct bio;
struct gendisk;
struct kiocb;
struct request;

/* Devices that are stacked higher than this are counted, not named. */
#define CHAIN_DISKS 6
#define CHAIN_PASSED 4

enum chain_waiter {
	CHAIN_NOT_KNOWN,	/* struct chain.why_not says why */
	CHAIN_AIO,
	CHAIN_TASK,		/* sleeps until it is done */
	CHAIN_URING,
	CHAIN_PAGE_CACHE,	/* whoever wants the page */
	CHAIN_WRITEBACK,
	CHAIN_SWAP,
};

/**
 * struct chain_origin - what was asked, and by way of what
 * @disks: whose bios were met, the lowest first; addresses that may be gone
 * @nr_disks: how many; @disks has no more than CHAIN_DISKS of them
 * @opened: what was asked
 */
struct chain_origin {
	const struct gendisk *disks[CHAIN_DISKS];
	u32 nr_disks;
	struct opened opened;
};

/**
 * struct chain - what is above a bio
 * @origin: what was asked
 * @waiter: who waits for it
 * @why_not: NULL, or why that was not found
 * @end_io: function that the highest bio calls when it is done, or NULL
 * @top: the highest bio; only to compare what it is of
 * @sent: what was sent to each disk of @origin: a bio, or the device mapper's
 *	record of a part of one; only to tell one from another
 * @began: when the device mapper got the highest bio of its own, in jiffies, or 0
 * @kiocb: of CHAIN_AIO and CHAIN_URING; only to tell one from another
 * @ctx: context of CHAIN_AIO; proved to be one
 * @task: of CHAIN_TASK and CHAIN_URING: address of a task that has yet to be
 *	proved, or NULL
 * @passed: requests of other disks that are above the bio, and so rest below
 *	their own disks
 * @nr_passed: how many
 */
struct chain {
	struct chain_origin origin;
	enum chain_waiter waiter;
	const char *why_not;
	const void *end_io;
	const struct bio *top;
	const void *sent[CHAIN_DISKS];
	unsigned long began;
	const struct kiocb *kiocb;
	const void *ctx;
	const void *task;
	const struct request *passed[CHAIN_PASSED];
	u32 nr_passed;
};

/**
 * chain_functions_alloc() - for the functions that bios are completed by
 *
 * Context: may sleep.
 * Return: a cache for one snapshot, to be freed by kvfree(); NULL if there is
 * no memory.
 */
struct symbol_cache *chain_functions_alloc(void);

/*
 * Follow a bio upward.
 *
 * @bio: may be completed at any moment
 * @fn: called once, or several times where a request of a loop device is above
 *	it, which may have been made of several bios
 *
 * Each step is told by the name of the function that completes a bio, read with
 * fault tolerance, and proved where the object can prove itself. What is found
 * is only true if the bio was still in use afterwards, which the caller has to
 * find out.
 *
 * Context: any; does not sleep.
 */
void chain_each(struct symbol_cache *known, const struct bio *bio,
		void (*fn)(const struct chain *chain, void *data), void *data);

/*
 * From an AIO request that is being submitted to what it asks for.
 *
 * @kiocb: any address
 * @chain: filled; nothing is known of bios
 *
 * Context: any; does not sleep.
 */
void chain_of_submitted(struct chain *chain, struct symbol_cache *known,
			const struct kiocb *kiocb);

/* When the device mapper got its highest bio, by ktime_get_ns(); @began is not 0. */
u64 chain_began_ns(const struct chain *chain);

/*
 * What a bio calls when it is done.
 *
 * @bio: any address
 *
 * Return: the function; of a bio that was split, that of the whole. NULL if it
 * cannot be read.
 */
const void *chain_end_io(struct symbol_cache *known, const struct bio *bio);

/*
 * The disk that a bio was sent to.
 *
 * @bio: any address
 *
 * Return: an address that may be gone, or NULL.
 */
const struct gendisk *chain_disk_of(const struct bio *bio);

#endif /* NBDDIAG_CHAIN_H */
