/* SPDX-License-Identifier: GPL-2.0 */
/* The steps of aio_snap_take(), each in a file of its own. */
#ifndef NBDDIAG_AIO_COLLECT_H
#define NBDDIAG_AIO_COLLECT_H

#include "snapshot/aio.h"
#include "snapshot/aio_slabs.h"

/**
 * struct aio_rings - contexts that the pages of their rings led to
 * @ctx: array of their addresses; a context may be in it several times
 * @nr: how many
 * @room: entries allocated
 * @unreadable: pages whose descriptions could not be read
 * @slabs: slabs in which AIO requests are
 */
struct aio_rings {
	const void **ctx;
	u32 nr;
	u32 room;
	u64 unreadable;
	struct aio_slabs slabs;
};

/**
 * aio_rings_find() - look at all pages of memory for rings, and for requests
 * @rings: zeroed; @ctx and the array of @slabs are to be freed with kvfree()
 *	whatever is returned
 *
 * Context: may sleep; takes about 10 ns a page, and lets others run.
 * Return: 0, -ENOMEM, -E2BIG, or -EINTR after a fatal signal.
 */
int aio_rings_find(struct aio_rings *rings);

/**
 * aio_tasks_collect() - live contexts, and tasks that wait for dying ones
 * @snap: gets spaces, waits and their contexts; if it wants some contexts
 *	only, these, and the walk ends when it has them
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -E2BIG, -EINTR after a fatal signal, or -EAGAIN if
 * processes came and went so that a space may have got wrong groups.
 */
int aio_tasks_collect(struct aio_snap *snap);

/* Is a snapshot to have a context? */
bool aio_is_wanted(const struct aio_snap *snap, const void *ctx);

/* Take an address space without contexts out of its snapshot. */
void aio_space_drop(struct aio_space *space);

/**
 * aio_owed_collect() - AIO requests that all disks have outstanding
 * @snap: gets the array owed, in no order
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM or -E2BIG.
 */
int aio_owed_collect(struct aio_snap *snap);

/* Put lines of the same request together, by its address. */
void aio_owed_sort(struct aio_snap *snap);

/**
 * aio_owed_assign() - give each request to its context, the oldest first
 * @snap: with owed and all contexts
 */
void aio_owed_assign(struct aio_snap *snap);

/**
 * aio_unfound_collect() - all AIO requests in flight, in a deep scan
 * @snap: gets the array requests
 * @slabs: from aio_rings_find()
 *
 * To be called again if they changed meanwhile.
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM or -E2BIG.
 */
int aio_unfound_collect(struct aio_snap *snap, const struct aio_slabs *slabs);

/**
 * aio_unfound_settle() - leave those requests that are still in flight
 * @snap: with requests, and owed collected after them; its contexts get figures
 *	of the same moment, and it gets contexts that only requests lead to
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -E2BIG, or -EAGAIN if a context has more or fewer requests
 * than it should.
 */
int aio_unfound_settle(struct aio_snap *snap);

/* Filesystems that are asked for the requests they are ending. */
#define AIO_FS_MAX 64

/*
 * Say of requests that were found at no device who has them.
 *
 * @snap: of a deep scan, with requests that are settled
 *
 * Context: may sleep for a moment, never for I/O.
 */
void aio_where_find(struct aio_snap *snap);

/* Which request is at an address? Return: the request, or NULL. */
struct aio_request *aio_request_find(struct aio_snap *snap, const void *aio);

/**
 * aio_unfound_assign() - give the requests that no device has to their contexts
 * @snap: with all contexts
 */
void aio_unfound_assign(struct aio_snap *snap);

/**
 * aio_unfound_why_incomplete() - is there a line for every request?
 * @snap: a deep scan
 *
 * Return: NULL, or why not.
 */
const char *aio_unfound_why_incomplete(const struct aio_snap *snap);

/**
 * aio_snap_alloc() - a snapshot without anything in it
 * @scan: how hard will be looked
 *
 * Return: for aio_snap_free(), or NULL.
 */
struct aio_snap *aio_snap_alloc(enum aio_scan scan);

/*
 * Find a context in a snapshot, or put it there.
 *
 * Context: may sleep.
 * Return: the context, NULL if there is no memory. A new one is in no list of
 * an owner, and its figures are not filled.
 */
struct aio_context *aio_context_add(struct aio_snap *snap, const void *ctx);

/**
 * aio_context_adopt() - put a context that was met elsewhere into a snapshot
 * @snap: with all spaces and waits
 * @ctx: any address
 *
 * Context: may sleep.
 * Return: 0, also if there is no context at @ctx any more; or -ENOMEM.
 */
int aio_context_adopt(struct aio_snap *snap, const void *ctx);

#endif /* NBDDIAG_AIO_COLLECT_H */
