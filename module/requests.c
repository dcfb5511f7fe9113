// SPDX-License-Identifier: GPL-2.0
/* Walks the started requests of an nbd device and keeps the oldest. */
#include <linux/blk-mq.h>
#include <linux/ktime.h>

#include "layout.h"
#include "requests.h"

/* Far above what nbd asks for (128 tags a queue, a queue a connection). */
#define MAX_QUEUES 65536
#define MAX_TAGS 10240

static void snap_cmd(struct request_snap *snap, const void *cmd)
{
	if (!layout_get(&snap->socket, cmd, LM_NBD_CMD_INDEX))
		snap->socket = -1;
	if (!layout_get(&snap->retries, cmd, LM_NBD_CMD_RETRIES))
		snap->retries = -1;
}

/* Of two ages one is not known: the known one counts as older. */
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

static void add_request(struct request *rq, void *data)
{
	struct requests_snap *all = data;
	struct request_snap snap = { 0 };
	unsigned int flags;

	all->inflight++;
	if (!peek(&flags, (__force const unsigned int *)&rq->cmd_flags) ||
	    !peek(&snap.sector, &rq->__sector) ||
	    !peek(&snap.bytes, &rq->__data_len) ||
	    !peek(&snap.start_ns, &rq->start_time_ns))
		return;
	snap.op = flags & (__force u32)REQ_OP_MASK;
	snap_cmd(&snap, rq + 1);
	keep_if_old(all, &snap);
}

/* ---- without nbd's lock ---- */

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

static bool walk_tags(struct requests_snap *snap, const void *tags,
		      const struct request_queue *q)
{
	struct request **rqs, *rq;
	unsigned int nr, i;

	if (!layout_get(&nr, tags, LM_BLK_MQ_TAGS_NR_TAGS) || nr > MAX_TAGS ||
	    !layout_get(&rqs, tags, LM_BLK_MQ_TAGS_RQS))
		return false;
	for (i = 0; i < nr; i++) {
		if (!peek(&rq, &rqs[i]))
			return false;
		if (rq && is_started(rq, q, i))
			add_request(rq, snap);
	}
	return true;
}

static const char *walk_queues(struct requests_snap *snap,
			       struct gendisk *disk)
{
	const struct blk_mq_tag_set *set = disk->queue->tag_set;
	unsigned int i, nr = READ_ONCE(set->nr_hw_queues);
	struct blk_mq_tags **tags = READ_ONCE(set->tags);
	struct blk_mq_tags *one;

	if (layout_status_of(LM_BLK_MQ_TAGS_RQS) != LAYOUT_OK)
		return layout_status_text(layout_status_of(LM_BLK_MQ_TAGS_RQS));
	if (nr > MAX_QUEUES)
		return "unreadable";
	for (i = 0; i < nr; i++) {
		if (!peek(&one, &tags[i]))
			return "unreadable";
		if (one && !walk_tags(snap, one, disk->queue))
			return "unreadable";
		cond_resched();
	}
	return NULL;
}

void requests_snap_take(struct requests_snap *snap, struct gendisk *disk,
			bool locked)
{
	memset(snap, 0, sizeof(*snap));
	if (locked)
		compat_busy_iter(disk->queue->tag_set, add_request, snap);
	else
		snap->why_unknown = walk_queues(snap, disk);
	snap->now_ns = ktime_get_ns();
}
