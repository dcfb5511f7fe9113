/* SPDX-License-Identifier: GPL-2.0 */
/* Which task is behind an address or a number that somebody wrote down. */
#ifndef NBDDIAG_TASK_H
#define NBDDIAG_TASK_H

#include <linux/sched.h>
#include <linux/types.h>

#include "access/plain.h"

struct pid;

enum task_found {
	TASK_NONE,		/* nothing was written down */
	TASK_GONE,
	TASK_ALIVE,
	TASK_UNREADABLE,
};

/**
 * struct task_snap - a task at one moment
 * @found: whether the rest is filled
 * @pid: thread id in the initial pid namespace; 0 if not known
 * @tgid: thread group id there
 * @comm: name
 * @state: letter as shown by ps
 * @task: its address, to recognize it
 * @why_not: with TASK_UNREADABLE, why
 * @has_device: it has the device open, see task_has_device(); UNKNOWN if nobody
 *	asked
 */
struct task_snap {
	enum task_found found;
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	char state;
	const void *task;
	const char *why_not;
	enum tristate has_device;
};

/**
 * task_find() - the live task that has a thread id
 * @tid: thread id in the initial pid namespace
 *
 * Context: under rcu_read_lock(), which keeps the task.
 * Return: the task, or NULL.
 */
struct task_struct *task_find(pid_t tid);

/**
 * task_find_same() - the task that was seen before, if it still lives
 * @tid: thread id in the initial pid namespace
 * @task: address of its task_struct, only to compare it
 *
 * Context: under rcu_read_lock(), which keeps the task.
 * Return: the task, or NULL.
 */
struct task_struct *task_find_same(pid_t tid, const void *task);

/*
 * The live task at an address, if there is one.
 *
 * @address: address of a task_struct which may be long gone, or NULL
 *
 * Nothing at @address is believed but a thread id, and that only to look the
 * task up and compare addresses. A new task may still have got the memory of
 * the old one.
 *
 * Context: does not sleep.
 */
void task_snap_address(struct task_snap *snap, const void *address);

/*
 * The live task that has a thread id.
 *
 * @pid: thread id in the initial pid namespace; 0: nothing was written down
 */
void task_snap_number(struct task_snap *snap, pid_t pid);

/*
 * The live task of a struct pid that a socket recorded.
 *
 * @pid: address of the struct pid, or NULL
 *
 * Exact while the socket holds its reference: a recycled number has another
 * struct pid.
 */
void task_snap_pid(struct task_snap *snap, const struct pid *pid);

/* Nothing is known of a task, not even whether there is one. */
void task_snap_unreadable(struct task_snap *snap, const char *why_not);

#endif /* NBDDIAG_TASK_H */
