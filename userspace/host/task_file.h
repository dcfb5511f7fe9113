/* SPDX-License-Identifier: GPL-2.0 */
/* Files and links of a thread, read without hanging. */
#ifndef NBDDIAG_TASK_FILE_H
#define NBDDIAG_TASK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/patience.h"
#include "host/source.h"

#define TASK_PATH_LEN 96

/**
 * task_path() - where a file of a thread is
 * @path: filled, TASK_PATH_LEN bytes
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
 * @what: what it is about
 * @job: does it, as for patiently(); from malloc()
 *
 * Return: true if it is done. Otherwise errno is ETIMEDOUT, and @job must not
 * be used any more.
 */
bool task_patiently(const struct source *source, pid_t tgid,
		    enum task_locked what, struct job *job);

/**
 * task_file() - read a file of a thread without hanging
 * @name: the file's name, for instance "stack"
 * @size: set to its length
 *
 * Only comm, status and fdinfo may be read without this: the others keep readers waiting
 * while the process hangs in execve(2), and mountinfo for another reason (host/apart.h).
 *
 * Return: its bytes and a NUL, for free(); NULL with errno, which is ETIMEDOUT
 * if the process hangs so.
 */
char *task_file(const struct source *source, pid_t tgid, pid_t tid,
		const char *name, size_t *size);

/**
 * task_link() - where a link of a thread points to, without hanging
 * @name: for instance "ns/mnt" or "fd/0"
 *
 * Return: the target, for free(); NULL with errno, as task_file().
 */
char *task_link(const struct source *source, pid_t tgid, pid_t tid,
		const char *name);

#endif /* NBDDIAG_TASK_FILE_H */
