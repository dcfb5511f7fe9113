/* SPDX-License-Identifier: GPL-2.0 */
/* All disks with something outstanding, and the oldest requests of the host. */
#ifndef NBDDIAG_IO_H
#define NBDDIAG_IO_H

#include "access/task.h"
#include "snapshot/all_disks.h"
#include "snapshot/outstanding.h"

#define IO_REQUESTS_SHOWN 64

/**
 * struct io_path - a path of a multipath map
 * @map: index of the map among the disks
 * @disk: name of the disk below, empty if it is not known
 * @devt: its number
 * @group: number of its group
 * @fail_count: how often it failed
 * @active: whether it works now
 */
struct io_path {
	u32 map;
	char disk[DISK_NAME_LEN];
	dev_t devt;
	u32 group;
	u32 fail_count;
	struct known active;
};

/**
 * struct io_disk - a disk with something outstanding
 * @name: its name, number and driver
 * @load: by the kernel's counters
 * @found: requests and bios that were found at it, or below and had come by way
 *	of it, and those that tasks wait to submit while they are accounted already
 * @found_throttled: bios that limits of cgroups hold back
 * @submitting: tasks that wait until they can submit a request
 * @is_busy: it answered some meanwhile, so @found and what is accounted are of
 *	different moments
 * @oldest_ns: when the oldest of those that rest there began; 0 if not known
 * @why_not: NULL, or why something may be missing
 */
struct io_disk {
	struct disk_name name;
	struct disk_load load;
	u32 found;
	u32 found_throttled;
	u32 submitting;
	bool is_busy;
	u64 oldest_ns;
	const char *why_not;
};

/**
 * struct io_request - a request and who waits for it
 * @disk: index of the disk where it rests
 * @rest: what it is
 * @chain: what is above it; of several bios, above the first one
 * @task: who waits, if it is a task
 * @aio_pid: process that has the AIO context or waits for it, 0 if not known
 * @aio_user_id: its aio_context_t
 */
struct io_request {
	u32 disk;
	struct rest rest;
	struct chain chain;
	struct task_snap task;
	pid_t aio_pid;
	unsigned long aio_user_id;
};

/**
 * struct io_snap - everything at one moment
 * @incomplete: NULL, or why something may be missing
 * @now_ns: when it was taken, by ktime_get_ns()
 * @took_ns: how long that took
 * @names: all disks
 * @disks: those with something outstanding, in the order in which they came
 * @nr: how many
 * @paths: of multipath maps among @disks
 * @nr_paths: how many
 * @shown: number of entries in @oldest
 * @oldest: the oldest of them, oldest first
 */
struct io_snap {
	const char *incomplete;
	u64 now_ns;
	u64 took_ns;
	struct disk_names *names;
	struct io_disk *disks;
	u32 nr;
	struct io_path *paths;
	u32 nr_paths;
	u32 shown;
	struct io_request oldest[IO_REQUESTS_SHOWN];
};

/**
 * io_snap_take() - look at all disks
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: a snapshot for io_snap_free(), or an ERR_PTR().
 */
struct io_snap *io_snap_take(void);

/**
 * io_snap_free() - give a snapshot back
 * @snap: from io_snap_take(), an ERR_PTR() or NULL
 */
void io_snap_free(struct io_snap *snap);

#endif /* NBDDIAG_IO_H */
