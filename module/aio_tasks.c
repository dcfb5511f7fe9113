// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at every task once: its address space's table of live contexts, and,
 * if it is in D, what it waits for. A task and its address space are kept by
 * RCU and task_lock() for moments, never by a reference: to drop the last
 * reference on an address space is what hangs in exit_aio().
 */
#include <linux/hash.h>
#include <linux/idr.h>
#include <linux/mm_types.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "aio_collect.h"
#include "memory.h"

/* What is done in one go, before others may run. */
#define TASKS_AT_ONCE 64
#define SLOTS_AT_ONCE 16

#define MAX_WAITS 4096

/* Part of the table of one address space, and the task that it was read by. */
struct table_part {
	const void *mm;
	struct aio_group group;
	u32 at;
	u32 end;
	u32 found;
	struct {
		const void *ctx;
		struct kioctx_snap figures;
	} context[SLOTS_AT_ONCE];
};

struct task_walk {
	struct aio_snap *snap;
	int tid;
	bool has_table;
	bool asleep;
	struct table_part part;
	struct aio_waiter waiter;
	struct stack_copy stack;
};

/* ---- under RCU: copying ---- */

/* Return: how many of @slots were read; 0 ends the walk of the table. */
static u32 copy_slots(struct table_part *part, const void **slots,
		      const void *table)
{
	const void **first;
	u32 nr, end;

	part->end = 0;
	if (layout_status_of(LM_KIOCTX_TABLE_TABLE) != LAYOUT_OK ||
	    !layout_get(&end, table, LM_KIOCTX_TABLE_NR) || part->at >= end)
		return 0;
	first = (const void **)layout_at(table, LM_KIOCTX_TABLE_TABLE);
	nr = min_t(u32, end - part->at, SLOTS_AT_ONCE);
	if (!peek_bytes(slots, first + part->at, nr * sizeof(*slots)))
		return 0;
	part->at += nr;
	part->end = end;
	return nr;
}

/* The contexts themselves are freed after a grace period of RCU. */
static bool copy_table(struct table_part *part, struct task_struct *task)
{
	const void *slots[SLOTS_AT_ONCE], *table = NULL;
	u32 i, nr = 0;

	task_lock(task);
	part->mm = task->mm;
	if (task->mm)
		table = rcu_access_pointer(task->mm->ioctx_table);
	if (table)
		nr = copy_slots(part, slots, table);
	task_unlock(task);

	part->found = 0;
	for (i = 0; i < nr; i++) {
		part->context[part->found].ctx = slots[i];
		if (slots[i] &&
		    kioctx_snap_take(&part->context[part->found].figures,
				     slots[i]) &&
		    !part->context[part->found].figures.dead)
			part->found++;
	}
	return table;
}

static void copy_group(struct aio_group *group, struct task_struct *task)
{
	group->pid = task->tgid;
	group->tid = task->pid;
	group->task = task;
	strscpy(group->comm, task->group_leader->comm, sizeof(group->comm));
	group->threads = get_nr_threads(task);
}

static struct task_struct *task_from(int *tid)
{
	struct task_struct *task;
	struct pid *pid;

	for (; (pid = idr_get_next(&init_pid_ns.idr, tid)); ++*tid) {
		task = pid_task(pid, PIDTYPE_PID);
		if (task)
			return task;
	}
	return NULL;
}

/*
 * Return: false at the end. Otherwise others may run; and if the walk says
 * so, there is something of the task before its tid to keep.
 */
static bool look_at_some(struct task_walk *walk)
{
	struct task_struct *task = NULL;
	unsigned int i;

	walk->has_table = false;
	walk->asleep = false;
	rcu_read_lock();
	for (i = 0; i < TASKS_AT_ONCE; i++) {
		task = task_from(&walk->tid);
		if (!task)
			break;
		++walk->tid;
		walk->part.at = 0;
		walk->has_table = copy_table(&walk->part, task);
		if (walk->has_table)
			copy_group(&walk->part.group, task);
		walk->asleep = aio_wait_copy(&walk->waiter, &walk->stack, task);
		if (walk->has_table || walk->asleep)
			break;
	}
	rcu_read_unlock();
	return task;
}

static struct task_struct *same_task(const struct aio_group *group)
{
	struct task_struct *task;

	task = pid_task(find_pid_ns(group->tid, &init_pid_ns), PIDTYPE_PID);
	return task == group->task ? task : NULL;
}

/* Return: false at the end of the table, or if the task has left it. */
static bool copy_further(struct table_part *part)
{
	const void *mm = part->mm;
	struct task_struct *task;
	bool more = false;

	if (part->at >= part->end)
		return false;
	cond_resched();
	rcu_read_lock();
	task = same_task(&part->group);
	if (task)
		more = copy_table(part, task) && part->mm == mm;
	rcu_read_unlock();
	return more;
}

/* ---- keeping ---- */

static struct hlist_head *spaces_like(struct aio_snap *snap, const void *mm)
{
	return &snap->by_mm[hash_ptr(mm, AIO_HASH_BITS)];
}

static struct aio_space *find_space(struct aio_snap *snap, const void *mm)
{
	struct aio_space *space;

	hlist_for_each_entry(space, spaces_like(snap, mm), hash)
		if (space->mm == mm)
			return space;
	return NULL;
}

static struct aio_space *add_space(struct aio_snap *snap, const void *mm)
{
	struct aio_space *space = kzalloc(sizeof(*space), GFP_READ);

	if (!space)
		return NULL;
	space->mm = mm;
	INIT_LIST_HEAD(&space->groups);
	INIT_LIST_HEAD(&space->contexts);
	hlist_add_head(&space->hash, spaces_like(snap, mm));
	list_add_tail(&space->in_snap, &snap->spaces);
	return space;
}

static int add_group(struct aio_space *space, const struct aio_group *new)
{
	struct aio_group *group;

	list_for_each_entry(group, &space->groups, in_space)
		if (group->pid == new->pid)
			return 0;
	group = kmemdup(new, sizeof(*new), GFP_READ);
	if (!group)
		return -ENOMEM;
	list_add_tail(&group->in_space, &space->groups);
	space->nr_groups++;
	return 0;
}

/* One of whom somebody waited may have left its memory to a new one. */
static int add_contexts(struct aio_snap *snap, struct aio_space *space,
			const struct table_part *part)
{
	struct aio_context *context;
	u32 i;

	for (i = 0; i < part->found; i++) {
		context = aio_context_add(snap, part->context[i].ctx);
		if (!context)
			return -ENOMEM;
		context->figures = part->context[i].figures;
		context->state = AIO_LIVE;
		context->space = space;
		context->wait = NULL;
		list_move_tail(&context->in_owner, &space->contexts);
	}
	return 0;
}

static int keep_table(struct aio_snap *snap, struct table_part *part)
{
	struct aio_space *space = find_space(snap, part->mm);
	int err;

	if (space)
		return add_group(space, &part->group);
	space = add_space(snap, part->mm);
	if (!space)
		return -ENOMEM;
	err = add_group(space, &part->group);
	if (err)
		return err;
	do {
		err = add_contexts(snap, space, part);
	} while (!err && copy_further(part));
	return err;
}

struct keeping {
	struct aio_snap *snap;
	struct aio_wait_for *wait;
	int err;
};

/* A live context of the table, read a moment ago, may have been killed since. */
static void keep_awaited(const void *ctx, void *data)
{
	struct keeping *keeping = data;
	struct kioctx_snap figures;
	struct aio_context *context;

	if (!kioctx_snap_take(&figures, ctx) || figures.drained ||
	    !kioctx_is_real(ctx))
		return;
	context = aio_context_add(keeping->snap, ctx);
	if (!context) {
		keeping->err = -ENOMEM;
		return;
	}
	context->figures = figures;
	context->state = AIO_DYING;
	context->space = NULL;
	context->wait = keeping->wait;
	list_move_tail(&context->in_owner, &keeping->wait->contexts);
}

static int keep_waiter(struct aio_snap *snap, struct task_walk *walk)
{
	struct keeping keeping = { .snap = snap };

	if (!aio_wait_find(&walk->waiter, &walk->stack))
		return 0;
	if (snap->nr_waits == MAX_WAITS)
		return -E2BIG;
	keeping.wait = kzalloc(sizeof(*keeping.wait), GFP_READ);
	if (!keeping.wait)
		return -ENOMEM;
	INIT_LIST_HEAD(&keeping.wait->contexts);
	list_add_tail(&keeping.wait->in_snap, &snap->waits);
	snap->nr_waits++;
	aio_wait_contexts(&walk->waiter, &walk->stack, keep_awaited, &keeping);
	keeping.wait->waiter = walk->waiter;
	return keeping.err;
}

/*
 * An address space that went during the walk may have left its memory, and so
 * its address, to another one.
 */
static bool groups_still_share(const struct aio_space *space)
{
	const struct aio_group *group;
	struct task_struct *task;
	bool same = true;

	list_for_each_entry(group, &space->groups, in_space) {
		rcu_read_lock();
		task = same_task(group);
		same = same && task && READ_ONCE(task->mm) == space->mm;
		rcu_read_unlock();
	}
	return same;
}

static int check_groups(const struct aio_snap *snap)
{
	const struct aio_space *space;

	list_for_each_entry(space, &snap->spaces, in_snap)
		if (space->nr_groups > 1 && !groups_still_share(space))
			return -EAGAIN;
	return 0;
}

int aio_tasks_collect(struct aio_snap *snap)
{
	struct task_walk *walk = kvzalloc(sizeof(*walk), GFP_READ);
	int err = 0;

	if (!walk)
		return -ENOMEM;
	walk->tid = 1;
	while (!err && look_at_some(walk)) {
		if (walk->has_table)
			err = keep_table(snap, &walk->part);
		if (!err && walk->asleep)
			err = keep_waiter(snap, walk);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	kvfree(walk);
	return err ? err : check_groups(snap);
}
