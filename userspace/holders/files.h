/* SPDX-License-Identifier: GPL-2.0 */
/* How many open files a set of descriptors is. */
#ifndef NBDDIAG_HOLDERS_FILES_H
#define NBDDIAG_HOLDERS_FILES_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct files - descriptors of threads of the live host
 * @at: the thread, and its descriptor
 * @nr: how many
 * @room: entries allocated
 */
struct files {
	struct open_file {
		pid_t tid;
		int fd;
	} *at;
	size_t nr;
	size_t room;
};

/* Add a descriptor. */
void files_add(struct files *files, pid_t tid, int fd);

/**
 * files_count() - how many open files these are, at least
 *
 * What fork(2), dup(2) or a message has made of a descriptor is the same open
 * file. Where the kernel does not tell, it may be.
 *
 * Return: 0 if it is not known, as a process hangs in execve(2).
 */
size_t files_count(const struct files *files);

/* Give back what files_add() took. */
void files_free(struct files *files);

#endif /* NBDDIAG_HOLDERS_FILES_H */
