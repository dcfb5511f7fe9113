// SPDX-License-Identifier: GPL-2.0
/* Finds tasks that wait to submit a request, see submitters.h. */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "access/peek.h"
#include "access/sound.h"
#include "access/task.h"
#include "layout/layout.h"
#include "object/aio_request.h"
#include "object/submitters.h"
#include "object/tags.h"

#define MAX_WAITERS 4096
#define MAX_POLICIES 16

/* An id of enum rq_qos_id, and how many lists writeback throttling has. */
#define QOS_WRITEBACK 0
#define WRITEBACK_LISTS 3

struct submitter_walk {
	const struct request_queue *q;
	struct stack_copy *stack;
	void (*fn)(const struct submitter *submitter, void *data);
	void *data;
	struct submitter now;
	const void *rq_wait;
	u32 left;
};

/* ---- the stack ---- */

static bool copy_stack_of(struct stack_copy *stack, const void *address)
{
	const struct task_struct *there = address;
	struct task_struct *task;
	struct aio_waiter waiter;
	bool copied = false;
	pid_t nr;

	if (!is_sound(&there->pid) || !peek(&nr, &there->pid))
		return false;
	rcu_read_lock();
	task = task_find_same(nr, there);
	if (task)
		copied = waiter_copy(&waiter, stack, task);
	rcu_read_unlock();
	return copied;
}

/* A word of the part in use, or 0. */
static unsigned long word_at(const struct stack_copy *stack,
			     unsigned long address)
{
	unsigned long i = (address - stack->base) / sizeof(long);

	return address >= stack->base && i >= stack->first && i < stack->end ?
		stack->words[i] : 0;
}

/* What blk-mq was asked for lies there, and names the queue twice. */
static bool wants_tag_of(const struct stack_copy *stack,
			 const struct request_queue *q)
{
	static const enum layout_member_id needed[] = {
		LM_BLK_MQ_ALLOC_DATA_Q, LM_BLK_MQ_ALLOC_DATA_HCTX,
	};
	struct request_queue *its_queue;
	const struct blk_mq_hw_ctx *hctx;
	unsigned long place;
	unsigned int i;

	if (layout_status_of_all(needed, ARRAY_SIZE(needed)) != LAYOUT_OK)
		return false;
	for (i = stack->first; i < stack->end; i++) {
		if (stack->words[i] != (unsigned long)q)
			continue;
		place = stack->base + i * sizeof(long) -
			layout_offset(LM_BLK_MQ_ALLOC_DATA_Q) +
			layout_offset(LM_BLK_MQ_ALLOC_DATA_HCTX);
		hctx = (void *)word_at(stack, place);
		if (hctx && peek(&its_queue, &hctx->queue) && its_queue == q)
			return true;
	}
	return false;
}

static const struct kiocb *find_kiocb(const struct stack_copy *stack)
{
	unsigned int i;

	for (i = stack->first; i < stack->end; i++) {
		const void *word = (const void *)stack->words[i];
		const struct kiocb *kiocb;

		if (!IS_ALIGNED((unsigned long)word, sizeof(long)))
			continue;
		kiocb = aio_request_in_submit(word);
		if (kiocb)
			return kiocb;
	}
	return NULL;
}

/* ---- lists of those who wait ---- */

/* The entry is on the stack of the task, which sleeps, so it is one. */
static void look_at_task(struct submitter_walk *walk, const void *task,
			 const void *place_of_task)
{
	struct stack_copy *stack = walk->stack;

	if (!task || !copy_stack_of(stack, task) ||
	    word_at(stack, (unsigned long)place_of_task) != (unsigned long)task)
		return;
	walk->now.task = task;
	walk->now.kiocb = find_kiocb(stack);
	if (walk->now.waits_for == SUBMIT_TAG && !wants_tag_of(stack, walk->q))
		return;
	if (walk->now.waits_for == SUBMIT_FROZEN && !walk->now.kiocb)
		return;
	walk->fn(&walk->now, walk->data);
}

/* Older kernels have the task behind the entry. */
static void look_at_entry(struct submitter_walk *walk,
			  const struct wait_queue_entry *entry)
{
	const void * const *place = (const void * const *)&entry->private;
	const void *task, *record, *rq_wait;

	if (walk->now.waits_for != SUBMIT_WRITEBACK) {
		if (peek(&task, place))
			look_at_task(walk, task, place);
		return;
	}
	record = (const void *)entry - layout_offset(LM_RQ_QOS_WAIT_DATA_WQ);
	rq_wait = layout_pointer(record, LM_RQ_QOS_WAIT_DATA_RQW);
	if (rq_wait != walk->rq_wait)
		return;
	if (layout_status_of(LM_RQ_QOS_WAIT_DATA_TASK) == LAYOUT_OK)
		place = layout_at(record, LM_RQ_QOS_WAIT_DATA_TASK);
	if (peek(&task, place))
		look_at_task(walk, task, place);
}

/* Whoever wakes up takes its entry out; it then points to itself. */
static void look_at_list(const struct wait_queue_head *head, void *data)
{
	const struct list_head *entry, *next;
	struct submitter_walk *walk = data;

	if (!peek(&entry, (const struct list_head **)&head->head.next))
		return;
	for (; entry != &head->head && walk->left; walk->left--) {
		if (!peek(&next, (const struct list_head **)&entry->next))
			return;
		look_at_entry(walk, container_of(entry, struct wait_queue_entry,
						 entry));
		cond_resched();
		if (next == entry)
			return;
		entry = next;
	}
}

/* ---- writeback throttling ---- */

static const void *writeback_of(const struct request_queue *q)
{
	const void *qos;
	u32 id, i;

	if (!peek(&qos, (const void **)&q->rq_qos))
		return NULL;
	for (i = 0; qos && i < MAX_POLICIES; i++) {
		if (!layout_get(&id, qos, LM_RQ_QOS_ID))
			return NULL;
		if (id == QOS_WRITEBACK)
			return qos - layout_offset(LM_RQ_WB_RQOS);
		qos = layout_pointer(qos, LM_RQ_QOS_NEXT);
	}
	return NULL;
}

static void look_at_writeback(struct submitter_walk *walk)
{
	static const enum layout_member_id needed[] = {
		LM_RQ_QOS_ID, LM_RQ_QOS_NEXT, LM_RQ_WB_RQOS, LM_RQ_WB_RQ_WAIT,
		LM_RQ_WAIT_WAIT, LM_RQ_QOS_WAIT_DATA_WQ,
		LM_RQ_QOS_WAIT_DATA_RQW,
	};
	const void *wb;
	u32 i;

	if (layout_status_of_all(needed, ARRAY_SIZE(needed)) != LAYOUT_OK)
		return;
	wb = writeback_of(walk->q);
	if (!wb)
		return;
	walk->now.waits_for = SUBMIT_WRITEBACK;
	for (i = 0; i < WRITEBACK_LISTS; i++) {
		walk->rq_wait = layout_at(wb, LM_RQ_WB_RQ_WAIT) +
			i * layout_size_of(LS_RQ_WAIT);
		look_at_list(layout_at(walk->rq_wait, LM_RQ_WAIT_WAIT), walk);
	}
}

/* ---- all of them ---- */

bool submitters_may_be(const struct request_queue *q)
{
	return READ_ONCE(q->mq_freeze_depth);
}

void submitters_each(const struct request_queue *q, struct stack_copy *stack,
		     void (*fn)(const struct submitter *submitter, void *data),
		     void *data)
{
	struct submitter_walk walk = {
		.q = q, .stack = stack, .fn = fn, .data = data,
		.left = MAX_WAITERS,
	};

	if (q->mq_ops) {
		walk.now.waits_for = SUBMIT_TAG;
		tags_each_wait(q, look_at_list, &walk);
		look_at_writeback(&walk);
	}
	if (!READ_ONCE(q->mq_freeze_depth))
		return;
	walk.now.waits_for = SUBMIT_FROZEN;
	look_at_list(&q->mq_freeze_wq, &walk);
}

bool submitters_has(const struct kiocb *kiocb)
{
	const void *aio = (const void *)kiocb - layout_offset(LM_AIO_KIOCB_RW);

	return kiocb && aio_request_in_submit(aio) == kiocb;
}
