/* SPDX-License-Identifier: GPL-2.0 */
/* Every io_uring of the system: whose it is, and who owes its requests. */
#ifndef NBDDIAG_SNAPSHOT_URING_H
#define NBDDIAG_SNAPSHOT_URING_H

#include "object/uring.h"
#include "snapshot/all_disks.h"
#include "snapshot/outstanding.h"

enum uring_owner {
	URING_LIVE,		/* one process has it */
	URING_SEVERAL,		/* several have */
	URING_NONE,		/* none has */
};

/**
 * struct uring_ring - a ring
 * @ring: its address; only to tell one from another
 * @figures: what it holds
 * @processes: how many processes have it open or registered
 * @pid: the first of them; of a ring that none has: whose requests are in it, 0 if
 *	not known
 * @comm: its name
 * @ended: that process has ended; false if @pid is not known
 * @fd: a descriptor of it, -1 if it is only registered
 * @worker: thread id of the worker that frees it, 0 if there is none
 * @nr_owed: how many of its requests were found at disks
 * @oldest_ns: when the oldest of them began; 0 if not known
 */
struct uring_ring {
	const void *ring;
	struct uring_figures figures;
	u32 processes;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool ended;
	int fd;
	pid_t worker;
	u32 nr_owed;
	u64 oldest_ns;
};

/**
 * struct uring_owed - a request of a ring that was found at a disk
 * @ring: address of the ring
 * @kiocb: address of the request; only to tell one from another
 * @pid: the process that sent it, 0 if that is not known
 * @comm: name of the thread
 * @ended: the process has ended
 * @unmet: the first of a ring that was not met otherwise
 * @disk: where it rests
 * @origin: what was asked, and by way of what
 * @rest: the request of the block layer, or the bio
 */
struct uring_owed {
	const void *ring;
	const void *kiocb;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool ended;
	bool unmet;
	const struct gendisk *disk;
	struct chain_origin origin;
	struct rest rest;
};

/**
 * struct uring_snap - all rings at one moment
 * @incomplete: NULL, or why something may be missing
 * @why_not: NULL, or why rings cannot be found on this kernel
 * @now_ns: when the requests were looked at, by ktime_get_ns()
 * @took_ns: how long it took
 * @names: all disks
 * @nr: how many rings
 * @room: entries allocated
 * @of: the rings, by address
 * @nr_owed: how many requests
 * @room_owed: entries allocated
 * @owed: the requests, by ring, the oldest first
 */
struct uring_snap {
	const char *incomplete;
	const char *why_not;
	u64 now_ns;
	u64 took_ns;
	struct disk_names *names;
	u32 nr;
	u32 room;
	struct uring_ring *of;
	u32 nr_owed;
	u32 room_owed;
	struct uring_owed *owed;
};

/* Who has a ring. */
static inline enum uring_owner uring_owner_of(const struct uring_ring *ring)
{
	if (!ring->processes)
		return URING_NONE;
	return ring->processes > 1 ? URING_SEVERAL : URING_LIVE;
}

/*
 * Find a ring in a snapshot.
 *
 * @snap: with its rings in order
 *
 * Return: the ring, or NULL.
 */
struct uring_ring *uring_find(const struct uring_snap *snap, const void *ring);

/**
 * uring_snap_take() - find all rings
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: a snapshot for uring_snap_free(), or an ERR_PTR().
 */
struct uring_snap *uring_snap_take(void);

/**
 * uring_snap_free() - give a snapshot back
 * @snap: from uring_snap_take(), an ERR_PTR() or NULL
 */
void uring_snap_free(struct uring_snap *snap);

#endif /* NBDDIAG_SNAPSHOT_URING_H */
