/* SPDX-License-Identifier: GPL-2.0 */
/* All tasks of the host, some at a time. */
#ifndef NBDDIAG_ACCESS_ALL_TASKS_H
#define NBDDIAG_ACCESS_ALL_TASKS_H

#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "access/budget.h"

/**
 * all_tasks_some() - look at the next tasks, in the order of their numbers
 * @tid: where to begin, 1 at first; set to where to go on
 * @look: called with @data under RCU; true ends it with that task, to keep what
 *	was seen of it
 *
 * It ends after some microseconds, too, so that others may run before the next call.
 *
 * Context: process; @look must not sleep. Return: false after the last one.
 */
static __always_inline bool all_tasks_some(int *tid,
					   bool (*look)(void *data, struct task_struct *task),
					   void *data)
{
	struct task_struct *task;
	struct pid *pid;
	u64 start;

	rcu_read_lock();
	start = budget_clock();
	do {
		pid = idr_get_next(&init_pid_ns.idr, tid);
		if (!pid)
			break;
		++*tid;
		task = pid_task(pid, PIDTYPE_PID);
		if (task && look(data, task))
			break;
	} while (!budget_is_spent(start));
	rcu_read_unlock();
	return pid;
}

#endif /* NBDDIAG_ACCESS_ALL_TASKS_H */
