// SPDX-License-Identifier: GPL-2.0
/* Walks the started requests of an nbd device and keeps the oldest. */
#include <linux/blk-mq.h>
#include <linux/ktime.h>

#include "layout/layout.h"
#include "object/kiocb.h"
#include "object/request.h"

/* Far above what nbd asks for (128 tags a queue, a queue a connection). */
#define MAX_QUEUES 65536
#define MAX_TAGS 10240

/* The tables are replaced when the number of connections changes. */
#define WALK_TRIES 4

/* A bit of nbd_cmd.flags, from 5.16 on and in some older kernels of vendors. */
#define CMD_INFLIGHT 2

static void snap_cmd(struct request_snap *snap, const void *cmd)
{
	unsigned long flags;

	snap->has_inflight = layout_get(&flags, cmd, LM_NBD_CMD_FLAGS) &&
			     flags & BIT(CMD_INFLIGHT);
	snap->socket = layout_count(cmd, LM_NBD_CMD_INDEX);
	snap->retries = layout_count(cmd, LM_NBD_CMD_RETRIES);
}

/* Requests of unknown age sort last. */
static bool is_older(u64 start_ns, u64 than_ns)
{
	if (!start_ns || !than_ns)
		return start_ns && !than_ns;
	return start_ns < than_ns;
}

static void keep_if_old(struct requests_snap *all,
			const struct request_snap *new)
{
	u32 i = all->shown;

	if (i == REQUESTS_SHOWN) {
		if (!is_older(new->start_ns, all->oldest[i - 1].start_ns))
			return;
		i--;
	} else {
		all->shown++;
	}
	for (; i && is_older(new->start_ns, all->oldest[i - 1].start_ns); i--)
		all->oldest[i] = all->oldest[i - 1];
	all->oldest[i] = *new;
}

static void add_aio(const struct kiocb_found *found, void *data)
{
	struct request_snap *snap = data;

	if (snap->aio++ && snap->ctx != found->ctx)
		snap->several_ctx = true;
	else
		snap->ctx = found->ctx;
}

bool requests_copy(struct request_snap *snap, const struct request *rq)
{
	unsigned int flags;

	memset(snap, 0, sizeof(*snap));
	if (!peek(&flags, (__force const unsigned int *)&rq->cmd_flags) ||
	    !peek(&snap->sector, &rq->__sector) ||
	    !peek(&snap->bytes, &rq->__data_len) ||
	    !peek(&snap->start_ns, &rq->start_time_ns))
		return false;
	snap->op = flags & (__force u32)REQ_OP_MASK;
	snap_cmd(snap, rq + 1);
	return true;
}

static bool is_same(const struct request_snap *before,
		    const struct request *rq)
{
	struct request_snap now;

	return requests_copy(&now, rq) && !memcmp(before, &now, sizeof(now));
}

struct taking {
	struct requests_snap *all;
	bool saw_inflight;
	struct symbol_cache *functions;
};

static void add_request(struct request *rq, void *data)
{
	struct taking *taking = data;
	struct request_snap before, snap;

	taking->all->inflight++;
	if (!requests_copy(&before, rq))
		return;
	snap = before;
	if (taking->functions) {
		snap.end_io = kiocb_end_io(taking->functions, rq);
		kiocb_each(taking->functions, rq, add_aio, &snap);
	}
	/* Of a request that is done, and another one by now, no mixture. */
	if (!is_same(&before, rq))
		return;
	taking->saw_inflight |= snap.has_inflight;
	keep_if_old(taking->all, &snap);
}

static void forget_all(void *data)
{
	struct taking *taking = data;

	taking->saw_inflight = false;
	memset(taking->all, 0, sizeof(*taking->all));
}

void requests_snap_take(struct requests_snap *snap, struct gendisk *disk,
			struct symbol_cache *functions)
{
	struct taking taking = { .all = snap, .functions = functions };
	const struct requests_visitor visitor = {
		.restart = forget_all,
		.visit = add_request,
		.data = &taking,
	};
	const char *why_unknown = requests_each(disk, &visitor);

	/* Only of a walk that saw requests, and not memory that was freed. */
	if (!why_unknown && taking.saw_inflight)
		layout_saw_inflight();
	snap->why_unknown = why_unknown;
	snap->now_ns = ktime_get_ns();
}

/* ---- the walk ---- */

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

/* What leads to the requests: a table of tags for each hardware queue. */
struct tables {
	struct blk_mq_tags **tags;
	unsigned int nr;
};

static struct tables tables_now(const struct request_queue *q)
{
	const struct blk_mq_tag_set *set = q->tag_set;

	return (struct tables){
		.tags = READ_ONCE(set->tags),
		.nr = READ_ONCE(set->nr_hw_queues),
	};
}

static bool are_same(const struct tables *a, const struct tables *b)
{
	return a->tags == b->tags && a->nr == b->nr;
}

/*
 * nbd has each request that is allocated with a table name its device: if that
 * is found, the rest of the table is where it is looked for.
 */
static bool is_table(const struct request_queue *q, const void *tags)
{
	const void *nbd = q->tag_set->driver_data, *its_nbd;
	struct request **rqs, *rq;

	return layout_get(&rqs, tags, LM_BLK_MQ_TAGS_STATIC_RQS) &&
	       peek(&rq, rqs) &&
	       layout_get(&its_nbd, rq + 1, LM_NBD_CMD_NBD) && its_nbd == nbd;
}

/* Return: false if it cannot be read. */
static bool walk_table(const struct requests_visitor *visitor,
		       const struct request_queue *q, const void *tags)
{
	struct request **rqs, *rq;
	unsigned int nr, i;

	if (!is_table(q, tags) ||
	    !layout_get(&nr, tags, LM_BLK_MQ_TAGS_NR_TAGS) || nr > MAX_TAGS ||
	    !layout_get(&rqs, tags, LM_BLK_MQ_TAGS_RQS))
		return false;
	for (i = 0; i < nr; i++) {
		if (!peek(&rq, &rqs[i]))
			return false;
		if (rq && is_started(rq, q, i))
			visitor->visit(rq, visitor->data);
	}
	return true;
}

/* Return: false if a table cannot be read, or was replaced meanwhile. */
static bool walk_tables(const struct requests_visitor *visitor,
			const struct request_queue *q,
			const struct tables *tables)
{
	struct blk_mq_tags *table, *after;
	unsigned int i;

	for (i = 0; i < tables->nr; i++) {
		if (!peek(&table, &tables->tags[i]))
			return false;
		if (!table)
			continue;
		if (!walk_table(visitor, q, table) ||
		    !peek(&after, &tables->tags[i]) || after != table)
			return false;
		cond_resched();
	}
	return true;
}

const char *requests_each(struct gendisk *disk,
			  const struct requests_visitor *visitor)
{
	const struct request_queue *q = disk->queue;
	struct tables before, after = tables_now(q);
	int tries;
	bool ok;

	visitor->restart(visitor->data);
	if (layout_status_of(LM_BLK_MQ_TAGS_RQS) != LAYOUT_OK)
		return layout_status_text(layout_status_of(LM_BLK_MQ_TAGS_RQS));
	for (tries = 0; tries < WALK_TRIES; tries++) {
		before = after;
		if (before.nr > MAX_QUEUES)
			return "unreadable";
		visitor->restart(visitor->data);
		ok = walk_tables(visitor, q, &before);
		after = tables_now(q);
		if (ok && are_same(&before, &after))
			return NULL;
	}
	/* Frozen, it may be getting new tables, which are not whole yet. */
	return are_same(&before, &after) && !READ_ONCE(q->mq_freeze_depth) ?
		"unreadable" : "changing";
}
