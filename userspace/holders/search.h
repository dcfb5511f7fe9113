/* SPDX-License-Identifier: GPL-2.0 */
/* What the files share that look for holders. */
#ifndef NBDDIAG_HOLDERS_SEARCH_H
#define NBDDIAG_HOLDERS_SEARCH_H

#include "holders/holders.h"

/**
 * struct block - the device, or one of its partitions
 * @name: as the kernel has it
 * @major: its number
 * @minor: its number
 * @used: something keeps it
 */
struct block {
	char name[HOLDER_DEVICE_LEN];
	unsigned int major;
	unsigned int minor;
	bool used;
};

/**
 * struct search - a search under way
 * @source: where to look
 * @holders: what was found
 * @block: the device, then its partitions
 * @nr_blocks: how many
 * @tasks: all threads
 * @nr_tasks: how many
 */
struct search {
	const struct source *source;
	struct holders *holders;
	struct block *block;
	size_t nr_blocks;
	struct task_id *tasks;
	size_t nr_tasks;
};

/**
 * search_add() - something was found
 * @block: what it keeps
 *
 * Return: an entry with nothing else in it; the next call may move it.
 */
struct holder *search_add(struct search *search, enum holder_kind kind,
			  struct block *block);

/**
 * search_blind() - something could not be looked at
 * @tgid: the process that it belongs to
 */
void search_blind(struct search *search, pid_t tgid);

/**
 * search_number() - is a block device one of those that are looked for?
 *
 * Return: which, or NULL.
 */
struct block *search_number(const struct search *search, unsigned int major,
			    unsigned int minor);

/**
 * search_path() - is a path that of one of those that are looked for?
 * @path: for instance "/dev/nbd0p1"
 *
 * Return: which, or NULL.
 */
struct block *search_path(const struct search *search, const char *path);

/**
 * search_blocks() - look for a device and its partitions
 * @search: with its source
 * @text: the device's file; if that does not say its number the program ends
 */
void search_blocks(struct search *search, const struct text *text,
		   const char *name);

/* Add swap and the block devices that lie on them. */
void search_devices(struct search *search);

/* Add the processes and threads that have them open. */
void search_tasks(struct search *search);

/* Add where they are mounted, in all mount namespaces. */
void search_mounts(struct search *search);

#endif /* NBDDIAG_HOLDERS_SEARCH_H */
