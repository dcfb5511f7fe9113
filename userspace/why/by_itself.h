/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that have a device open and hang by themselves: the device owes them nothing. */
#ifndef NBDDIAG_WHY_BY_ITSELF_H
#define NBDDIAG_WHY_BY_ITSELF_H

#include <stdbool.h>

#include "facts/text.h"
#include "host/disk_map.h"
#include "host/source.h"
#include "verdict/hung.h"
#include "verdict/verdict.h"

/* So many processes are looked at. */
#define BY_ITSELF_MAX 1024

/**
 * struct own_process - a process that uses AIO or io_uring
 * @tgid: the process
 * @takes_none: the kernel owes it nothing, and results wait for it
 * @disk: the disks that it has open, or a partition of them
 * @nr_disks: how many
 * @hangs: why it hangs, as the end of a sentence; NULL if it does not, or before
 *	@is_judged
 * @is_judged: that was found out
 */
struct own_process {
	pid_t tgid;
	bool takes_none;
	char (*disk)[DISK_NAME_LEN];
	size_t nr_disks;
	char *hangs;
	bool is_judged;
};

/**
 * struct unread - processes of which something could not be read
 * @nr: how many
 * @first: the first one
 */
struct unread {
	size_t nr;
	pid_t first;
};

/**
 * struct by_itself - all of them
 * @source: where to look
 * @hung: its files aio and uring
 * @disks: block devices by their numbers
 * @process: those that use AIO or io_uring
 * @nr: how many
 * @is_read: the above was read; before that nothing was
 * @is_cut: there are more than BY_ITSELF_MAX
 * @fds: of these some disks may be missing, as their descriptors could not be read
 * @locks: of these it is not known whether their threads wait for each other
 * @nr_locked: of how many the locks were read
 * @locks_are_cut: there are more than WHY_MAX_LOCKED
 */
struct by_itself {
	const struct source *source;
	struct hung *hung;
	struct disk_map disks;
	struct own_process *process;
	size_t nr;
	bool is_read;
	bool is_cut;
	struct unread fds;
	struct unread locks;
	unsigned int nr_locked;
	bool locks_are_cut;
};

/**
 * by_itself_judge() - say which processes that have a device open hang by themselves
 * @all: with its source and what hung_read() filled, and otherwise zeroed, before the first
 *	device; for by_itself_free()
 * @verdict: of the device; its text or warnings say it, and its status stays
 * @text: its file
 * @device: its name, as "nbd101"
 *
 * To look at all processes would take long. Looked at are those that use AIO or
 * io_uring, have the device open, and are stopped, frozen, or take no results. Of a
 * device that is free nothing is read.
 */
void by_itself_judge(struct by_itself *all, struct verdict *verdict,
		     const struct text *text, const char *device);

/**
 * by_itself_say_gaps() - what could not be said, as it cannot be read or is too much
 * @quiet: tell only programs
 */
void by_itself_say_gaps(const struct by_itself *all, bool quiet);

void by_itself_free(struct by_itself *all);

#endif /* NBDDIAG_WHY_BY_ITSELF_H */
