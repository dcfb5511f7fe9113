/* SPDX-License-Identifier: GPL-2.0 */
/* The system call that a thread is in. */
#ifndef NBDDIAG_TASK_CALL_H
#define NBDDIAG_TASK_CALL_H

#include <stdbool.h>
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
 * task_call_read() - find out what system call a thread is in
 * @call: filled, for task_call_free(); stays empty if that is not known
 * @tgid: the thread's process
 */
void task_call_read(const struct source *source, struct task_call *call,
		    pid_t tgid, pid_t tid);

/**
 * task_call_free() - give back what task_call_read() took
 * @call: from task_call_read(), or zeroed
 */
void task_call_free(struct task_call *call);

#endif /* NBDDIAG_TASK_CALL_H */
