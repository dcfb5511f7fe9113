/* SPDX-License-Identifier: GPL-2.0 */
/* What task.c and the files that belong to it share. */
#ifndef NBDDIAG_TASK_CALL_H
#define NBDDIAG_TASK_CALL_H

#include "host/patience.h"
#include "host/task.h"

#define TASK_PATH_LEN 96

/**
 * task_path() - where a file of a thread is
 * @path: filled, TASK_PATH_LEN bytes
 * @tgid: its process
 * @tid: the thread
 * @name: the file's name
 *
 * Return: @path.
 */
char *task_path(char *path, pid_t tgid, pid_t tid, const char *name);

/* What a process that hangs in execve(2) keeps to itself. */
enum task_locked {
	LOCKED_ALWAYS,		/* its stack and system call */
	LOCKED_SOMETIMES,	/* descriptors, namespaces, ...: on some kernels */
};

/**
 * task_patiently() - do something with a process that may hang
 * @source: where it is; only on the live host anything hangs
 * @tgid: the process
 * @what: what it is about
 * @job: does it, as for patiently(); from malloc()
 *
 * Return: true if it is done. Otherwise errno is ETIMEDOUT, and @job must not
 * be used any more.
 */
bool task_patiently(const struct source *source, pid_t tgid,
		    enum task_locked what, struct job *job);

/**
 * task_read_call() - find out what system call a thread is in
 * @source: where to look
 * @task: its call is filled
 */
void task_read_call(const struct source *source, struct task *task);

/**
 * task_block_fd() - one line of task_block_fds()
 * @source: where to look
 * @tgid: its process
 * @tid: the thread
 * @number: the descriptor
 * @fd: filled, with @fd.target in the string returned
 *
 * Return: for free(); NULL if this is no block device.
 */
char *task_block_fd(const struct source *source, pid_t tgid, pid_t tid,
		    int number, struct task_fd *fd);

#endif /* NBDDIAG_TASK_CALL_H */
