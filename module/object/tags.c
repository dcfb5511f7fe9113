// SPDX-License-Identifier: GPL-2.0
/*
 * Walks all requests of a queue: those in use by the tables which they were
 * allocated with, those with the driver by the tables of its tags.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/cache.h>
#include <linux/sbitmap.h>
#include <linux/sched.h>
#include <linux/wait.h>
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

/* The driver's table of a hardware queue, which may have none. */
static bool driver_source_of(struct source *source,
			     const struct request_queue *q, unsigned int i)
{
	const struct blk_mq_tag_set *set;
	struct blk_mq_tags **tables, *tags;

	if (!peek(&set, (const struct blk_mq_tag_set **)&q->tag_set) ||
	    !peek(&tables, (struct blk_mq_tags ***)&set->tags) ||
	    !peek(&tags, &tables[i]))
		return false;
	source->tags = tags;
	source->sched = false;
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

/* Tags keep pointing to requests that are long done, so ask each one. */
static bool is_started(const struct request *rq, const struct request_queue *q,
		       int tag)
{
	struct request_queue *its_queue;
	enum mq_rq_state state;
	int its_tag;

	return peek(&its_queue, &rq->q) && its_queue == q &&
	       peek(&its_tag, &rq->tag) && its_tag == tag &&
	       peek(&state, &rq->state) && state != MQ_RQ_IDLE;
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

struct tags_walk {
	const struct request_queue *q;
	const struct requests_visitor *visitor;
	bool started;
};

static bool walk_source_of(struct source *source, const struct tags_walk *walk,
			   unsigned int i)
{
	return walk->started ? driver_source_of(source, walk->q, i) :
		source_of(source, walk->q, i);
}

static bool is_wanted(const struct tags_walk *walk, const struct request *rq,
		      const struct source *source, int tag)
{
	return walk->started ? is_started(rq, walk->q, tag) :
		is_in_use(rq, walk->q, source, tag);
}

/* Return: false if it cannot be read. */
static bool walk_source(const struct tags_walk *walk,
			const struct source *source)
{
	struct request **rqs, *rq;
	unsigned int nr, i;

	if (!source->tags)
		return true;
	if (!layout_get(&nr, source->tags, LM_BLK_MQ_TAGS_NR_TAGS) ||
	    nr > MAX_TAGS ||
	    !layout_get(&rqs, source->tags, LM_BLK_MQ_TAGS_STATIC_RQS) ||
	    !is_table(walk->q, rqs, nr))
		return false;
	if (walk->started &&
	    !layout_get(&rqs, source->tags, LM_BLK_MQ_TAGS_RQS))
		return false;
	for (i = 0; i < nr; i++) {
		if (!peek(&rq, &rqs[i]))
			return false;
		if (rq && is_wanted(walk, rq, source, i))
			walk->visitor->visit(rq, walk->visitor->data);
	}
	return true;
}

static bool is_same(const struct source *a, const struct source *b)
{
	return a->tags == b->tags && a->sched == b->sched;
}

/* Return: false if a table cannot be read, or was replaced meanwhile. */
static bool walk_queues(const struct tags_walk *walk, unsigned int nr)
{
	struct source source, after, first = {};
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!walk_source_of(&source, walk, i))
			return false;
		/* All may share one table. */
		if (i && is_same(&source, &first))
			continue;
		if (!i)
			first = source;
		if (!walk_source(walk, &source) ||
		    !walk_source_of(&after, walk, i) ||
		    !is_same(&source, &after))
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

/* How many tables there are to be looked at. */
static bool count_tables(const struct tags_walk *walk, unsigned int *nr)
{
	const struct request_queue *q = walk->q;
	const struct blk_mq_tag_set *set;

	if (!walk->started)
		return peek(nr, &q->nr_hw_queues);
	return peek(&set, (const struct blk_mq_tag_set **)&q->tag_set) &&
	       peek(nr, &set->nr_hw_queues);
}

static const char *walk_all(const struct tags_walk *walk)
{
	static const enum layout_member_id needed[] = {
		LM_BLK_MQ_TAGS_NR_TAGS, LM_BLK_MQ_TAGS_RQS,
		LM_BLK_MQ_TAGS_STATIC_RQS,
	};
	enum layout_status known =
		layout_status_of_all(needed, ARRAY_SIZE(needed));
	const struct requests_visitor *visitor = walk->visitor;
	unsigned int nr, after;
	int tries;

	visitor->restart(visitor->data);
	if (known != LAYOUT_OK)
		return layout_status_text(known);
	for (tries = 0; tries < WALK_TRIES; tries++) {
		if (!count_tables(walk, &nr) || nr > MAX_QUEUES)
			return "unreadable";
		visitor->restart(visitor->data);
		if (walk_queues(walk, nr) && count_tables(walk, &after) &&
		    nr == after)
			return NULL;
	}
	return why_not(walk->q);
}

const char *tags_each(const struct request_queue *q,
		      const struct requests_visitor *visitor)
{
	const struct tags_walk walk = { .q = q, .visitor = visitor };

	return walk_all(&walk);
}

const char *tags_each_started(const struct request_queue *q,
			      const struct requests_visitor *visitor)
{
	const struct tags_walk walk = {
		.q = q, .visitor = visitor, .started = true,
	};

	return walk_all(&walk);
}

/* ---- tasks that wait for a tag ---- */

#ifdef HAVE_BLK_MQ_TAGS
static const struct sbitmap_queue *bitmap_of(const struct request_queue *q,
					     const struct source *source)
{
	return &((const struct blk_mq_tags *)source->tags)->bitmap_tags;
}

bool tags_has_bitmap_at(size_t at)
{
	return at == offsetof(struct blk_mq_tags, bitmap_tags) ||
	       at == offsetof(struct blk_mq_tags, breserved_tags);
}
#else
/* Hardware queues may share that of the whole set, but not a scheduler's. */
static const struct sbitmap_queue *bitmap_of(const struct request_queue *q,
					     const struct source *source)
{
	const struct blk_mq_tag_set *set;
	unsigned int flags;

	if (!peek(&set, (const struct blk_mq_tag_set **)&q->tag_set) ||
	    !peek(&flags, &set->flags))
		return NULL;
	if (!source->sched && flags & BLK_MQ_F_TAG_HCTX_SHARED)
		return &set->__bitmap_tags;
	if (layout_status_of(LM_BLK_MQ_TAGS_OWN_BITMAP_TAGS) != LAYOUT_OK)
		return NULL;
	return layout_at(source->tags, LM_BLK_MQ_TAGS_OWN_BITMAP_TAGS);
}

/* That of reserved tags follows. */
bool tags_has_bitmap_at(size_t at)
{
	size_t first;

	if (layout_status_of(LM_BLK_MQ_TAGS_OWN_BITMAP_TAGS) != LAYOUT_OK)
		return false;
	first = layout_offset(LM_BLK_MQ_TAGS_OWN_BITMAP_TAGS);
	return at == first || at == first + sizeof(struct sbitmap_queue);
}
#endif

void tags_each_wait(const struct request_queue *q,
		    void (*fn)(const struct wait_queue_head *wait, void *data),
		    void *data)
{
	unsigned int nr = READ_ONCE(q->nr_hw_queues), i, j;
	const struct sbitmap_queue *bitmap, *first = NULL;
	struct sbq_wait_state *ws;
	struct source source;
	atomic_t active;

	for (i = 0; i < nr && i < MAX_QUEUES; i++) {
		if (!source_of(&source, q, i) || !source.tags)
			continue;
		bitmap = bitmap_of(q, &source);
		/* All may share one. */
		if (bitmap == first)
			continue;
		if (!first)
			first = bitmap;
		if (!peek(&active, &bitmap->ws_active) ||
		    atomic_read(&active) <= 0 || !peek(&ws, &bitmap->ws))
			continue;
		for (j = 0; j < SBQ_WAIT_QUEUES; j++)
			fn(&ws[j].wait, data);
	}
}

void tags_each_table(const struct request_queue *q,
		     void (*fn)(const void *tags, void *data), void *data)
{
	struct blk_mq_tags *tags, *sched_tags;
	const struct blk_mq_hw_ctx *hctx;
	unsigned int nr, i;

	if (!peek(&nr, &q->nr_hw_queues) || nr > MAX_QUEUES)
		return;
	for (i = 0; i < nr; i++) {
		hctx = hctx_at(q, i);
		if (!hctx || !peek(&tags, &hctx->tags) ||
		    !peek(&sched_tags, &hctx->sched_tags))
			return;
		if (tags)
			fn(tags, data);
		if (sched_tags)
			fn(sched_tags, data);
	}
}
