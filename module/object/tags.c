// SPDX-License-Identifier: GPL-2.0
/* Walks all requests of a queue by the tables which they were allocated with. */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/cache.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "layout/layout.h"
#include "object/tags.h"

/* The kernel allows 10240 tags; of hardware queues it has one a processor or a few. */
#define MAX_QUEUES 65536
#define MAX_TAGS 10240
#define WALK_TRIES 4
#define MAX_XA_LEVELS 8

/* ---- hardware queues ---- */

#ifdef HAVE_HCTX_XARRAY
/* What xa_load() does, of an xarray whose nodes may be gone. */
static const void *peek_xarray(const struct xarray *xa, unsigned long index)
{
	const struct xa_node *node;
	unsigned char shift;
	void *entry;
	int levels;

	if (!peek(&entry, (void **)&xa->xa_head))
		return NULL;
	for (levels = 0; xa_is_node(entry) && levels < MAX_XA_LEVELS; levels++) {
		node = xa_to_node(entry);
		if (!peek(&shift, &node->shift) || shift >= BITS_PER_LONG ||
		    index >> shift >= XA_CHUNK_SIZE ||
		    !peek(&entry, (void **)&node->slots[index >> shift]))
			return NULL;
		index &= (1UL << shift) - 1;
	}
	/* Without a node there is room for index 0 only. */
	return !xa_is_internal(entry) && (levels || !index) ? entry : NULL;
}

static const struct blk_mq_hw_ctx *hctx_at(const struct request_queue *q,
					   unsigned int i)
{
	return peek_xarray(&q->hctx_table, i);
}
#else
static const struct blk_mq_hw_ctx *hctx_at(const struct request_queue *q,
					   unsigned int i)
{
	struct blk_mq_hw_ctx **table, *hctx;

	if (!peek(&table, (struct blk_mq_hw_ctx ***)&q->queue_hw_ctx) ||
	    !peek(&hctx, &table[i]))
		return NULL;
	return hctx;
}
#endif

/*
 * Where a hardware queue's requests come from: from the scheduler's table if it
 * has one. The queue is empty while that changes.
 */
struct source {
	const void *tags;
	bool sched;
};

static bool source_of(struct source *source, const struct request_queue *q,
		      unsigned int i)
{
	const struct blk_mq_hw_ctx *hctx = hctx_at(q, i);
	struct blk_mq_tags *tags, *sched_tags;
	struct request_queue *its_queue;
	unsigned int its_number;

	if (!hctx || !peek(&its_queue, &hctx->queue) || its_queue != q ||
	    !peek(&its_number, &hctx->queue_num) || its_number != i ||
	    !peek(&tags, &hctx->tags) || !peek(&sched_tags, &hctx->sched_tags))
		return false;
	source->sched = sched_tags;
	source->tags = sched_tags ? sched_tags : tags;
	return true;
}

/* ---- requests ---- */

/* How far two requests of one table are from each other. */
static size_t request_size(const struct request_queue *q)
{
	const struct blk_mq_tag_set *set;
	unsigned int cmd_size;

	if (!peek(&set, (const struct blk_mq_tag_set **)&q->tag_set) ||
	    !peek(&cmd_size, &set->cmd_size))
		return 0;
	return round_up(sizeof(struct request) + cmd_size, cache_line_size());
}

static bool is_referenced(const struct request *rq)
{
	int refs;

	return peek(&refs, (const int *)&rq->ref) && refs > 0;
}

bool tags_is_in_use(const struct request *rq, const struct request_queue *q)
{
	struct request_queue *its_queue;

	return peek(&its_queue, &rq->q) && its_queue == q && is_referenced(rq);
}

static bool is_in_use(const struct request *rq, const struct request_queue *q,
		      const struct source *source, int tag)
{
	int its_tag;

	return tags_is_in_use(rq, q) &&
	       peek(&its_tag, source->sched ? &rq->internal_tag : &rq->tag) &&
	       its_tag == tag;
}

/* They are allocated side by side, so this proves what was found. */
static bool is_table(const struct request_queue *q, struct request **rqs,
		     unsigned int nr)
{
	struct request *pair[2];

	return nr < 2 ||
	       (peek_bytes(pair, rqs, sizeof(pair)) &&
		(const void *)pair[1] - (const void *)pair[0] ==
			request_size(q));
}

/* ---- the walk ---- */

/* Return: false if it cannot be read. */
static bool walk_source(const struct requests_visitor *visitor,
			const struct request_queue *q,
			const struct source *source)
{
	struct request **rqs, *rq;
	unsigned int nr, i;

	if (!source->tags)
		return true;
	if (!layout_get(&nr, source->tags, LM_BLK_MQ_TAGS_NR_TAGS) ||
	    nr > MAX_TAGS ||
	    !layout_get(&rqs, source->tags, LM_BLK_MQ_TAGS_STATIC_RQS) ||
	    !is_table(q, rqs, nr))
		return false;
	for (i = 0; i < nr; i++) {
		if (!peek(&rq, &rqs[i]))
			return false;
		if (rq && is_in_use(rq, q, source, i))
			visitor->visit(rq, visitor->data);
	}
	return true;
}

static bool is_same(const struct source *a, const struct source *b)
{
	return a->tags == b->tags && a->sched == b->sched;
}

/* Return: false if a table cannot be read, or was replaced meanwhile. */
static bool walk_queues(const struct requests_visitor *visitor,
			const struct request_queue *q, unsigned int nr)
{
	struct source source, after, first = {};
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!source_of(&source, q, i))
			return false;
		/* All may share one table. */
		if (i && is_same(&source, &first))
			continue;
		if (!i)
			first = source;
		if (!walk_source(visitor, q, &source) ||
		    !source_of(&after, q, i) || !is_same(&source, &after))
			return false;
		cond_resched();
	}
	return true;
}

static const char *why_not(const struct request_queue *q)
{
	int freezing;

	return peek(&freezing, &q->mq_freeze_depth) && freezing ? "changing" :
		"unreadable";
}

const char *tags_each(const struct request_queue *q,
		      const struct requests_visitor *visitor)
{
	enum layout_status known =
		layout_status_of(LM_BLK_MQ_TAGS_STATIC_RQS);
	unsigned int nr, after;
	int tries;

	visitor->restart(visitor->data);
	if (known != LAYOUT_OK)
		return layout_status_text(known);
	for (tries = 0; tries < WALK_TRIES; tries++) {
		if (!peek(&nr, &q->nr_hw_queues) || nr > MAX_QUEUES)
			return "unreadable";
		visitor->restart(visitor->data);
		if (walk_queues(visitor, q, nr) &&
		    peek(&after, &q->nr_hw_queues) && nr == after)
			return NULL;
	}
	return why_not(q);
}
