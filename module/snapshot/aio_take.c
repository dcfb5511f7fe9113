// SPDX-License-Identifier: GPL-2.0
/*
 * Puts a snapshot of all AIO contexts together: what the pages of memory, the
 * tasks and the disks lead to, whose each is, and whether something is missing.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "access/proc_sys.h"
#include "snapshot/aio_collect.h"
#include "snapshot/aio_take.h"

/* Processes come and go while we look: try again if it does not add up. */
#define TRIES 3

/* ---- contexts that no task has ---- */

static struct aio_wait_for *find_wait(struct aio_snap *snap, const void *rq_wait)
{
	struct aio_wait_for *wait;

	list_for_each_entry(wait, &snap->waits, in_snap)
		if (rq_wait && wait->waiter.wait == rq_wait)
			return wait;
	return NULL;
}

/*
 * io_setup() lets a ring lead to its context before that has slots, and puts it
 * into the table last of all.
 */
static bool may_be_in_the_making(const struct kioctx_snap *figures)
{
	return !figures->dead && (!figures->nr_events.value || !figures->consistent);
}

int aio_context_adopt(struct aio_snap *snap, const void *ctx)
{
	struct kioctx_snap figures;
	struct aio_context *context;

	if (aio_context_find(snap, ctx) ||
	    snap->no_dying || !kioctx_is_real(ctx) ||
	    !kioctx_snap_take(&figures, ctx) || figures.drained ||
	    may_be_in_the_making(&figures) || !kioctx_is_real(ctx))
		return 0;
	context = aio_context_add(snap, ctx);
	if (!context)
		return -ENOMEM;
	context->figures = figures;
	context->state = figures.dead ? AIO_DYING : AIO_OWNERLESS;
	if (figures.dead)
		context->wait = find_wait(snap, figures.rq_wait);
	list_add_tail(&context->in_owner, context->wait ?
		      &context->wait->contexts : &snap->unowned);
	return 0;
}

/* ---- what they add up to ---- */

struct sums {
	u32 nr;
	u64 max_reqs;
	u64 inflight;
	u64 unreaped;
	const char *no_inflight;
};

static void add_up(struct sums *sums, const struct list_head *contexts)
{
	struct aio_context *context;

	list_for_each_entry(context, contexts, in_owner) {
		struct kioctx_snap *figures = &context->figures;

		sums->nr++;
		sums->max_reqs += max_t(s64, figures->max_reqs.value, 0);
		sums->inflight += max_t(s64, figures->inflight.value, 0);
		sums->unreaped += max_t(s64, figures->unreaped.value, 0);
		/* The device was looked at later. */
		if (figures->inflight.value < context->nr_owed)
			figures->consistent = false;
		if (figures->inflight.why_not)
			sums->no_inflight = figures->inflight.why_not;
	}
}

static void add_to_snap(struct aio_snap *snap, const struct sums *sums)
{
	snap->inflight += sums->inflight;
	snap->unreaped += sums->unreaped;
	if (sums->no_inflight)
		snap->no_inflight = sums->no_inflight;
}

static void sum_spaces(struct aio_snap *snap)
{
	struct aio_space *space;

	list_for_each_entry(space, &snap->spaces, in_snap) {
		struct sums sums = {};

		add_up(&sums, &space->contexts);
		add_to_snap(snap, &sums);
		space->nr = sums.nr;
		space->max_reqs = sums.max_reqs;
		space->inflight = sums.inflight;
		space->unreaped = sums.unreaped;
		snap->nr[AIO_LIVE] += sums.nr;
		snap->max_reqs += sums.max_reqs;
	}
}

static void sum_waits(struct aio_snap *snap)
{
	struct aio_wait_for *wait;

	list_for_each_entry(wait, &snap->waits, in_snap) {
		struct sums sums = {};

		add_up(&sums, &wait->contexts);
		add_to_snap(snap, &sums);
		wait->nr = sums.nr;
		snap->nr[AIO_DYING] += sums.nr;
	}
}

static void sum_unowned(struct aio_snap *snap)
{
	struct aio_context *context;
	struct sums sums = {};

	add_up(&sums, &snap->unowned);
	add_to_snap(snap, &sums);
	list_for_each_entry(context, &snap->unowned, in_owner) {
		snap->nr[context->state]++;
		if (context->state == AIO_OWNERLESS)
			snap->max_reqs +=
				max_t(s64, context->figures.max_reqs.value, 0);
	}
}

/* ---- who may owe the rest ---- */

static bool has_unfound(const struct list_head *contexts)
{
	const struct aio_context *context;

	list_for_each_entry(context, contexts, in_owner)
		if (context->figures.inflight.value > context->nr_owed)
			return true;
	return false;
}

static int find_candidates(struct aio_snap *snap)
{
	struct aio_wait_for *wait;
	struct aio_space *space;

	list_for_each_entry(space, &snap->spaces, in_snap) {
		const struct aio_group *group = aio_first_group(space);

		if (!has_unfound(&space->contexts))
			continue;
		space->candidates = block_files_get(group->tid, group->task);
		if (!space->candidates)
			return -ENOMEM;
	}
	list_for_each_entry(wait, &snap->waits, in_snap) {
		if (!has_unfound(&wait->contexts))
			continue;
		wait->candidates = block_files_get(wait->waiter.tid,
						   wait->waiter.task);
		if (!wait->candidates)
			return -ENOMEM;
	}
	return 0;
}

/* ---- is it all? ---- */

static const char *first_unknown(const enum layout_member_id *members, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (layout_status_of(members[i]) != LAYOUT_OK)
			return layout_status_text(layout_status_of(members[i]));
	return NULL;
}

static const char *why_no_live(void)
{
	static const enum layout_member_id needed[] = {
		LM_KIOCTX_TABLE_NR, LM_KIOCTX_TABLE_TABLE, LM_KIOCTX_DEAD,
		LM_KIOCTX_MAX_REQS,
	};

	return first_unknown(needed, ARRAY_SIZE(needed));
}

static const char *why_no_dying(void)
{
	static const enum layout_member_id needed[] = {
		LM_KIOCTX_DEAD, LM_KIOCTX_REQS, LM_KIOCTX_RQ_WAIT,
		LM_KIOCTX_AIO_RING_FILE,
		LM_CTX_RQ_WAIT_COMP, LM_CTX_RQ_WAIT_COUNT,
	};
	const char *why = first_unknown(needed, ARRAY_SIZE(needed));

	/* Those who wait are told by the name of the function. */
	if (!why && !IS_ENABLED(CONFIG_KALLSYMS))
		why = "no-kallsyms";
	return why;
}

static const char *what_is_missing(const struct aio_snap *snap)
{
	const struct aio_context *context;
	const struct aio_wait_for *wait;

	list_for_each_entry(wait, &snap->waits, in_snap)
		if (wait->waiter.in_aio && (int)wait->nr < wait->waiter.not_drained)
			return "waiter-without-contexts";
	list_for_each_entry(context, &snap->unowned, in_owner)
		if (context->state == AIO_DYING && context->figures.rq_wait)
			return "contexts-without-waiter";
	if (!snap->aio_nr.why_not && snap->aio_nr.value != snap->max_reqs)
		return "aio-nr-differs";
	return NULL;
}

/* ---- the snapshot ---- */

static struct aio_snap *new_snap(enum aio_scan scan)
{
	struct aio_snap *snap = aio_snap_alloc(scan);

	if (!snap)
		return NULL;
	snap->no_live = why_no_live();
	snap->no_dying = why_no_dying();
	return snap;
}

/* Contexts of which requests or rings were found, but which no task has. */
static int adopt_rings(struct aio_snap *snap, const struct aio_rings *rings)
{
	int err = 0;
	u32 i;

	for (i = 0; i < rings->nr && !err; i++) {
		err = aio_context_adopt(snap, rings->ctx[i]);
		cond_resched();
	}
	return err;
}

static int adopt_owed(struct aio_snap *snap)
{
	int err = 0;
	u32 i;

	for (i = 0; i < snap->nr_owed && !err; i++)
		err = aio_context_adopt(snap, snap->owed[i].ctx);
	return err;
}

/* Return: 0, an error that ends all, -E2BIG, or -EAGAIN if they changed. */
static int collect_requests_once(struct aio_snap *snap,
				 const struct aio_rings *rings)
{
	int too_many, err;

	kvfree(snap->owed);
	snap->owed = NULL;
	snap->nr_owed = 0;
	too_many = aio_unfound_collect(snap, &rings->slabs);
	if (too_many && too_many != -E2BIG)
		return too_many;
	err = aio_owed_collect(snap);
	if (err && err != -E2BIG)
		return err;
	too_many = err ? err : too_many;
	err = adopt_owed(snap);
	if (err)
		return err;
	err = aio_unfound_settle(snap);
	return err && err != -EAGAIN ? err : too_many ? too_many : err;
}

/* What changed all the time is left to aio_unfound_why_incomplete(). */
static int collect_requests(struct aio_snap *snap,
			    const struct aio_rings *rings)
{
	int tries, err = -EAGAIN;

	for (tries = 0; tries < TRIES && err == -EAGAIN; tries++)
		err = collect_requests_once(snap, rings);
	return err == -EAGAIN ? 0 : err;
}

/* Return: 0, an error that ends all, or -EAGAIN or -E2BIG if parts miss. */
static int collect_all(struct aio_snap *snap, const struct aio_rings *rings)
{
	int some_missing, err;

	some_missing = aio_tasks_collect(snap);
	if (some_missing && some_missing != -EAGAIN && some_missing != -E2BIG)
		return some_missing;
	err = adopt_rings(snap, rings);
	if (err)
		return err;
	err = collect_requests(snap, rings);
	if (err && err != -E2BIG)
		return err;
	some_missing = some_missing ? some_missing : err;
	snap->now_ns = ktime_get_ns();
	aio_owed_assign(snap);
	aio_where_find(snap);
	aio_unfound_assign(snap);
	sum_spaces(snap);
	sum_waits(snap);
	sum_unowned(snap);
	err = find_candidates(snap);
	return err ? err : some_missing;
}

/* Return: a snapshot, incomplete if need be, or an ERR_PTR(). */
static struct aio_snap *take_once(enum aio_scan scan,
				  const struct aio_rings *rings)
{
	struct aio_snap *snap = new_snap(scan);
	struct known aio_nr = proc_sys_read(PROC_SYS_AIO_NR);
	int err;

	if (!snap)
		return ERR_PTR(-ENOMEM);
	err = collect_all(snap, rings);
	if (err && err != -EAGAIN && err != -E2BIG) {
		aio_snap_free(snap);
		return ERR_PTR(err);
	}
	snap->aio_nr = proc_sys_read(PROC_SYS_AIO_NR);
	snap->aio_max_nr = proc_sys_read(PROC_SYS_AIO_MAX_NR);
	if (snap->no_live || snap->no_dying)
		snap->incomplete = snap->no_live ? snap->no_live :
			snap->no_dying;
	else if (err == -E2BIG)
		snap->incomplete = "too-many";
	else if (err == -EAGAIN || aio_nr.value != snap->aio_nr.value)
		snap->incomplete = "processes-changed";
	else
		snap->incomplete = what_is_missing(snap);
	return snap;
}

/* What was so in two tries will be so in the next one. */
struct state_of_things {
	const char *incomplete;
	s64 aio_nr;
	u64 max_reqs;
	u64 nr_waits;
};

static struct state_of_things things_of(const struct aio_snap *snap)
{
	return (struct state_of_things){
		.incomplete = snap->incomplete,
		.aio_nr = snap->aio_nr.value,
		.max_reqs = snap->max_reqs,
		.nr_waits = snap->nr_waits,
	};
}

/* But when processes come and go, they do so each time in another way. */
static bool is_lasting(const struct state_of_things *before,
		       const struct state_of_things *now)
{
	return now->incomplete && !memcmp(before, now, sizeof(*now)) &&
	       strcmp(now->incomplete, "processes-changed");
}

/* Something missed by chance may be found next time; too many stay too many. */
static bool may_get_better(const struct aio_snap *snap)
{
	return !IS_ERR(snap) && snap->incomplete && !snap->no_live &&
	       !snap->no_dying && strcmp(snap->incomplete, "too-many");
}

static struct aio_snap *take_until_complete(enum aio_scan scan,
					    const struct aio_rings *rings)
{
	struct aio_snap *snap = take_once(scan, rings);
	struct state_of_things before, now;
	int tries;

	for (tries = 1; tries < TRIES && may_get_better(snap); tries++) {
		before = things_of(snap);
		aio_snap_free(snap);
		snap = take_once(scan, rings);
		if (IS_ERR(snap))
			break;
		now = things_of(snap);
		if (is_lasting(&before, &now))
			break;
	}
	return snap;
}

static struct aio_snap *take_with_rings(enum aio_scan scan,
					struct aio_rings *rings)
{
	struct aio_snap *snap;
	int err = 0;

	rings->slabs.why_not = aio_slabs_why_unknown();
	if (scan == AIO_SCAN_DEEP && !why_no_dying())
		err = aio_rings_find(rings);
	if (err && err != -E2BIG)
		return ERR_PTR(err);
	snap = take_until_complete(scan, rings);
	if (IS_ERR(snap))
		return snap;
	if (err == -E2BIG || rings->slabs.full)
		snap->incomplete = "too-many";
	else if (rings->unreadable && !snap->incomplete)
		snap->incomplete = "pages-unreadable";
	else if (scan == AIO_SCAN_DEEP && !snap->incomplete)
		snap->incomplete = aio_unfound_why_incomplete(snap);
	return snap;
}

struct aio_snap *aio_snap_take(enum aio_scan scan)
{
	struct aio_rings *rings = kvzalloc(sizeof(*rings), GFP_READ);
	u64 start = ktime_get_ns();
	struct aio_snap *snap;

	if (!rings)
		return ERR_PTR(-ENOMEM);
	snap = take_with_rings(scan, rings);
	kvfree(rings->ctx);
	kvfree(rings->slabs.slab);
	kvfree(rings);
	if (!IS_ERR(snap))
		snap->took_ns = ktime_get_ns() - start;
	return snap;
}

/* ---- for the requests of a device ---- */

static void add_wanted(struct aio_snap *snap, const void *ctx)
{
	if (!snap->nr_wanted || !aio_is_wanted(snap, ctx))
		snap->wanted[snap->nr_wanted++] = ctx;
}

static bool want_owners(struct aio_snap *snap,
			const struct requests_snap *requests)
{
	u32 i;

	for (i = 0; i < requests->shown; i++)
		if (requests->oldest[i].ctx && !requests->oldest[i].several_ctx)
			add_wanted(snap, requests->oldest[i].ctx);
	return snap->nr_wanted;
}

static void name_owner(struct aio_snap *snap, struct request_snap *request)
{
	const struct aio_context *context;

	if (!request->ctx || request->several_ctx ||
	    aio_context_adopt(snap, request->ctx))
		return;
	context = aio_context_find(snap, request->ctx);
	if (!context)
		return;
	request->aio_pid = aio_context_pid(context);
	if (!context->figures.user_id.why_not)
		request->aio_user_id = context->figures.user_id.value;
}

void aio_name_owners(struct requests_snap *requests)
{
	struct aio_snap *snap = new_snap(AIO_SCAN_QUICK);
	int err;
	u32 i;

	if (!snap)
		return;
	if (want_owners(snap, requests)) {
		/* Whoever was found is right, also if others are missing. */
		err = aio_tasks_collect(snap);
		for (i = 0; i < requests->shown && err != -ENOMEM; i++)
			name_owner(snap, &requests->oldest[i]);
	}
	aio_snap_free(snap);
}
