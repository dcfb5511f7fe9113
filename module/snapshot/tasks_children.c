// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the children that parents in vfork(2) wait for. What a parent waits for lies
 * on its own stack, and says nothing of the child. But the child has its address, until
 * it has left its parent's memory.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "access/all_tasks.h"
#include "snapshot/tasks_collect.h"

struct child_walk {
	struct tasks_snap *snap;
	struct by_address *parents;
	int tid;
};

/* The completion of whoever may be such a parent, or NULL. */
static const void *address_of_done(const struct task_wait *wait)
{
	if (wait->record.kind != WAIT_COMPLETION || !wait->proved ||
	    wait->in_aio || wait->barrier || wait->flusher)
		return NULL;
	return wait->record.object;
}

/* Of a thread of the kernel there lies something else. */
static bool note_child(void *data, struct task_struct *task)
{
	const struct child_walk *walk = data;
	const void *done = READ_ONCE(task->vfork_done);
	u32 at;

	if (!done || READ_ONCE(task->flags) & PF_KTHREAD)
		return false;
	at = by_address_find(walk->parents, done);
	if (at != TASKS_NONE)
		walk->snap->of[at].child = task;
	return false;
}

/* Return: false at the end. Otherwise others may run. */
static noinline bool look_at_some_children(struct child_walk *walk)
{
	return all_tasks_some(&walk->tid, note_child, walk);
}

int tasks_find_children(struct tasks_snap *snap)
{
	struct child_walk walk = {
		.snap = snap,
		.parents = by_address_make(snap, address_of_done),
		.tid = 1,
	};
	int err = 0;

	if (!walk.parents)
		return -ENOMEM;
	while (!err && walk.parents->nr && look_at_some_children(&walk)) {
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	kvfree(walk.parents);
	return err;
}
