// SPDX-License-Identifier: GPL-2.0
/* Forged requests: chains of bios without an end, tables of tags that lie. */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/cache.h>
#include <linux/slab.h>

#include "object/kiocb.h"
#include "object/request.h"

#include "hostile.h"

struct forged {
	struct gendisk disk;
	struct request_queue queue;
	struct blk_mq_tag_set set;
	u8 tags[512];
	void *tables[4];
	void *rqs[8];
	void *static_rqs[2];
	struct request rq;
	u8 cmd[256];
	struct bio bio[3];
};

static void forge_requests(struct forged *f)
{
	memset(f, 0, sizeof(*f));
	f->disk.queue = &f->queue;
	f->queue.tag_set = &f->set;
	f->set.nr_hw_queues = 1;
	f->set.tags = (void *)f->tables;
	f->tables[0] = f->tags;
	forge(f->tags, LM_BLK_MQ_TAGS_NR_TAGS, (u32)ARRAY_SIZE(f->rqs));
	forge(f->tags, LM_BLK_MQ_TAGS_RQS, (void *)f->rqs);
	forge(f->tags, LM_BLK_MQ_TAGS_STATIC_RQS, (void *)f->static_rqs);
	f->static_rqs[0] = &f->rq;
	f->set.cmd_size = sizeof(f->cmd);
	f->static_rqs[1] = (void *)&f->rq +
		round_up(sizeof(f->rq) + sizeof(f->cmd), cache_line_size());
	f->set.driver_data = f;
	forge(&f->rq + 1, LM_NBD_CMD_NBD, (void *)f);
	f->rqs[3] = &f->rq;
	f->rq.q = &f->queue;
	f->rq.tag = 3;
	*(enum mq_rq_state *)&f->rq.state = MQ_RQ_IN_FLIGHT;
	f->rq.bio = &f->bio[0];
	f->rq.start_time_ns = 5;
}

static const char *take_requests(struct verdicts *v, struct requests_snap *snap,
				 struct forged *f, bool *in_time)
{
	struct symbol_cache *functions = kiocb_functions_alloc();

	test_begin(v);
	requests_snap_take(snap, &f->disk, functions);
	*in_time = test_in_time(v);
	kvfree(functions);
	return snap->why_unknown;
}

/* ---- the tables of tags ---- */

static const struct {
	const char *name;
	size_t offset;
} slots[] = {
	{ "tag_set.tags", offsetof(struct forged, set.tags) },
	{ "tags[0]", offsetof(struct forged, tables[0]) },
	{ "rqs[0]", offsetof(struct forged, rqs[0]) },
	{ "rqs[3]", offsetof(struct forged, rqs[3]) },
	{ "static_rqs[0]", offsetof(struct forged, static_rqs[0]) },
	{ "request.bio", offsetof(struct forged, rq.bio) },
	{ "bio.bi_next", offsetof(struct forged, bio[0].bi_next) },
	{ "bio.bi_private", offsetof(struct forged, bio[0].bi_private) },
	{ "bio.bi_end_io", offsetof(struct forged, bio[0].bi_end_io) },
};

/* A table that cannot be read is unknown; a request that cannot is not there. */
static bool is_expected(unsigned int i, const struct bad_pointer *pointer,
			const struct requests_snap *snap)
{
	if (pointer->readable)
		return true;
	if (i == 0)
		return snap->why_unknown;
	if (i == 1)
		return snap->why_unknown || !pointer->address;
	if (i == 3)
		return !snap->why_unknown && !snap->inflight;
	if (i == 4)
		return snap->why_unknown;
	return !snap->why_unknown && snap->inflight == 1 && snap->shown == 1 &&
	       !snap->oldest[0].aio;
}

static void test_slot(struct verdicts *v, struct forged *f,
		      struct requests_snap *snap, unsigned int i)
{
	unsigned int j, wrong = 0;
	bool in_time;

	for (j = 0; j < bad_nr; j++) {
		forge_requests(f);
		*(const void **)((void *)f + slots[i].offset) = bad[j].address;
		take_requests(v, snap, f, &in_time);
		if (in_time && is_expected(i, &bad[j], snap))
			continue;
		wrong++;
		test_says(v, false, "%s: %s", slots[i].name, bad[j].name);
	}
	if (!wrong)
		test_says(v, true, "%s: %u bad pointers", slots[i].name,
			  bad_nr);
}

static void test_sizes(struct verdicts *v, struct forged *f,
		       struct requests_snap *snap)
{
	bool in_time;

	forge_requests(f);
	f->set.nr_hw_queues = UINT_MAX;
	test_says(v, take_requests(v, snap, f, &in_time) && in_time,
		  "4 billion queues are unknown");
	forge_requests(f);
	forge(f->tags, LM_BLK_MQ_TAGS_NR_TAGS, (u32)UINT_MAX);
	test_says(v, take_requests(v, snap, f, &in_time) && in_time,
		  "4 billion tags are unknown");
	forge_requests(f);
	f->set.nr_hw_queues = 65536;
	take_requests(v, snap, f, &in_time);
	test_says(v, in_time, "more queues than there are");
}

/* ---- chains of bios ---- */

static void test_rings(struct verdicts *v, struct forged *f,
		       struct requests_snap *snap)
{
	struct bio *chained;
	bool in_time;

	forge_requests(f);
	f->bio[0].bi_next = &f->bio[1];
	f->bio[1].bi_next = &f->bio[0];
	take_requests(v, snap, f, &in_time);
	test_says(v, in_time && snap->inflight == 1, "a ring of bios");

	/* The function of a part that was split off is bio_chain()'s secret. */
	chained = kzalloc(sizeof(*chained), GFP_KERNEL);
	if (!chained)
		return;
	forge_requests(f);
	bio_chain(chained, &f->bio[2]);
	f->bio[0].bi_end_io = chained->bi_end_io;
	f->bio[0].bi_private = &f->bio[1];
	f->bio[1].bi_end_io = chained->bi_end_io;
	f->bio[1].bi_private = &f->bio[0];
	f->bio[0].bi_next = &f->bio[0];
	kfree(chained);
	take_requests(v, snap, f, &in_time);
	test_says(v, in_time && snap->shown == 1 && !snap->oldest[0].end_io,
		  "a bio that is a part of its own part");
}

void test_requests(struct verdicts *v)
{
	struct forged *f = kvzalloc(sizeof(*f), GFP_KERNEL);
	struct requests_snap *snap = kvzalloc(sizeof(*snap), GFP_KERNEL);
	unsigned int i;
	bool in_time;

	if (!f || !snap)
		goto out;
	forge_requests(f);
	test_says(v, !take_requests(v, snap, f, &in_time) && snap->inflight == 1 &&
		  snap->shown == 1 && snap->oldest[0].start_ns == 5,
		  "what is forged passes for a request");
	for (i = 0; i < ARRAY_SIZE(slots); i++)
		test_slot(v, f, snap, i);
	test_sizes(v, f, snap);
	test_rings(v, f, snap);
out:
	kvfree(snap);
	kvfree(f);
}
