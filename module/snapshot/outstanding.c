// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at all disks: what has a request queue is asked for its requests, the
 * device mapper for the bios that it holds back. Drivers which take bios keep
 * them in lists of their own, which are never walked, only counted. What has not
 * reached a disk yet is held back by limits of cgroups, or by a task that waits.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "layout/layout.h"
#include "object/counter.h"
#include "object/submitters.h"
#include "object/tags.h"
#include "object/throttled.h"
#include "snapshot/all_disks.h"
#include "snapshot/outstanding.h"

/*
 * Without a path dm-multipath takes bios out of its list and puts them back
 * again and again, so it is looked at until each was seen there once.
 */
#define GATHER_NS (50 * NSEC_PER_MSEC)
/* For all maps together: a host may have many without a path. */
#define GATHER_ALL_NS (500 * NSEC_PER_MSEC)
#define GATHERED_BITS 13
#define MAX_GATHERED (1 << (GATHERED_BITS - 1))

/* ---- one request, one bio ---- */

/* @bio, @bytes and so on of @rest; false if it cannot be read. */
static bool copy_request(struct rest *rest, const struct request *rq)
{
	enum mq_rq_state state;
	unsigned int flags;
	req_flags_t rq_flags;

	memset(rest, 0, sizeof(*rest));
	rest->rq = rq;
	if (!peek(&flags, (__force const unsigned int *)&rq->cmd_flags) ||
	    !peek(&rest->sector, &rq->__sector) ||
	    !peek(&rest->bytes, &rq->__data_len) ||
	    !peek(&rest->start_ns, &rq->start_time_ns) ||
	    !peek(&rest->bio, (const struct bio **)&rq->bio) ||
	    !peek(&rq_flags, &rq->rq_flags) || !peek(&state, &rq->state))
		return false;
	rest->op = flags & (__force u32)REQ_OP_MASK;
	if (state == MQ_RQ_IN_FLIGHT)
		rest->state = REST_STARTED;
	else if (state == MQ_RQ_COMPLETE)
		rest->state = REST_COMPLETE;
	else if (rq_flags & RQF_FLUSH_SEQ)
		rest->state = REST_FLUSHING;
	else
		rest->state = REST_QUEUED;
	return true;
}

bool rest_of_bio(struct rest *rest, const struct bio *bio)
{
	struct bvec_iter iter;
	unsigned int opf;

	memset(rest, 0, sizeof(*rest));
	rest->bio = bio;
	if (!peek(&opf, (__force const unsigned int *)&bio->bi_opf) ||
	    !peek(&iter, &bio->bi_iter))
		return false;
	rest->op = opf & (__force u32)REQ_OP_MASK;
	rest->sector = iter.bi_sector;
	rest->bytes = iter.bi_size;
	return true;
}

bool rest_is_same(const struct rest *rest)
{
	struct rest now;

	if (rest->state == REST_SUBMITTING)
		return !rest->submitter.kiocb ||
		       submitters_has(rest->submitter.kiocb);
	if (rest->rq ? !copy_request(&now, rest->rq) :
		       !rest_of_bio(&now, rest->bio))
		return false;
	/* Where it is may change, and is found out in another way for some. */
	return now.op == rest->op && now.sector == rest->sector &&
	       now.bytes == rest->bytes && now.start_ns == rest->start_ns &&
	       now.bio == rest->bio;
}

/* The age of a bio may be known from elsewhere. A request that is done has no bio. */
bool rest_is_outstanding(const struct rest *rest)
{
	struct rest now;

	if (!rest->rq)
		return rest_of_bio(&now, rest->bio) && now.op == rest->op &&
		       now.sector == rest->sector && now.bytes == rest->bytes;
	return copy_request(&now, rest->rq) && now.bio && now.bytes &&
	       now.start_ns == rest->start_ns;
}

/* ---- one disk ---- */

/* Bios that were seen; a hash, half of which stays empty. */
struct gathered {
	u32 nr;
	const struct bio *bios[1 << GATHERED_BITS];
};

struct looking {
	const struct outstanding_visitor *visitor;
	struct gathered *gathered; /* or NULL without memory */
	u64 gather_ns; /* how long bios may yet be gathered */
	struct stack_copy *stack; /* the same */
	struct disk_load load;
};

static void restart(void *data)
{
	const struct looking *looking = data;

	looking->visitor->restart(looking->visitor->data);
}

/*
 * Without a path a map starts each request again and again, finds no path and
 * takes the start back.
 */
static void place_in_map(struct rest *rest, const struct mapped *mapped)
{
	bool started = rest->state == REST_STARTED;

	rest->below = started && mapped_is_below(mapped, rest->rq);
	if (rest->below || (!started && rest->state != REST_QUEUED))
		return;
	if (mapped->suspended)
		rest->state = REST_SUSPENDED;
	else if (mapped->multipath && !mapped->valid_paths)
		rest->state = REST_NO_PATH;
}

static void visit_request(struct request *rq, void *data)
{
	const struct looking *looking = data;
	const struct mapped *mapped = &looking->load.mapped;
	struct rest rest;

	if (!copy_request(&rest, rq))
		return;
	if (looking->load.kind == DISK_MAPPED)
		place_in_map(&rest, mapped);
	looking->visitor->visit(&rest, looking->visitor->data);
}

static void visit_bio(const struct bio *bio, bool no_path, void *data)
{
	const struct looking *looking = data;
	struct rest rest;

	if (!rest_of_bio(&rest, bio))
		return;
	if (looking->load.mapped.suspended)
		rest.state = REST_SUSPENDED;
	else
		rest.state = no_path ? REST_NO_PATH : REST_QUEUED;
	looking->visitor->visit(&rest, looking->visitor->data);
}

static void count_bio(const struct bio *bio, bool no_path, void *data)
{
	s64 *nr = data;

	++*nr;
}

/* What waits in a suspended device is not counted by it. */
static struct known load_of_mapped(const struct mapped *mapped,
				   const struct gendisk *disk)
{
	struct mapped device_only = *mapped;
	struct known nr = mapped->pending;
	s64 deferred = 0;

	if (nr.why_not)
		nr = counter_disk_inflight(disk);
	if (nr.why_not)
		return nr;
	device_only.multipath = NULL;
	mapped_each_bio(&device_only, count_bio, &deferred);
	return known_value(nr.value + deferred);
}

static void take_load(struct disk_load *load, const struct gendisk *disk)
{
	const struct request_queue *q = disk->queue;

	memset(load, 0, sizeof(*load));
	load->throttled = throttled_count(q);
	load->has_queue = q->mq_ops;
	if (mapped_is(disk)) {
		load->kind = DISK_MAPPED;
		mapped_take(&load->mapped, disk);
	} else {
		load->kind = q->mq_ops ? DISK_BLK_MQ : DISK_BIO;
	}
	/* Only where it is wanted, as idle disks are to cost little. */
	if (!q->mq_ops)
		counter_disk_counts(&load->counts, disk);
	if (q->mq_ops)
		load->accounted = counter_refs(&q->q_usage_counter);
	else if (load->kind == DISK_MAPPED)
		load->accounted = load_of_mapped(&load->mapped, disk);
	else
		load->accounted = counter_disk_inflight(disk);
}

static const char *look_at_requests(struct looking *looking,
				    const struct request_queue *q)
{
	const struct requests_visitor requests = {
		.restart = restart,
		.visit = visit_request,
		.data = looking,
	};

	return tags_each(q, &requests);
}

static void gather_bio(const struct bio *bio, bool no_path, void *data)
{
	struct gathered *gathered = data;
	u32 at = hash_ptr(bio, GATHERED_BITS);

	for (; gathered->bios[at]; at = (at + 1) % ARRAY_SIZE(gathered->bios))
		if (gathered->bios[at] == bio)
			return;
	if (gathered->nr == MAX_GATHERED)
		return;
	gathered->bios[at] = bio;
	gathered->nr++;
}

/*
 * Nothing is answered as long as no path works and nobody has them fail; if that
 * changed, some of those that were gathered may be gone.
 */
static bool may_be_answered(const struct disk_load *load,
			    const struct gathered *gathered,
			    const struct gendisk *disk)
{
	struct disk_load now;

	take_load(&now, disk);
	return now.mapped.multipath != load->mapped.multipath ||
	       now.mapped.valid_paths ||
	       (!now.accounted.why_not && now.accounted.value < gathered->nr);
}

/* Of those that were not seen here some may still be at a path. */
static const char *look_without_path(struct looking *looking,
				     const struct gendisk *disk)
{
	const struct disk_load *load = &looking->load;
	struct gathered *gathered = looking->gathered;
	s64 wanted = min_t(s64, load->accounted.value, MAX_GATHERED);
	u64 begun = ktime_get_ns();
	u64 until = begun + min_t(u64, GATHER_NS, looking->gather_ns);
	u32 i;

	if (!gathered)
		return "no-memory";
	memset(gathered, 0, sizeof(*gathered));
	mapped_each_bio(&load->mapped, gather_bio, gathered);
	while (gathered->nr < wanted && ktime_get_ns() < until) {
		usleep_range(5, 20);
		mapped_each_bio(&load->mapped, gather_bio, gathered);
	}
	looking->gather_ns -= min(looking->gather_ns, ktime_get_ns() - begun);
	if (may_be_answered(load, gathered, disk))
		return "changing";
	for (i = 0; i < ARRAY_SIZE(gathered->bios); i++)
		if (gathered->bios[i])
			visit_bio(gathered->bios[i], true, looking);
	if (load->accounted.value > MAX_GATHERED)
		return "too-many";
	return gathered->nr < wanted ? "changing" : NULL;
}

static const char *look_at_bios(struct looking *looking,
				const struct gendisk *disk)
{
	const struct mapped *mapped = &looking->load.mapped;

	restart(looking);
	if (looking->load.kind != DISK_MAPPED)
		return NULL;
	if (mapped->multipath && !mapped->valid_paths)
		return look_without_path(looking, disk);
	if (mapped_each_bio(mapped, visit_bio, looking))
		return NULL;
	return mapped->why_not ? mapped->why_not : "unreadable";
}

/* ---- what has not reached the disk yet ---- */

static void visit_throttled(const struct bio *bio, void *data)
{
	const struct looking *looking = data;
	struct rest rest;

	if (!rest_of_bio(&rest, bio))
		return;
	rest.state = REST_THROTTLED;
	looking->visitor->visit(&rest, looking->visitor->data);
}

static void visit_submitter(const struct submitter *submitter, void *data)
{
	const struct looking *looking = data;
	struct rest rest = {
		.state = REST_SUBMITTING,
		.submitter = *submitter,
	};
	int flags;

	if (submitter->kiocb && peek(&flags, &submitter->kiocb->ki_flags) &&
	    flags & IOCB_WRITE)
		rest.op = (__force u32)REQ_OP_WRITE;
	looking->visitor->visit(&rest, looking->visitor->data);
}

static const char *look_at_what_comes(struct looking *looking,
				      const struct request_queue *q)
{
	if (!looking->stack)
		return "no-memory";
	submitters_each(q, looking->stack, visit_submitter, looking);
	if (looking->load.throttled.value <= 0)
		return looking->load.throttled.why_not;
	return throttled_each(q, visit_throttled, looking);
}

/* ---- all disks ---- */

static bool is_idle(const struct disk_load *load,
		    const struct request_queue *q)
{
	return !load->accounted.why_not && load->accounted.value <= 0 &&
	       load->throttled.value <= 0 && !submitters_may_be(q);
}

static void look_at_disk(struct gendisk *disk, void *data)
{
	struct looking *looking = data;
	const struct outstanding_visitor *visitor = looking->visitor;
	const struct request_queue *q = disk->queue;
	const char *why_not, *why_not_all;
	struct disk_name name;

	take_load(&looking->load, disk);
	if (is_idle(&looking->load, q))
		return;
	disk_name_fill(&name, disk);
	visitor->begin(&name, &looking->load, visitor->data);
	why_not = q->mq_ops ? look_at_requests(looking, q) :
		look_at_bios(looking, disk);
	why_not_all = look_at_what_comes(looking, q);
	visitor->end(why_not ? why_not : why_not_all, visitor->data);
}

/* Before 5.15 a queue does not name its disk. */
static bool is_queue_of(const struct request_queue *q,
			const struct gendisk *disk)
{
#ifdef HAVE_QUEUE_DISK
	struct gendisk *its_disk;

	return peek(&its_disk, &q->disk) && its_disk == disk;
#else
	return true;
#endif
}

/*
 * The queue of a disk that may be gone. A disk keeps its queue until it is
 * released, and no other queue has that number so long.
 */
static const struct request_queue *queue_of_removed(const struct disk_name *name)
{
	const struct request_queue *q;
	int id;

	if (!peek(&q, (const struct request_queue **)&name->disk->queue) ||
	    q != name->queue || !peek(&id, &q->id) || id != name->queue_id)
		return NULL;
	return is_queue_of(q, name->disk) ? q : NULL;
}

/* A disk that is being removed while requests hang. */
static void look_at_removed(const struct disk_name *name, void *data)
{
	const struct outstanding_visitor *visitor = data;
	struct looking looking = {
		.visitor = visitor,
		.load = { .has_queue = true },
	};
	const struct request_queue *q = queue_of_removed(name);
	const struct blk_mq_ops *ops;
	const char *why_not;

	if (!q || !peek(&ops, (const struct blk_mq_ops **)&q->mq_ops) || !ops)
		return;
	looking.load.accounted = counter_refs(&q->q_usage_counter);
	if (looking.load.accounted.value <= 0)
		return;
	visitor->begin(name, &looking.load, visitor->data);
	why_not = look_at_requests(&looking, q);
	visitor->end(why_not, visitor->data);
}

void outstanding_each(const struct outstanding_visitor *visitor)
{
	struct looking looking = {
		.visitor = visitor, .gather_ns = GATHER_ALL_NS,
	};
	unsigned long at = 0;

	/* While a disk is looked at no memory can be asked for. */
	looking.gathered = kvmalloc(sizeof(*looking.gathered), GFP_READ);
	looking.stack = kvzalloc(sizeof(*looking.stack), GFP_READ);
	while (all_disks_call(&at, look_at_disk, &looking))
		cond_resched();
	kvfree(looking.gathered);
	kvfree(looking.stack);
	all_disks_each_removed(look_at_removed, (void *)visitor);
}
