// SPDX-License-Identifier: GPL-2.0
/*
 * Carries a command out: looks at the device, takes a step if the rules allow
 * it, and looks again until nothing is left or it has taken too long.
 */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/percpu-refcount.h>
#include <linux/sched/signal.h>

#include "access/lock.h"
#include "knob/actions.h"
#include "knob/run.h"
#include "layout/layout.h"
#include "layout/learn.h"
#include "snapshot/disks.h"

/* How long to try: until the first step, and from there to the end. */
#define PATIENCE (1 * HZ)
#define TIME_TO_FINISH (2 * HZ)
#define PAUSE_MS 20

/* ---- one look at the device, and a step if it is allowed ---- */

/* Others may shut sockets when requests fail; that was not this command. */
static void count_dead(struct cleanup *c)
{
	const struct nbd_facts *f = &c->snap.facts;

	if (c->command.action != CLEANUP_SOCKETS)
		return;
	if (!c->acted)
		c->dead_before = f->dead;
	else if (f->dead > c->dead_before)
		c->shut = max(c->shut, f->dead - c->dead_before);
}

static bool nothing_left(const struct cleanup *c)
{
	if (c->command.action == CLEANUP_SOCKETS)
		return !cleanup_strays(&c->snap.facts);
	return !c->snap.facts.inflight;
}

static enum cleanup_verdict judge_device(struct cleanup *c)
{
	const struct known *g = &c->snap.generation;
	enum cleanup_verdict verdict;

	verdict = cleanup_judge(c->command.action, &c->snap.facts);
	if (verdict == CLEANUP_LAYOUT || verdict == CLEANUP_NOT_CONFIGURED)
		return verdict;
	if (g->why_not)
		return CLEANUP_LAYOUT;
	if ((u64)g->value != c->command.generation)
		return CLEANUP_GENERATION_CHANGED;
	count_dead(c);
	c->left = c->snap.requests.inflight;
	/* A step may let others go on, who bring the device into any state. */
	if (c->acted && nothing_left(c))
		return CLEANUP_NOTHING;
	return verdict;
}

static enum cleanup_verdict step_sockets(struct cleanup *c,
					 struct gendisk *disk, bool locked)
{
	enum cleanup_verdict verdict;

	if (!locked)
		return CLEANUP_LOCK_HELD;
	nbd_snap_held(&c->snap, disk, true);
	verdict = judge_device(c);
	if (verdict != CLEANUP_OK)
		return verdict;
	return cleanup_shut_strays(disk, &c->snap, &c->shut);
}

/*
 * With a reference on the queue, the tables of tags stay while we walk them,
 * and whoever holds config_lock to freeze the queue does not get on.
 */
static enum cleanup_verdict step_requests(struct cleanup *c,
					  struct gendisk *disk, bool locked)
{
	struct percpu_ref *usage = &disk->queue->q_usage_counter;
	enum cleanup_verdict verdict = CLEANUP_LOCK_HELD;

	if (!percpu_ref_tryget(usage))
		return CLEANUP_BEING_CLEARED;
	if (locked || lock_holder_awaits(layout_config_lock(disk), disk->queue)) {
		nbd_snap_held(&c->snap, disk, locked);
		verdict = judge_device(c);
		if (verdict == CLEANUP_OK)
			verdict = cleanup_fail_requests(disk, &c->snap,
							&c->failed, &c->left);
	}
	percpu_ref_put(usage);
	return verdict;
}

static void step_on_disk(struct gendisk *disk, void *data)
{
	struct cleanup *c = data;
	struct mutex *lock; /* nbd's config_lock */
	struct lock_hold hold;
	bool locked;

	layout_learn_at_once(disk, true);
	lock = layout_config_lock(disk);
	if (!lock || layout_check_disk(disk) != LAYOUT_OK) {
		c->verdict = CLEANUP_LAYOUT;
		return;
	}
	locked = lock_try(&hold, lock, false) == LOCK_MINE;
	c->reader = hold.got == LOCK_READERS;
	if (c->command.action == CLEANUP_SOCKETS)
		c->verdict = step_sockets(c, disk, locked);
	else
		c->verdict = step_requests(c, disk, locked);
	lock_give_back(&hold);
}

/* ---- until it is done ---- */

/* What may pass by itself in a moment. */
static bool may_pass(enum cleanup_verdict verdict)
{
	return verdict == CLEANUP_LOCK_HELD ||
	       verdict == CLEANUP_INCONSISTENT ||
	       verdict == CLEANUP_BEING_CLEARED;
}

/* After a step these mean that it has worked. */
static bool has_ended(const struct cleanup *c)
{
	return c->verdict == CLEANUP_NOTHING ||
	       c->verdict == CLEANUP_NOT_CONFIGURED ||
	       c->verdict == CLEANUP_GENERATION_CHANGED ||
	       c->verdict == CLEANUP_UNKNOWN_DEVICE ||
	       (c->verdict == CLEANUP_LOCK_HELD && !c->reader && !c->left &&
		c->command.action == CLEANUP_FAIL_IO);
}

static void step_once(struct cleanup *c)
{
	if (!disks_call_named(c->command.device, step_on_disk, c))
		c->verdict = CLEANUP_UNKNOWN_DEVICE;
}

/* What the looks came to in the end. */
static void conclude_command(struct cleanup *c)
{
	if (!c->acted)
		return;
	c->why = c->verdict;
	c->verdict = has_ended(c) ? CLEANUP_OK : CLEANUP_PARTIAL;
	if (c->verdict == CLEANUP_OK)
		c->left = 0;
}

void cleanup_run(struct cleanup *c)
{
	unsigned long end = jiffies + PATIENCE;

	for (;;) {
		step_once(c);
		if (c->verdict == CLEANUP_OK && !c->acted) {
			c->acted = true;
			end = jiffies + TIME_TO_FINISH;
		} else if (c->verdict != CLEANUP_OK && !may_pass(c->verdict)) {
			break;
		}
		if (time_after(jiffies, end))
			break;
		if (fatal_signal_pending(current)) {
			c->verdict = CLEANUP_INTERRUPTED;
			break;
		}
		msleep(PAUSE_MS);
	}
	conclude_command(c);
}
