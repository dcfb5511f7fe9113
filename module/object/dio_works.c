// SPDX-License-Identifier: GPL-2.0
/*
 * Walks the work that a filesystem's s_dio_done_wq has to do or is doing:
 *
 *	super_block.s_dio_done_wq -> pool_workqueue -> inactive_works
 *		-> worker_pool -> worklist		it waits for a worker
 *		-> worker_pool -> workers -> current_work	it is being done
 *
 * A workqueue has a pool_workqueue for each processor or node, which names it. A
 * pool of workers serves all workqueues, so each work is told by its function. The
 * work is a member of what the filesystem keeps of the request.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "access/peek.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "object/dio_works.h"

#define MAX_POOLS 8192
#define MAX_WORKS 65536
#define MAX_WORKERS 16384

enum function {
	IOMAP_WORK,
	DIO_WORK,
};

static const char * const functions[] = {
	[IOMAP_WORK] = "iomap_dio_complete_work",
	[DIO_WORK] = "dio_aio_complete_work",
	NULL
};

void dio_works_functions(struct symbol_cache *cache)
{
	cache->names = functions;
}

struct works {
	struct symbol_cache *known;
	const void *pwq;
	void (*fn)(const struct kiocb *kiocb, void *data);
	void *data;
};

static const void *kiocb_of(const void *work, enum layout_member_id place,
			    enum layout_member_id kiocb)
{
	if (layout_status_of(place) != LAYOUT_OK)
		return NULL;
	return layout_pointer(work - layout_offset(place), kiocb);
}

static void look_at_work(const struct works *works, const void *work,
			 const void *func)
{
	const void *kiocb = NULL;

	switch (symbol_which(works->known, func)) {
	case IOMAP_WORK:
		kiocb = kiocb_of(work, LM_IOMAP_DIO_AIO, LM_IOMAP_DIO_IOCB);
		break;
	case DIO_WORK:
		kiocb = kiocb_of(work, LM_DIO_COMPLETE_WORK, LM_DIO_IOCB);
		break;
	}
	if (kiocb)
		works->fn(kiocb, works->data);
}

static void look_at_list(const struct works *works, const struct list_head *head)
{
	const struct list_head *entry = peek_next(head);
	const struct work_struct *work;
	const void *func;
	u32 i;

	for (i = 0; entry && entry != head && i < MAX_WORKS; i++) {
		work = container_of(entry, struct work_struct, entry);
		if (peek(&func, (const void **)&work->func))
			look_at_work(works, work, func);
		entry = peek_next(entry);
		cond_resched();
	}
}

/* Some have work in hand already, one after the other. */
static void look_at_worker(const struct works *works, const void *worker)
{
	if (layout_pointer(worker, LM_WORKER_CURRENT_PWQ) == works->pwq)
		look_at_work(works,
			     layout_pointer(worker, LM_WORKER_CURRENT_WORK),
			     layout_pointer(worker, LM_WORKER_CURRENT_FUNC));
	look_at_list(works, layout_at(worker, LM_WORKER_SCHEDULED));
}

static void look_at_pool(const struct works *works, const void *pool)
{
	const struct list_head *head = layout_at(pool, LM_WORKER_POOL_WORKERS);
	const struct list_head *entry = peek_next(head);
	const void *worker;
	u32 i;

	look_at_list(works, layout_at(pool, LM_WORKER_POOL_WORKLIST));
	for (i = 0; entry && entry != head && i < MAX_WORKERS; i++) {
		worker = (const void *)entry - layout_offset(LM_WORKER_NODE);
		if (layout_pointer(worker, LM_WORKER_POOL) != pool)
			return;
		look_at_worker(works, worker);
		entry = peek_next(entry);
	}
}

static bool is_known(void)
{
	static const enum layout_member_id needed[] = {
		LM_WORKQUEUE_STRUCT_PWQS, LM_POOL_WORKQUEUE_POOL,
		LM_POOL_WORKQUEUE_WQ, LM_POOL_WORKQUEUE_INACTIVE_WORKS,
		LM_POOL_WORKQUEUE_PWQS_NODE, LM_WORKER_POOL_WORKLIST,
		LM_WORKER_POOL_WORKERS, LM_WORKER_CURRENT_WORK,
		LM_WORKER_CURRENT_FUNC, LM_WORKER_CURRENT_PWQ,
		LM_WORKER_SCHEDULED, LM_WORKER_POOL, LM_WORKER_NODE,
	};

	return layout_status_of_all(needed, ARRAY_SIZE(needed)) == LAYOUT_OK;
}

void dio_works_each(struct symbol_cache *known,
		    const struct super_block *sb,
		    void (*fn)(const struct kiocb *kiocb, void *data),
		    void *data)
{
	struct works works = { .known = known, .fn = fn, .data = data };
	const struct list_head *head, *entry;
	const void *wq, *pool;
	u32 i;

	if (!is_known() || !is_sound(sb) ||
	    !peek(&wq, (const void **)&sb->s_dio_done_wq) || !wq)
		return;
	head = layout_at(wq, LM_WORKQUEUE_STRUCT_PWQS);
	entry = peek_next(head);
	for (i = 0; entry && entry != head && i < MAX_POOLS; i++) {
		works.pwq = (const void *)entry -
			layout_offset(LM_POOL_WORKQUEUE_PWQS_NODE);
		pool = layout_pointer(works.pwq, LM_POOL_WORKQUEUE_POOL);
		if (layout_pointer(works.pwq, LM_POOL_WORKQUEUE_WQ) != wq ||
		    !pool)
			return;
		look_at_list(&works, layout_at(works.pwq,
					       LM_POOL_WORKQUEUE_INACTIVE_WORKS));
		look_at_pool(&works, pool);
		entry = peek_next(entry);
	}
}
