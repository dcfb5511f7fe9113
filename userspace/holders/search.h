/* SPDX-License-Identifier: GPL-2.0 */
/* What the files share that look for holders. */
#ifndef NBDDIAG_HOLDERS_SEARCH_H
#define NBDDIAG_HOLDERS_SEARCH_H

#include "holders/files.h"
#include "holders/holders.h"

/**
 * struct block - the device, one of its partitions, or something on these
 * @disk: which device it is
 * @map: what the device mapper calls it, escaped; NULL if it has no such name
 * @below: the block that it lies on, its index; of the device itself and its
 *	partitions, their own
 * @used: something keeps it
 */
struct block {
	struct disk disk;
	char *map;
	size_t below;
	bool used;
};

/**
 * struct edge - a device that lies on another one
 * @below: index of the block that is kept
 * @above: index of the block that keeps it
 * @is_open: by having it open, and not as a file of its filesystem
 */
struct edge {
	size_t below;
	size_t above;
	bool is_open;
};

/**
 * struct search - a search under way
 * @source: where to look
 * @holders: what was found
 * @block: the device, then its partitions, then what lies on them
 * @nr_blocks: how many
 * @nr_own: how many of these are the device and its partitions
 * @edge: what lies on what
 * @nr_edges: how many
 * @tasks: all threads
 * @nr_tasks: how many
 * @files: descriptors of the device
 */
struct search {
	const struct source *source;
	struct holders *holders;
	struct block *block;
	size_t nr_blocks;
	size_t nr_own;
	struct edge *edge;
	size_t nr_edges;
	struct task_id *tasks;
	size_t nr_tasks;
	struct files files;
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
 * @path: for instance "/dev/nbd0p1" or "/dev/mapper/mpatha"
 *
 * Return: which, or NULL.
 */
struct block *search_path(const struct search *search, const char *path);

/* Is it the device itself or a partition, so that its opens are counted? */
bool search_is_own(const struct search *search, const struct block *block);

/**
 * search_blocks() - look for a device, its partitions, and all that lies on them
 * @search: with its source
 * @disk: the device
 */
void search_blocks(struct search *search, const struct disk *disk);

/* Give back what search_blocks() took. */
void search_free(struct search *search);

/* Add swap and the block devices that lie on them. */
void search_devices(struct search *search);

/* Add the processes and threads that have them open. */
void search_tasks(struct search *search);

/* Add where they are mounted, in all mount namespaces. */
void search_mounts(struct search *search);

/**
 * search_requests() - add requests in flight that alone keep a device
 * @search: after search_tasks()
 *
 * A request holds the device until it is done, also when its process has
 * closed it, or has ended but for the wait for its requests.
 */
void search_requests(struct search *search);

#endif /* NBDDIAG_HOLDERS_SEARCH_H */
