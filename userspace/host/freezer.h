/* SPDX-License-Identifier: GPL-2.0 */
/* Which cgroup keeps a task frozen, and how to thaw it. */
#ifndef NBDDIAG_FREEZER_H
#define NBDDIAG_FREEZER_H

#include <stdbool.h>
#include <sys/types.h>

#include "host/source.h"

/**
 * struct freezer - a cgroup that is frozen
 * @file: what thaws it, as "/sys/fs/cgroup/pods/cgroup.freeze"; escaped
 * @thaw: what is to be written there
 * @is_deaf: who is in it does not even end if it is killed
 * @is_done: all tasks of the thread's own cgroup are frozen. One that is in D for another
 *	reason is not
 * @is_nested: one above it is frozen too
 */
struct freezer {
	char *file;
	const char *thaw;
	bool is_deaf;
	bool is_done;
	bool is_nested;
};

/* What it costs to thaw it. */
#define FREEZER_COST "whoever froze it, to pause it or to copy what it has, does not expect it to go on"

/**
 * freezer_files() - the files of cgroups by which freezer_find() tells that a thread is frozen
 * @len: set to how many bytes they are
 *
 * Return: their paths below the root, as of argz_add(), for free(); NULL if it is not.
 */
char *freezer_files(const struct source *source, pid_t tgid, pid_t tid,
		    size_t *len);

/**
 * freezer_find() - is the cgroup of a thread frozen, or one above it?
 * @freezer: filled, for freezer_free(), if true is returned
 *
 * Only the cgroups tell: where a frozen task sleeps depends on the kernel. Of a captured
 * tree these files are read too.
 *
 * Return: false if not, or if that is not known.
 */
bool freezer_find(const struct source *source, struct freezer *freezer,
		  pid_t tgid, pid_t tid);

/**
 * freezer_say_thaw() - what to do to thaw it
 *
 * Whoever made the cgroup has chosen its name. A command is said only where a shell takes
 * that as it is.
 *
 * Return: as "run 'echo 0 >"/sys/fs/cgroup/pods/cgroup.freeze"'", for free().
 */
char *freezer_say_thaw(const struct freezer *freezer);

void freezer_free(struct freezer *freezer);

#endif /* NBDDIAG_FREEZER_H */
