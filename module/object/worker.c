// SPDX-License-Identifier: GPL-2.0
/* Tells which tasks are workers. */
#include <linux/kthread.h>
#include <linux/sched.h>

#include "layout/layout.h"
#include "object/worker.h"

const void *worker_of_task(struct task_struct *task, const void **fn)
{
	const void *worker, *its_task;

	*fn = NULL;
	if (!(READ_ONCE(task->flags) & PF_WQ_WORKER) ||
	    !(READ_ONCE(task->flags) & PF_KTHREAD))
		return NULL;
	worker = kthread_data(task);
	if (!worker || !layout_get(&its_task, worker, LM_WORKER_TASK) ||
	    its_task != task || !layout_get(fn, worker, LM_WORKER_CURRENT_FUNC))
		return NULL;
	return worker;
}
