/* SPDX-License-Identifier: GPL-2.0 */
/* All AIO contexts of the system: whose they are, and who owes their requests. */
#ifndef NBDDIAG_AIO_H
#define NBDDIAG_AIO_H

#include <linux/list.h>

#include "access/known.h"
#include "object/aio_request.h"
#include "object/block_files.h"
#include "object/kioctx.h"
#include "object/request.h"
#include "object/waiter.h"
#include "snapshot/all_disks.h"
#include "snapshot/outstanding.h"

enum aio_scan {
	AIO_SCAN_QUICK,		/* tables, waiting tasks, requests of all disks */
	AIO_SCAN_DEEP,		/* and all pages of memory */
};

enum aio_state {
	AIO_LIVE,		/* in the table of an address space */
	AIO_DYING,		/* killed, its requests are waited for */
	AIO_OWNERLESS,		/* alive, but no task has its address space */
};

/**
 * struct aio_group - a thread group that has an address space
 * @hash: by @pid
 * @in_space: in aio_space.groups
 * @space: the address space
 * @pid: its number in the initial pid namespace
 * @tid: a thread of it that had not begun to exit
 * @task: address of its task_struct; only to compare it
 * @comm: name of its leader
 * @threads: how many threads it has
 */
struct aio_group {
	struct hlist_node hash;
	struct list_head in_space;
	struct aio_space *space;
	pid_t pid;
	pid_t tid;
	const void *task;
	char comm[TASK_COMM_LEN];
	int threads;
};

/**
 * struct aio_space - an address space with a table of contexts
 * @hash: by @mm
 * @in_snap: in aio_snap.spaces
 * @mm: address; only to tell one from another
 * @whole: its table was read to the end
 * @next_slot: how far it was read
 * @groups: struct aio_group; the first is the one that was met first
 * @nr_groups: how many
 * @contexts: struct aio_context, live ones
 * @nr: how many
 * @max_reqs: their sum
 * @inflight: sum of those that are known
 * @unreaped: sum of those that are known
 * @candidates: block devices it has open, if requests were not found
 */
struct aio_space {
	struct hlist_node hash;
	struct list_head in_snap;
	const void *mm;
	bool whole;
	u32 next_slot;
	struct list_head groups;
	u32 nr_groups;
	struct list_head contexts;
	u32 nr;
	u64 max_reqs;
	u64 inflight;
	u64 unreaped;
	struct block_files *candidates;
};

/**
 * struct aio_wait_for - a waiting task and what it waits for
 * @in_snap: in aio_snap.waits
 * @waiter: the task
 * @contexts: struct aio_context
 * @nr: how many
 * @candidates: block devices it has open, if requests were not found
 */
struct aio_wait_for {
	struct list_head in_snap;
	struct aio_waiter waiter;
	struct list_head contexts;
	u32 nr;
	struct block_files *candidates;
};

/**
 * struct aio_owed - an AIO request that was found at a disk
 * @in_context: in aio_context.owed
 * @ctx: address of its context
 * @kiocb: its address; only to tell one from another
 * @rq: the block layer's request, or NULL; only to tell one from another
 * @disk: where it rests; only to tell one from another
 * @device: its name
 * @origin: what was asked, and by way of what
 * @state: where it is
 * @waits_for: of REST_SUBMITTING
 * @op: REQ_OP_*
 * @sector: first sector, of 512 bytes; not of REST_SUBMITTING
 * @bytes: length; not of REST_SUBMITTING
 * @start_ns: when it began, by ktime_get_ns(); 0 if not known
 */
struct aio_owed {
	struct list_head in_context;
	const void *ctx;
	const void *kiocb;
	const void *rq;
	const struct gendisk *disk;
	char device[DISK_NAME_LEN];
	struct chain_origin origin;
	enum rest_state state;
	enum submit_wait waits_for;
	u32 op;
	u64 sector;
	u32 bytes;
	u64 start_ns;
};

/**
 * struct aio_context - a context
 * @hash: by @ctx
 * @in_owner: in the list of contexts of @space, @wait or the snapshot
 * @ctx: address; only to tell one from another
 * @figures: what it holds
 * @state: what became of it
 * @space: the address space, if it is live
 * @wait: who waits for it, if it is dying and that was found
 * @owed: struct aio_owed
 * @nr_owed: how many different requests these are
 * @unfound: struct aio_request, those that were found at no device; in a deep scan
 * @nr_unfound: how many
 * @nr_lines: requests that are in flight by their own records; in a deep scan
 */
struct aio_context {
	struct hlist_node hash;
	struct list_head in_owner;
	const void *ctx;
	struct kioctx_snap figures;
	enum aio_state state;
	struct aio_space *space;
	struct aio_wait_for *wait;
	struct list_head owed;
	u32 nr_owed;
	struct list_head unfound;
	u32 nr_unfound;
	u32 nr_lines;
};

/* A space is made with the group that led to it, so there is one. */
static inline const struct aio_group *
aio_first_group(const struct aio_space *space)
{
	return list_first_entry(&space->groups, struct aio_group, in_space);
}

#define AIO_HASH_BITS 10

/**
 * struct aio_snap - everything at one moment
 * @scan: how hard was looked
 * @incomplete: NULL, or why something may be missing
 * @no_live: NULL, or why live contexts cannot be found on this kernel
 * @no_dying: NULL, or why others and their waiters cannot
 * @no_inflight: NULL, or why the requests of some cannot be counted
 * @now_ns: when the requests were looked at, by ktime_get_ns()
 * @took_ns: how long it took
 * @aio_nr: /proc/sys/fs/aio-nr
 * @aio_max_nr: /proc/sys/fs/aio-max-nr
 * @max_reqs: sum over the contexts that aio_nr counts
 * @spaces: struct aio_space
 * @waits: struct aio_wait_for
 * @unowned: struct aio_context without one of these
 * @nr: how many contexts, by state
 * @nr_waits: how many waiting tasks
 * @inflight: sum of those that are known
 * @unreaped: sum of those that are known
 * @names: all disks
 * @owed: array of all that was found at disks
 * @nr_owed: how many
 * @why_no_owed: NULL, or why they were not found
 * @requests: array of all requests in flight, whoever owes them; in a deep scan
 * @nr_requests: how many
 * @room_requests: entries allocated
 * @why_no_requests: NULL, or why they were not looked for
 * @wanted: if @nr_wanted, the only contexts that are asked for
 * @nr_wanted: how many, each once
 * @nr_found: how many of these were found
 * @by_mm: hash of the spaces
 * @by_group: hash of their groups
 * @by_ctx: hash of the contexts
 */
struct aio_snap {
	enum aio_scan scan;
	const char *incomplete;
	const char *no_live;
	const char *no_dying;
	const char *no_inflight;
	u64 now_ns;
	u64 took_ns;
	struct known aio_nr;
	struct known aio_max_nr;
	u64 max_reqs;
	struct list_head spaces;
	struct list_head waits;
	struct list_head unowned;
	u32 nr[AIO_OWNERLESS + 1];
	u32 nr_waits;
	u64 inflight;
	u64 unreaped;
	struct disk_names *names;
	struct aio_owed *owed;
	u32 nr_owed;
	const char *why_no_owed;
	struct aio_request *requests;
	u32 nr_requests;
	u32 room_requests;
	const char *why_no_requests;
	const void *wanted[REQUESTS_SHOWN];
	u32 nr_wanted;
	u32 nr_found;
	struct hlist_head by_mm[1 << AIO_HASH_BITS];
	struct hlist_head by_group[1 << AIO_HASH_BITS];
	struct hlist_head by_ctx[1 << AIO_HASH_BITS];
};

/**
 * aio_snap_free() - give a snapshot back
 * @snap: from aio_snap_take(), or NULL
 */
void aio_snap_free(struct aio_snap *snap);

/* Find a context in a snapshot. Return: the context, or NULL. */
struct aio_context *aio_context_find(const struct aio_snap *snap,
				     const void *ctx);

/*
 * What may owe the requests that were not found.
 *
 * Return: the block devices its owner has open, NULL if nobody asked.
 */
const struct block_files *aio_candidates(const struct aio_context *context);

/*
 * Whose a context is.
 *
 * Return: number of the thread group that has it or waits for it, 0 if there
 * is none or it was not found.
 */
pid_t aio_context_pid(const struct aio_context *context);

/*
 * How many requests of a context are in flight for which nothing was found?
 *
 * @context: of a deep scan
 *
 * Return: their number; not known if inflight is not, or if more were found than
 * are in flight.
 */
struct known aio_context_missing(const struct aio_context *context);

#endif /* NBDDIAG_AIO_H */
