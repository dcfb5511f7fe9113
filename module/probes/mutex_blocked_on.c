// SPDX-License-Identifier: GPL-2.0
/* After 6.12: the mutex that a task sleeps for. Before, with DEBUG_MUTEXES, its record. */
#include <linux/mutex.h>
#include <linux/sched.h>

struct mutex *probe(const struct task_struct *task);
struct mutex *probe(const struct task_struct *task)
{
	return task->blocked_on;
}
