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
static const void *address_of_works(const struct task_wait *wait)
{
	if (!wait->worker || layout_status_of(LM_WORKER_SCHEDULED) != LAYOUT_OK)
		return NULL;
	return layout_at(wait->worker, LM_WORKER_SCHEDULED);
}

static void find_holder(struct task_wait *wait, const struct by_address *tasks)
{
	const void *task;

	wait->holder = wait_held_by(&wait->record, &task);
	if (wait->holder != WAIT_HELD_BY_TASK)
		return;
	task_snap_address(&wait->held_by, task);
	wait->next = by_address_find(tasks, task);
}

static void find_worker(struct tasks_snap *snap, struct task_wait *wait,
			const struct by_address *works)
{
	u32 at = by_address_find(works, wait->barrier_prev);
	const struct task_wait *worker;

	if (at == TASKS_NONE)
		at = by_address_find(works, wait->barrier_next);
	wait->holder = WAIT_HOLDER_NOT_FOUND;
	if (at == TASKS_NONE)
		return;
	worker = &snap->of[at];
	wait->holder = WAIT_HELD_BY_TASK;
	task_snap_address(&wait->held_by, worker->task);
	wait->next = at;
	symbol_name(wait->lock, sizeof(wait->lock), worker->work_fn);
	wait->lock[strcspn(wait->lock, " ")] = '\0';
}

static void find_next(struct tasks_snap *snap, const struct by_address *tasks,
		      const struct by_address *works)
{
	u32 i;

	for (i = 0; i < snap->nr; i++) {
		struct task_wait *wait = &snap->of[i];

		if (wait->awaits == TASK_AWAITS_LOCK)
			find_holder(wait, tasks);
		else if (wait->awaits == TASK_AWAITS_WORK)
			find_worker(snap, wait, works);
		cond_resched();
	}
}

static void follow(struct tasks_snap *snap, u32 first)
{
	struct task_wait *wait = &snap->of[first];
	u32 at = wait->next, hops;

	for (hops = 1; at != TASKS_NONE && hops <= MAX_HOPS; hops++) {
		const struct task_wait *next = &snap->of[at];

		if (next->moved)
			return;
		if (at == first) {
			wait->cycle = true;
			return;
		}
		if (next->next == TASKS_NONE) {
			wait->disk = next->disk;
			wait->hops = hops;
			return;
		}
		at = next->next;
	}
}

int tasks_follow(struct tasks_snap *snap)
{
	struct by_address *tasks = by_address_make(snap, address_of_task);
	struct by_address *works = by_address_make(snap, address_of_works);
	int err = -ENOMEM;
	u32 i;

	if (tasks && works) {
		find_next(snap, tasks, works);
		/* Whoever has a lock now may not have had it a moment ago. */
		tasks_mark_moved(snap);
		for (i = 0; i < snap->nr; i++)
			follow(snap, i);
		err = 0;
	}
	kvfree(tasks);
	kvfree(works);
	return err;
}
