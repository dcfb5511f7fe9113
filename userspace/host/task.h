/* SPDX-License-Identifier: GPL-2.0 */
/* Threads of the host, as /proc shows them. */
#ifndef NBDDIAG_TASK_H
#define NBDDIAG_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/source.h"

/**
 * struct task_call - the system call that a thread in D hangs in
 * @name: its name, or "syscall N"; NULL if it is in none, or not known
 * @fd: the descriptor that it works on, -1 if none is known
 * @file: what that is, escaped; NULL if not known
 * @is_block: it is a block device
 * @major: of the block device
 * @minor: of the block device
 */
struct task_call {
	char *name;
	int fd;
	char *file;
	bool is_block;
	unsigned int major;
	unsigned int minor;
};

/**
 * struct task - a thread
 * @tgid: its process
 * @tid: itself
 * @comm: its name, escaped as strings are in nbddiag(4)
 * @state: the letter that ps(1) shows
 * @is_exiting: it ends, and has left whatever system call it was in; false
 *	before task_look()
 * @function: where it sleeps, escaped; NULL if not known, or before
 *	task_look()
 * @call: empty before task_look(), and if @state is not D
 */
struct task {
	pid_t tgid;
	pid_t tid;
	char *comm;
	char state;
	bool is_exiting;
	char *function;
	struct task_call call;
};

struct task_id {
	pid_t tgid;
	pid_t tid;
};

/**
 * task_list() - all threads of the host
 * @source: where to look
 * @nr: set to how many there are
 *
 * Return: in the order of processes, and in them of threads, for free(). Ends
 * the program if /proc cannot be listed.
 */
struct task_id *task_list(const struct source *source, size_t *nr);

/**
 * task_read() - what is quickly known about a thread
 * @source: where to look
 * @task: filled, for task_free(), if true is returned
 * @tgid: its process
 * @tid: the thread
 *
 * Return: false if it is no more, or its files cannot be understood.
 */
bool task_read(const struct source *source, struct task *task, pid_t tgid,
	       pid_t tid);

/**
 * task_look() - find out where a thread sleeps and, if it is in D, in what call
 * @source: where to look
 * @task: from task_read()
 */
void task_look(const struct source *source, struct task *task);

/**
 * task_free() - give back what task_read() and task_look() took
 * @task: from task_read(), or zeroed
 */
void task_free(struct task *task);

/**
 * task_file() - read a file of a thread without hanging
 * @source: where to look
 * @tgid: its process
 * @tid: the thread
 * @name: the file's name, for instance "stack"
 * @size: set to its length
 *
 * Only comm, status, mountinfo and fdinfo may be read without this: the others
 * keep readers waiting while the process hangs in execve(2).
 *
 * Return: its bytes and a NUL, for free(); NULL with errno, which is ETIMEDOUT
 * if the process hangs so.
 */
char *task_file(const struct source *source, pid_t tgid, pid_t tid,
		const char *name, size_t *size);

/**
 * task_link() - where a link of a thread points to, without hanging
 * @source: where to look
 * @tgid: its process
 * @tid: the thread
 * @name: for instance "ns/mnt" or "fd/0"
 *
 * Return: the target, for free(); NULL with errno, as task_file().
 */
char *task_link(const struct source *source, pid_t tgid, pid_t tid,
		const char *name);

/**
 * task_block_fds() - the block devices that a thread has open
 * @source: where to look
 * @tgid: its process
 * @tid: the thread
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
 * @fd: filled
 *
 * Return: false at the end. Lines that are malformed are passed over.
 */
bool task_next_fd(const char **lines, struct task_fd *fd);

/**
 * task_shares_files() - do two threads have the same table of descriptors?
 * @source: where they are
 * @a: a thread
 * @b: another one of the same process
 *
 * Return: true if they have; false if not, or if that is not known.
 */
bool task_shares_files(const struct source *source, pid_t a, pid_t b);

#endif /* NBDDIAG_TASK_H */
