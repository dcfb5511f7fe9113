// SPDX-License-Identifier: GPL-2.0
/* Takes the snapshot of all that is outstanding on the host. */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "layout/modules.h"
#include "object/counter.h"
#include "object/request.h"
#include "snapshot/aio_take.h"
#include "snapshot/io.h"

#define DISKS_AT_FIRST 64
#define DISKS_MAX 65536
#define PATHS_AT_FIRST 256
#define PATHS_MAX 65536
#define SEEN_AT_FIRST 4096
#define SEEN_MAX 1048576

/*
 * What was met above a bio: a bio at a disk that is stacked on others, or with
 * no disk a request that rests below its own.
 */
struct seen {
	const struct gendisk *disk;
	const void *what;
};

struct room {
	u32 disks;
	u32 paths;
	u32 seen;
};

struct taking {
	struct io_snap *snap;
	struct symbol_cache *functions;
	struct room room;
	struct room wanted;
	struct seen *seen;
	u32 nr_seen;
	/* Of the disk that is being looked at; and what there was before it. */
	struct io_disk *disk;
	struct io_request *request;
	struct io_request scratch;
	u32 seen_before;
	u32 paths_before;
};

/* ---- disks ---- */

static void add_path(const struct mapped_path *path, void *data)
{
	struct taking *taking = data;
	struct io_snap *snap = taking->snap;
	const struct disk_name *name;
	struct io_path *to;

	if (snap->nr_paths == taking->room.paths) {
		taking->wanted.paths = taking->room.paths * 4;
		return;
	}
	to = &snap->paths[snap->nr_paths++];
	memset(to, 0, sizeof(*to));
	to->map = taking->disk - snap->disks;
	to->group = path->group;
	to->fail_count = path->fail_count;
	to->active = path->active;
	name = disk_names_find(snap->names, path->disk);
	if (!name)
		return;
	strscpy(to->disk, name->name, sizeof(to->disk));
	to->devt = name->devt;
}

static void begin_disk(const struct disk_name *name,
		       const struct disk_load *load, void *data)
{
	struct taking *taking = data;
	struct io_snap *snap = taking->snap;

	taking->disk = NULL;
	if (snap->nr == taking->room.disks) {
		taking->wanted.disks = taking->room.disks * 4;
		return;
	}
	taking->disk = &snap->disks[snap->nr++];
	memset(taking->disk, 0, sizeof(*taking->disk));
	taking->disk->name = *name;
	taking->disk->load = *load;
	taking->paths_before = snap->nr_paths;
	if (load->kind == DISK_MAPPED)
		mapped_each_path(&load->mapped, add_path, taking);
	taking->seen_before = taking->nr_seen;
}

/* Forget what was found at the disk that is being looked at. */
static void restart_disk(void *data)
{
	struct taking *taking = data;
	struct io_snap *snap = taking->snap;
	u32 disk, from, to;

	if (!taking->disk)
		return;
	taking->disk->found = 0;
	taking->disk->found_throttled = 0;
	taking->disk->submitting = 0;
	taking->disk->oldest_ns = 0;
	taking->nr_seen = taking->seen_before;
	disk = taking->disk - snap->disks;
	for (from = 0, to = 0; from < snap->shown; from++)
		if (snap->oldest[from].disk != disk)
			snap->oldest[to++] = snap->oldest[from];
	snap->shown = to;
}

/* A queue that is frozen is looked at for those who wait, and there may be none. */
static bool has_nothing(const struct io_disk *disk, const char *why_not)
{
	return !why_not && !disk->load.accounted.why_not &&
	       disk->load.accounted.value <= 0 &&
	       disk->load.throttled.value <= 0 && !disk->found &&
	       !disk->found_throttled && !disk->submitting;
}

static void end_disk(const char *why_not, void *data)
{
	struct taking *taking = data;

	if (!taking->disk)
		return;
	taking->disk->why_not = why_not;
	if (has_nothing(taking->disk, why_not)) {
		taking->snap->nr--;
		taking->snap->nr_paths = taking->paths_before;
	}
}

/* ---- requests ---- */

static bool is_wanted(const struct io_snap *snap, u64 start_ns)
{
	return snap->shown < IO_REQUESTS_SHOWN ||
	       request_is_older(start_ns,
				snap->oldest[snap->shown - 1].rest.start_ns);
}

static void keep_oldest(struct io_snap *snap, const struct io_request *new)
{
	u32 i = snap->shown;

	if (i == IO_REQUESTS_SHOWN)
		i--;
	else
		snap->shown++;
	for (; i && request_is_older(new->rest.start_ns,
				     snap->oldest[i - 1].rest.start_ns); i--)
		snap->oldest[i] = snap->oldest[i - 1];
	snap->oldest[i] = *new;
}

static void add_seen(struct taking *taking, const struct gendisk *disk,
		     const void *what)
{
	if (taking->nr_seen == taking->room.seen) {
		taking->wanted.seen = taking->room.seen * 4;
		return;
	}
	taking->seen[taking->nr_seen++] = (struct seen){
		.disk = disk, .what = what,
	};
}

/*
 * A driver may send the bios that it gets to another disk as they are, as those of
 * nvme do with several paths. Then no bio names the disk that was asked.
 */
static void add_seen_at_asked(struct taking *taking, const struct chain *chain)
{
	const struct chain_origin *origin = &chain->origin;
	const struct gendisk *asked = origin->opened.disk;
	const struct rest *rest = &taking->request->rest;
	u32 i;

	if (!asked || asked == taking->disk->name.disk ||
	    origin->nr_disks > CHAIN_DISKS || (!rest->rq && !rest->bio))
		return;
	for (i = 0; i < origin->nr_disks; i++)
		if (origin->disks[i] == asked)
			return;
	add_seen(taking, asked, rest->rq ? (const void *)rest->rq : rest->bio);
}

static void add_chain(const struct chain *chain, void *data)
{
	struct taking *taking = data;
	struct io_request *request = taking->request;
	const struct chain_origin *origin = &chain->origin;
	u32 i, nr = min_t(u32, origin->nr_disks, CHAIN_DISKS);

	for (i = 0; i < nr; i++)
		if (origin->disks[i] != taking->disk->name.disk)
			add_seen(taking, origin->disks[i], chain->sent[i]);
	for (i = 0; i < chain->nr_passed; i++)
		add_seen(taking, NULL, chain->passed[i]);
	add_seen_at_asked(taking, chain);
	/* The first one speaks for all. */
	if (request->disk != U32_MAX)
		return;
	request->disk = taking->disk - taking->snap->disks;
	request->chain = *chain;
}

static void follow_bios(struct taking *taking, const struct rest *rest)
{
	const struct bio *bio = rest->bio;
	struct chain chain;
	u32 i;

	if (rest->submitter.kiocb) {
		chain_of_submitted(&chain, taking->functions,
				   rest->submitter.kiocb);
		add_chain(&chain, taking);
	}
	for (i = 0; bio && i < 4096; i++) {
		chain_each(taking->functions, bio, add_chain, taking);
		cond_resched();
		if (!rest->rq || !peek(&bio, (const struct bio **)&bio->bi_next))
			return;
	}
}

/* The kernel counts what waits for a tag or less writeback, but not the others. */
static void count_rest(struct io_disk *disk, const struct rest *rest)
{
	if (rest->state == REST_SUBMITTING)
		disk->submitting++;
	if (rest->state == REST_THROTTLED)
		disk->found_throttled++;
	else if (rest->submitter.waits_for != SUBMIT_FROZEN)
		disk->found++;
}

/* Who submits it waits, too: for another one's page, say. */
static void name_task(struct io_request *request)
{
	const void *submitter = request->rest.submitter.task;

	if (submitter && request->chain.waiter == CHAIN_NOT_KNOWN)
		request->chain.waiter = CHAIN_TASK;
	task_snap_address(&request->task, submitter ? submitter :
			  request->chain.task);
}

static void visit_rest(const struct rest *rest, void *data)
{
	struct taking *taking = data;
	struct io_request *request = &taking->scratch;
	u32 seen = taking->nr_seen;
	u64 start_ns;

	if (!taking->disk)
		return;
	count_rest(taking->disk, rest);
	if (rest->below)
		return;
	memset(request, 0, sizeof(*request));
	request->disk = U32_MAX;
	request->rest = *rest;
	taking->request = request;
	follow_bios(taking, rest);
	if (!rest_is_same(rest)) {
		taking->nr_seen = seen;
		return;
	}
	if (!rest->rq && !rest->start_ns && request->chain.began)
		request->rest.start_ns = chain_began_ns(&request->chain);
	start_ns = request->rest.start_ns;
	if (request_is_older(start_ns, taking->disk->oldest_ns))
		taking->disk->oldest_ns = start_ns;
	if (!is_wanted(taking->snap, start_ns))
		return;
	request->disk = taking->disk - taking->snap->disks;
	name_task(request);
	keep_oldest(taking->snap, request);
}

/* ---- what it adds up to ---- */

static int by_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->disk != y->disk)
		return x->disk < y->disk ? -1 : 1;
	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return 0;
}

static void sort_seen(struct taking *taking)
{
	u32 i, nr = 0;

	sort(taking->seen, taking->nr_seen, sizeof(*taking->seen), by_seen,
	     NULL);
	for (i = 0; i < taking->nr_seen; i++)
		if (!nr || by_seen(&taking->seen[nr - 1], &taking->seen[i]))
			taking->seen[nr++] = taking->seen[i];
	taking->nr_seen = nr;
}

/* The first entry that is not before a disk and an object. */
static u32 first_seen(const struct taking *taking, const struct seen *wanted)
{
	u32 low = 0, high = taking->nr_seen, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (by_seen(&taking->seen[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static u32 nr_seen_at(const struct taking *taking, const struct gendisk *disk)
{
	const struct seen first = { .disk = disk };
	u32 at = first_seen(taking, &first), nr = 0;

	for (; at < taking->nr_seen && taking->seen[at].disk == disk; at++)
		nr++;
	return nr;
}

static bool was_passed(const struct taking *taking, const struct request *rq)
{
	const struct seen wanted = { .what = rq };
	u32 at = first_seen(taking, &wanted);

	return rq && at < taking->nr_seen &&
	       !by_seen(&taking->seen[at], &wanted);
}

/* What was counted and what was found only compare if nothing was answered. */
static void look_if_busy(struct gendisk *disk, void *data)
{
	struct io_snap *snap = data;
	struct disk_counts now;
	u32 i;

	if (disk->queue->mq_ops)
		return;
	for (i = 0; i < snap->nr; i++)
		if (snap->disks[i].name.disk == disk)
			snap->disks[i].is_busy =
				!counter_disk_counts(&now, disk) ||
				counter_disk_answered(&snap->disks[i].load.counts,
						      &now);
}

static bool has_more(const struct io_disk *disk)
{
	return !disk->load.has_queue && disk->load.accounted.value > disk->found;
}

static void find_busy(struct io_snap *snap)
{
	unsigned long at = 0;
	bool any = false;
	u32 i;

	for (i = 0; i < snap->nr; i++)
		any |= has_more(&snap->disks[i]);
	while (any && all_disks_call(&at, look_if_busy, snap))
		cond_resched();
}

/* What a map without a path was not seen to hold may still be at a path. */
static bool was_found_below(const struct io_disk *disk)
{
	return disk->load.mapped.multipath && !disk->load.has_queue &&
	       disk->why_not && !strcmp(disk->why_not, "changing") &&
	       disk->load.throttled.value <= 0 &&
	       disk->found >= disk->load.accounted.value;
}

/* A disk without a queue of requests is known by what is below it. */
static void add_up(struct taking *taking)
{
	struct io_snap *snap = taking->snap;
	u32 i, to = 0;

	sort_seen(taking);
	for (i = 0; i < snap->nr; i++) {
		struct io_disk *disk = &snap->disks[i];

		if (!disk->load.has_queue)
			disk->found += nr_seen_at(taking, disk->name.disk);
		if (was_found_below(disk))
			disk->why_not = NULL;
		if (disk->why_not && !snap->incomplete)
			snap->incomplete = disk->why_not;
	}
	for (i = 0; i < snap->shown; i++)
		if (!was_passed(taking, snap->oldest[i].rest.rq))
			snap->oldest[to++] = snap->oldest[i];
	snap->shown = to;
}

/* ---- whose AIO contexts they are of ---- */

static void take_owner(struct io_snap *snap, const struct request_snap *named)
{
	u32 i;

	for (i = 0; i < snap->shown; i++) {
		if (snap->oldest[i].chain.ctx != named->ctx)
			continue;
		snap->oldest[i].aio_pid = named->aio_pid;
		snap->oldest[i].aio_user_id = named->aio_user_id;
	}
}

static bool is_before(const struct io_snap *snap, u32 end, const void *ctx)
{
	u32 i;

	for (i = 0; i < end; i++)
		if (snap->oldest[i].chain.ctx == ctx)
			return true;
	return false;
}

/* As many contexts as can be asked for at once. Return: where the next ones begin. */
static u32 name_some_owners(struct io_snap *snap, struct requests_snap *asked,
			    u32 from)
{
	u32 at, i;

	memset(asked, 0, sizeof(*asked));
	for (at = from; at < snap->shown && asked->shown < REQUESTS_SHOWN; at++) {
		const void *ctx = snap->oldest[at].chain.ctx;

		if (ctx && !is_before(snap, at, ctx))
			asked->oldest[asked->shown++].ctx = ctx;
	}
	if (asked->shown)
		aio_name_owners(asked);
	for (i = 0; i < asked->shown; i++)
		take_owner(snap, &asked->oldest[i]);
	return at;
}

static void name_owners(struct io_snap *snap)
{
	struct requests_snap *asked = kmalloc(sizeof(*asked), GFP_READ);
	u32 at = 0;

	while (asked && at < snap->shown)
		at = name_some_owners(snap, asked, at);
	kfree(asked);
}

/* ---- the snapshot ---- */

void io_snap_free(struct io_snap *snap)
{
	if (IS_ERR_OR_NULL(snap))
		return;
	kvfree(snap->names);
	kvfree(snap->disks);
	kvfree(snap->paths);
	kvfree(snap);
}

static struct io_snap *alloc_snap(struct taking *taking)
{
	struct io_snap *snap = kvzalloc(sizeof(*snap), GFP_READ);

	if (!snap)
		return NULL;
	snap->names = disk_names_take();
	snap->disks = kvmalloc_array(taking->room.disks, sizeof(*snap->disks),
				     GFP_READ);
	snap->paths = kvmalloc_array(taking->room.paths, sizeof(*snap->paths),
				     GFP_READ);
	taking->seen = kvmalloc_array(taking->room.seen, sizeof(*taking->seen),
				      GFP_READ);
	taking->nr_seen = 0;
	if (snap->names && snap->disks && snap->paths && taking->seen)
		return snap;
	io_snap_free(snap);
	kvfree(taking->seen);
	return NULL;
}

static bool is_enough(const struct taking *taking)
{
	const struct room *wanted = &taking->wanted, *room = &taking->room;

	return wanted->disks <= room->disks && wanted->paths <= room->paths &&
	       wanted->seen <= room->seen;
}

static bool is_too_much(const struct room *room)
{
	return room->disks > DISKS_MAX || room->paths > PATHS_MAX ||
	       room->seen > SEEN_MAX;
}

/* Return: a snapshot in the room there is, or NULL if there is no memory. */
static struct io_snap *take_in_room(struct taking *taking)
{
	const struct outstanding_visitor visitor = {
		.begin = begin_disk,
		.restart = restart_disk,
		.visit = visit_rest,
		.end = end_disk,
		.data = taking,
	};

	taking->wanted = taking->room;
	taking->snap = alloc_snap(taking);
	if (!taking->snap)
		return NULL;
	outstanding_each(&visitor);
	add_up(taking);
	find_busy(taking->snap);
	kvfree(taking->seen);
	if (!is_enough(taking) && !taking->snap->incomplete)
		taking->snap->incomplete = "too-many";
	return taking->snap;
}

/* No memory can be asked for while a disk is looked at, so try again with more. */
static struct io_snap *take_in_enough_room(struct taking *taking)
{
	struct io_snap *snap = take_in_room(taking);

	while (snap && !is_enough(taking) && !is_too_much(&taking->wanted)) {
		taking->room = taking->wanted;
		io_snap_free(snap);
		snap = take_in_room(taking);
	}
	return snap;
}

struct io_snap *io_snap_take(void)
{
	struct taking *taking;
	struct io_snap *snap = NULL;
	u64 start = ktime_get_ns();

	layout_modules_refresh();
	taking = kvzalloc(sizeof(*taking), GFP_READ);
	if (!taking)
		return ERR_PTR(-ENOMEM);
	taking->room = (struct room){
		.disks = DISKS_AT_FIRST,
		.paths = PATHS_AT_FIRST,
		.seen = SEEN_AT_FIRST,
	};
	taking->functions = chain_functions_alloc();
	if (taking->functions)
		snap = take_in_enough_room(taking);
	kvfree(taking->functions);
	kvfree(taking);
	if (!snap)
		return ERR_PTR(-ENOMEM);
	snap->now_ns = ktime_get_ns();
	name_owners(snap);
	snap->took_ns = ktime_get_ns() - start;
	return snap;
}
