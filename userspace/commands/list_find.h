/* SPDX-License-Identifier: GPL-2.0 */
/* The devices of a peer, a volume, a process or a virtual machine. */
#ifndef NBDDIAG_LIST_FIND_H
#define NBDDIAG_LIST_FIND_H

#include "commands/options.h"
#include "facts/text.h"
#include "host/disk_map.h"
#include "host/task.h"

/**
 * struct list_find - what is looked for
 * @options: from the command line
 * @task: threads of the processes that are meant
 * @nr: how many
 * @disks: block devices by their numbers
 * @open: names of the disks that these have open, and of those on which these lie; an argz
 * @open_len: its length
 */
struct list_find {
	const struct options *options;
	struct task_id *task;
	size_t nr;
	struct disk_map disks;
	char *open;
	size_t open_len;
};

/**
 * list_find_start() - find out which processes are meant
 * @find: filled, for list_find_end()
 */
void list_find_start(struct list_find *find, const struct options *options);

/* Is anything looked for, so that the file of each device is needed? */
bool list_find_is_needed(const struct options *options);

/**
 * list_find_has() - is a device one of those that are looked for?
 * @text: its file
 */
bool list_find_has(struct list_find *find, const struct text *text);

/* Give back what list_find_start() took. */
void list_find_end(struct list_find *find);

#endif /* NBDDIAG_LIST_FIND_H */
