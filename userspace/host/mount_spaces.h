/* SPDX-License-Identifier: GPL-2.0 */
/* Mount namespaces: each is read once, by the first thread that is in it. */
#ifndef NBDDIAG_MOUNT_SPACES_H
#define NBDDIAG_MOUNT_SPACES_H

#include <stdbool.h>
#include <stddef.h>

#include "host/mounts.h"
#include "host/task.h"

/**
 * struct mount_space - a mount namespace
 * @link: what /proc calls it
 * @is_read: its mounts are known
 * @failed: a process through which they could not be read, 0 if that is not so
 */
struct mount_space {
	char *link;
	bool is_read;
	pid_t failed;
};

/**
 * struct mount_spaces - those that were met so far
 * @space: they
 * @nr: how many
 * @room: entries allocated
 */
struct mount_spaces {
	struct mount_space *space;
	size_t nr;
	size_t room;
};

/* What a thread tells of its mount namespace. */
enum mount_space_found {
	MOUNT_SPACE_NONE,	/* it has none any more, as it is about to end */
	MOUNT_SPACE_KNOWN,	/* it was read before, or cannot be read by this thread */
	MOUNT_SPACE_NEW,
};

/**
 * mount_spaces_open() - take the mounts of a thread's namespace apart, if they are new
 * @spaces: zeroed at first, for mount_spaces_free()
 * @mounts: filled if MOUNT_SPACE_NEW is returned, for mounts_close()
 */
enum mount_space_found mount_spaces_open(struct mount_spaces *spaces,
					 const struct source *source,
					 const struct task_id *id,
					 struct mounts *mounts);

/* Give back what mount_spaces_open() took. */
void mount_spaces_free(struct mount_spaces *spaces);

#endif /* NBDDIAG_MOUNT_SPACES_H */
