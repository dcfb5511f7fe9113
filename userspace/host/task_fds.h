/* SPDX-License-Identifier: GPL-2.0 */
/* The block devices that a thread has open. */
#ifndef NBDDIAG_TASK_FDS_H
#define NBDDIAG_TASK_FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/source.h"

/**
 * task_block_fds() - the block devices that a thread has open
 *
 * This is the file fd.rdev of a captured tree: for each descriptor a line "FD
 * MAJOR:MINOR FLAGS TARGET", with FLAGS in octal as in fdinfo, and TARGET
 * escaped as strings are in nbddiag(4).
 *
 * Return: the lines, for free(); NULL without any. errno is 0, or says why
 * descriptors could not be read: ETIMEDOUT if the process hangs in execve(2).
 */
char *task_block_fds(const struct source *source, pid_t tgid, pid_t tid);

/**
 * struct task_fd - a line of task_block_fds()
 * @fd: descriptor
 * @major: of the block device
 * @minor: of the block device
 * @flags: as of open(2)
 * @target: its path, still escaped
 * @len: how many bytes
 */
struct task_fd {
	int fd;
	unsigned int major;
	unsigned int minor;
	unsigned int flags;
	const char *target;
	size_t len;
};

/**
 * task_next_fd() - take the next line apart
 * @lines: where to go on; set to what follows
 *
 * Return: false at the end. Lines that are malformed are passed over.
 */
bool task_next_fd(const char **lines, struct task_fd *fd);

/**
 * task_block_fd() - one line of task_block_fds()
 * @number: the descriptor
 * @fd: filled, with @fd.target in the string returned
 *
 * Return: for free(); NULL if this is no block device.
 */
char *task_block_fd(const struct source *source, pid_t tgid, pid_t tid,
		    int number, struct task_fd *fd);

/**
 * task_shares_files() - do two threads have the same table of descriptors?
 * @b: another one of the same process
 *
 * Return: true if they have; false if not, or if that is not known.
 */
bool task_shares_files(const struct source *source, pid_t a, pid_t b);

#endif /* NBDDIAG_TASK_FDS_H */
