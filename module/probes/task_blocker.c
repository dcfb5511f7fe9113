// SPDX-License-Identifier: GPL-2.0
/* Since some version after 6.12, with DETECT_HUNG_TASK_BLOCKER: the lock that a task sleeps for. */
#include <linux/sched.h>

unsigned long probe(const struct task_struct *task);
unsigned long probe(const struct task_struct *task)
{
	return task->blocker;
}
