// SPDX-License-Identifier: GPL-2.0
/*
 * From a task that waits for a lock to the task that holds it, and on, until a
 * disk owes something, nobody waits any more, or the way comes back.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "layout/layout.h"
#include "snapshot/tasks_collect.h"

/* A longer way was not seen, and is not believed. */
#define MAX_HOPS 64

static const void *address_of_task(const struct task_wait *wait)
{
	return wait->task;
}

/* The list of works that a worker does next, at whose ends barriers are. */
static const void *address_of_works(const struct task_worker *worker)
{
	return worker->works;
}

static const void *address_of_flusher(const struct task_worker *worker)
{
	return worker->flusher;
}

static const void *address_of_bdi(const struct task_worker *worker)
{
	return worker->bdi;
}

/**
 * struct following - how holders are found
 * @snap: all tasks
 * @tasks: those that cannot go on, by their addresses
 * @works: workers, by their lists of works
 * @flushers: workers, by who waits for their queue
 * @bdis: workers, by what they write back
 */
struct following {
	struct tasks_snap *snap;
	struct by_address *tasks;
	struct by_address *works;
	struct by_address *flushers;
	struct by_address *bdis;
};

static void find_holder(const struct following *following,
			struct task_wait *wait)
{
	const void *task;

	wait->holder = wait_held_by(&wait->record, &task);
	if (task)
		task_snap_address(&wait->held_by, task);
	if (wait->holder == WAIT_HELD_BY_TASK)
		wait->next = by_address_find(following->tasks, task);
}

/* Does a worker what a task waits for? */
static bool fits(const struct task_worker *worker, const struct task_wait *wait)
{
	if (wait->bdi)
		return worker->bdi == wait->bdi;
	if (wait->flusher)
		return worker->flusher == wait->flusher &&
		       worker->colours == BIT(wait->flush_colour);
	return worker->works == wait->barrier_prev ||
	       worker->works == wait->barrier_next;
}

/*
 * It was looked at before the task that waits, perhaps, and does something else now.
 * What it does now is what is waited for, if the task still waits afterwards.
 */
static void set_worker(const struct following *following,
		       struct task_wait *wait, u32 at)
{
	struct task_worker worker = following->snap->workers[at];
	char name[sizeof(wait->lock)];

	task_snap_address(&wait->held_by, worker.task);
	if (wait->held_by.found != TASK_ALIVE ||
	    !tasks_worker_again(&worker, wait->held_by.pid) ||
	    !fits(&worker, wait))
		return;
	symbol_name(name, sizeof(name), worker.work_fn);
	name[strcspn(name, " ")] = '\0';
	if (wait->bdi && !strstarts(name, wait->lock))
		return;
	strscpy(wait->lock, name, sizeof(wait->lock));
	wait->holder = WAIT_HELD_BY_TASK;
	wait->next = by_address_find(following->tasks, worker.task);
}

/* Several may work for one queue. One that cannot go on is the one that is meant. */
static u32 find_one_of(const struct following *following,
		       const struct by_address *by, const void *address,
		       const struct task_wait *wait)
{
	const struct task_worker *workers = following->snap->workers;
	u32 i = by_address_first(by, address), found = TASKS_NONE;

	for (; i < by->nr && by->of[i].address == address; i++) {
		const struct task_worker *worker = &workers[by->of[i].at];

		if (!fits(worker, wait))
			continue;
		found = by->of[i].at;
		if (by_address_find(following->tasks, worker->task) !=
		    TASKS_NONE)
			break;
	}
	return found;
}

static void find_worker(const struct following *following,
			struct task_wait *wait)
{
	u32 at = TASKS_NONE;

	if (wait->bdi) {
		at = find_one_of(following, following->bdis, wait->bdi, wait);
	} else if (wait->flusher) {
		at = find_one_of(following, following->flushers, wait->flusher,
				 wait);
	} else {
		at = by_address_find(following->works, wait->barrier_prev);
		if (at == TASKS_NONE)
			at = by_address_find(following->works,
					     wait->barrier_next);
	}
	wait->holder = WAIT_HOLDER_NOT_FOUND;
	if (at != TASKS_NONE)
		set_worker(following, wait, at);
}

/* @task: its address, as the kernel notes it */
static void set_holder(const struct following *following,
		       struct task_wait *wait, const void *task)
{
	wait->holder = WAIT_HELD_BY_TASK;
	task_snap_address(&wait->held_by, task);
	wait->next = by_address_find(following->tasks, task);
}

static void find_waker(const struct following *following,
		       struct task_wait *wait)
{
	wait->holder = WAIT_HELD_BY_TASK;
	task_snap_address(&wait->held_by,
			  following->snap->of[wait->next].task);
}

static void find_next(const struct following *following)
{
	struct tasks_snap *snap = following->snap;
	u32 i;

	for (i = 0; i < snap->nr; i++) {
		struct task_wait *wait = &snap->of[i];

		if (wait->awaits == TASK_AWAITS_LOCK)
			find_holder(following, wait);
		else if (wait->awaits == TASK_AWAITS_WORK)
			find_worker(following, wait);
		else if (wait->awaits == TASK_AWAITS_JOURNAL && wait->committer)
			set_holder(following, wait, wait->committer);
		else if (wait->awaits == TASK_AWAITS_TASK && wait->child)
			set_holder(following, wait, wait->child);
		else if (wait->awaits == TASK_AWAITS_TASK)
			find_waker(following, wait);
		cond_resched();
	}
}

/* ---- the way ---- */

static bool was_passed(const u32 *passed, u32 nr, u32 at)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (passed[i] == at)
			return true;
	return false;
}

static void follow(struct tasks_snap *snap, u32 first)
{
	struct task_wait *wait = &snap->of[first];
	u32 passed[MAX_HOPS + 1], at = wait->next, hops;

	passed[0] = first;
	for (hops = 1; at != TASKS_NONE && hops <= MAX_HOPS; hops++) {
		const struct task_wait *next = &snap->of[at];

		if (next->moved) {
			/* Who goes on is no task that cannot. */
			if (hops == 1)
				wait->next = TASKS_NONE;
			wait->hops = hops - 1;
			return;
		}
		if (was_passed(passed, hops, at)) {
			wait->cycle = true;
			return;
		}
		if (next->next == TASKS_NONE) {
			wait->disk = next->disk;
			wait->hops = hops;
			return;
		}
		passed[hops] = at;
		at = next->next;
	}
	wait->far = at != TASKS_NONE;
}

int tasks_follow(struct tasks_snap *snap)
{
	struct following following = {
		.snap = snap,
		.tasks = by_address_make(snap, address_of_task),
		.works = by_address_of_workers(snap, address_of_works),
		.flushers = by_address_of_workers(snap, address_of_flusher),
		.bdis = by_address_of_workers(snap, address_of_bdi),
	};
	int err = -ENOMEM;
	u32 i;

	if (following.tasks && following.works && following.flushers &&
	    following.bdis) {
		find_next(&following);
		/* Whoever has a lock now may not have had it a moment ago. */
		tasks_mark_moved(snap);
		for (i = 0; i < snap->nr; i++) {
			follow(snap, i);
			cond_resched();
		}
		err = 0;
	}
	kvfree(following.tasks);
	kvfree(following.works);
	kvfree(following.flushers);
	kvfree(following.bdis);
	return err;
}
