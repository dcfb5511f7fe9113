// SPDX-License-Identifier: GPL-2.0
/* Proves where nbd keeps what, by the requests of a device; see proof.h. */
#include <linux/blk-mq.h>
#include <linux/ktime.h>

#include "access/peek.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "layout/proof_look.h"

/* Of many queues, slots and requests, that many are looked at in a look. */
#define QUEUES_LOOKED_AT 32U
#define SLOTS_LOOKED_AT 512U
#define REQUESTS_JUDGED 16U

/* A bit of nbd_cmd.flags. */
#define CMD_INFLIGHT 2

/* Too large for a stack. */
static struct view cmd_view;

static u64 timeouts_of(const struct request *rq)
{
	u64 started, age;
	unsigned int timeout;

	if (!peek(&started, &rq->start_time_ns) || !started ||
	    !peek(&timeout, &rq->timeout) || !timeout)
		return U64_MAX;
	age = ktime_get_ns() - min(started, ktime_get_ns());
	return div_u64(nsecs_to_jiffies64(age), timeout);
}

/* A command that was failed, and nothing else that could be this number. */
static void claim_status(const struct facts *f, const struct view *v)
{
	u32 at;

	if (!f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].known ||
	    f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value >
	    (__force u8)BLK_STS_IOERR)
		return;
	for_each_set_bit(at, proof_left[LM_NBD_CMD_STATUS].at, OBJECT_MAX)
		if (v->bytes[at] == (__force u8)BLK_STS_IOERR)
			proof_claim(LM_NBD_CMD_STATUS, at);
}

/* INFLIGHT, which is 4: not the number of a socket, nor that of retries. */
static void claim_flags(const struct facts *f, const struct view *v)
{
	u32 at;

	if (!f->rq_started || f->rq_timeouts >= BIT(CMD_INFLIGHT) ||
	    !f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].known ||
	    f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value > BIT(CMD_INFLIGHT))
		return;
	for_each_set_bit(at, proof_left[LM_NBD_CMD_FLAGS].at, OBJECT_MAX)
		if (proof_word_at(v, at, sizeof(u64)) == BIT(CMD_INFLIGHT))
			proof_claim(LM_NBD_CMD_FLAGS, at);
}

/* What says whose a request is, and what becomes of it. */
struct identity {
	struct request_queue *q;
	enum mq_rq_state state;
	int tag;
};

static bool identify_request(struct identity *its, const struct request *rq)
{
	return is_sound(rq) && peek(&its->q, &rq->q) &&
	       peek(&its->state, &rq->state) && peek(&its->tag, &rq->tag);
}

/* Requests that are still looked at in a look: in flight, and others. */
struct request_budget {
	u32 started;
	u32 idle;
};

static void look_at_request(struct places *bad, struct facts *f,
			    const struct request *rq, int tag,
			    struct request_budget *left)
{
	const struct blk_mq_tag_set *set = f->disk->queue->tag_set;
	struct view *v = &cmd_view;
	struct identity its, after;

	u32 *budget;

	if (!identify_request(&its, rq) || its.q != f->disk->queue)
		return;
	f->rq = rq;
	f->rq_started = its.tag == tag && its.state == MQ_RQ_IN_FLIGHT;
	budget = f->rq_started ? &left->started : &left->idle;
	if (!*budget || !proof_copy(v, rq + 1, min(set->cmd_size, OBJECT_MAX),
				    LS_NBD_CMD))
		return;
	(*budget)--;
	f->rq_timeouts = timeouts_of(rq);
	/* It may have been given out again, or freed, while it was copied. */
	if (!identify_request(&after, rq) || after.q != its.q ||
	    after.state != its.state || after.tag != its.tag)
		return;
	claim_status(f, v);
	if (f->rq_started) {
		proof_judge(bad, f, v, LS_NBD_CMD, true);
		claim_flags(f, v);
	} else {
		proof_judge_rule(bad, f, v, proof_rule_of(LM_NBD_CMD_STATUS));
		proof_judge_rule(bad, f, v, proof_rule_of(LM_NBD_CMD_FLAGS));
	}
}

static bool names_device(const struct facts *f, const struct view *v)
{
	u32 at;

	for (at = 0; at + sizeof(u64) <= v->size; at += sizeof(u64))
		if (proof_word_at(v, at, sizeof(u64)) == (unsigned long)f->nbd)
			return true;
	return false;
}

/*
 * Each request that came with a table names its device, in use or not. One that
 * names it nowhere was freed, or is no request.
 */
void proof_look_at_unused_request(struct places *bad, struct facts *f)
{
	const struct blk_mq_tag_set *set = f->disk->queue->tag_set;
	struct blk_mq_tags **all = READ_ONCE(set->tags);
	struct view *v = &cmd_view;
	struct request **rqs, *rq;
	struct blk_mq_tags *tags;

	if (!is_sound(all) || !peek(&tags, &all[0]) ||
	    !sound_address(tags, layout_offset(LM_BLK_MQ_TAGS_STATIC_RQS) +
			   sizeof(rqs)) ||
	    !layout_get(&rqs, tags, LM_BLK_MQ_TAGS_STATIC_RQS) ||
	    !is_sound(rqs) || !peek(&rq, rqs) || !is_sound(rq) ||
	    !proof_copy(v, rq + 1, min(set->cmd_size, OBJECT_MAX), LS_NBD_CMD))
		return;
	f->rq_started = false;
	if (names_device(f, v))
		proof_judge_rule(bad, f, v, proof_rule_of(LM_NBD_CMD_NBD));
}

/* By what fails if they are freed meanwhile, as request.c does. */
void proof_look_at_requests(struct places *bad, struct facts *f)
{
	struct blk_mq_tags **all = READ_ONCE(f->disk->queue->tag_set->tags);
	struct request **rqs, *rq;
	struct blk_mq_tags *tags;
	unsigned int nr, i, queue;
	unsigned int slots = max(SLOTS_LOOKED_AT / max(f->queues, 1U), 4U);
	struct request_budget left = {
		.started = REQUESTS_JUDGED,
		.idle = REQUESTS_JUDGED,
	};

	for (queue = 0; queue < min(f->queues, QUEUES_LOOKED_AT); queue++) {
		if (!peek(&tags, &all[queue]) ||
		    !layout_get(&nr, tags, LM_BLK_MQ_TAGS_NR_TAGS) ||
		    !layout_get(&rqs, tags, LM_BLK_MQ_TAGS_RQS))
			return;
		nr = min3(nr, f->disk->queue->tag_set->queue_depth, slots);
		for (i = 0; i < nr && left.started; i++) {
			if (!peek(&rq, &rqs[i]))
				return;
			if (rq)
				look_at_request(bad, f, rq, i, &left);
		}
	}
}
