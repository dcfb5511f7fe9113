// SPDX-License-Identifier: GPL-2.0
/* Reads the records that the kernel keeps of its workers. */
#include <linux/backing-dev-defs.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "access/peek.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "object/worker.h"

/* Both are set one after the other, so they belong together if neither changes. */
static bool read_job(struct worker_job *job)
{
	const void *fn = NULL, *work = NULL;

	layout_get(&work, job->worker, LM_WORKER_CURRENT_WORK);
	job->work = work;
	if (!layout_get(&job->fn, job->worker, LM_WORKER_CURRENT_FUNC))
		return false;
	layout_get(&work, job->worker, LM_WORKER_CURRENT_WORK);
	layout_get(&fn, job->worker, LM_WORKER_CURRENT_FUNC);
	return fn == job->fn && work == job->work;
}

bool worker_take(struct worker_job *job, struct task_struct *task)
{
	const unsigned int flags = READ_ONCE(task->flags);
	const void *its_task;

	memset(job, 0, sizeof(*job));
	if (!(flags & PF_WQ_WORKER) || !(flags & PF_KTHREAD))
		return false;
	job->worker = kthread_data(task);
	if (!job->worker || !layout_get(&its_task, job->worker, LM_WORKER_TASK) ||
	    its_task != task)
		return false;
	if (!read_job(job)) {
		job->fn = NULL;
		job->work = NULL;
	}
	return true;
}

const char *worker_why_unknown(void)
{
	static const enum layout_member_id needed[] = {
		LM_WORKER_TASK, LM_WORKER_CURRENT_FUNC, LM_WORKER_CURRENT_WORK,
	};
	const enum layout_status status =
		layout_status_of_all(needed, ARRAY_SIZE(needed));

	return status == LAYOUT_OK ? NULL : layout_status_text(status);
}

const void *worker_works(const struct worker_job *job)
{
	return layout_status_of(LM_WORKER_SCHEDULED) == LAYOUT_OK ?
		layout_at(job->worker, LM_WORKER_SCHEDULED) : NULL;
}

/* In older kernels it only says how many works of each are not done. */
static u32 colours_of(const void *worker, const void *pwq)
{
	const void *counts;
	u32 colour, all = 0;
	int nr;

	if (layout_get(&colour, worker, LM_WORKER_CURRENT_COLOR))
		return colour < WORK_NR_COLORS ? BIT(colour) : 0;
	if (layout_status_of(LM_POOL_WORKQUEUE_NR_IN_FLIGHT) != LAYOUT_OK)
		return 0;
	counts = layout_at(pwq, LM_POOL_WORKQUEUE_NR_IN_FLIGHT);
	for (colour = 0; colour < WORK_NR_COLORS; colour++)
		if (!peek_bytes(&nr, counts + colour * sizeof(nr), sizeof(nr)))
			return 0;
		else if (nr)
			all |= BIT(colour);
	return all;
}

const void *worker_flusher(const struct worker_job *job, u32 *colours)
{
	const void *pwq = layout_pointer(job->worker, LM_WORKER_CURRENT_PWQ);
	const void *queue = layout_pointer(pwq, LM_POOL_WORKQUEUE_WQ);

	*colours = queue ? colours_of(job->worker, pwq) : 0;
	return layout_pointer(queue, LM_WORKQUEUE_STRUCT_FIRST_FLUSHER);
}

/* Its work is a part of this, if it does writeback. */
const void *worker_bdi(const struct worker_job *job)
{
	const struct bdi_writeback *wb = container_of(job->work,
						      struct bdi_writeback,
						      dwork.work);
	const void *bdi;

	return job->work && is_sound(wb) && peek(&bdi, (const void **)&wb->bdi) ?
		bdi : NULL;
}
