// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at every thread once: whether its address space is known already, and,
 * if it is in D, what it waits for. The table of live contexts of an address
 * space is read once. A task and its address space are kept by RCU and
 * task_lock() for moments, never by a reference: to drop the last reference on
 * an address space is what hangs in exit_aio().
 */
#include <linux/hash.h>
#include <linux/mm_types.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "access/all_tasks.h"
#include "access/memory.h"
#include "access/task.h"
#include "snapshot/aio_collect.h"

#define SLOTS_AT_ONCE 16

#define MAX_WAITS 4096

/* Some slots of the table of an address space. */
struct table_part {
	u32 at;
	u32 nr;
	u32 end;
	const void *slots[SLOTS_AT_ONCE];
};

struct task_walk {
	struct aio_snap *snap;
	int tid;
	bool too_many;
	bool has_table;
	bool asleep;
	const void *mm;
	struct aio_group group;
	struct table_part part;
	struct table_part again;
	struct kioctx_snap figures[SLOTS_AT_ONCE];
	struct symbol_cache functions;
	struct aio_waiter waiter;
	struct stack_copy stack;
};

/* ---- what is known ---- */

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

static struct hlist_head *groups_like(struct aio_snap *snap, pid_t pid)
{
	return &snap->by_group[hash_32(pid, AIO_HASH_BITS)];
}

static struct aio_group *find_group(struct aio_snap *snap, const void *mm,
				    pid_t pid)
{
	struct aio_group *group;

	hlist_for_each_entry(group, groups_like(snap, pid), hash)
		if (group->pid == pid && group->space->mm == mm)
			return group;
	return NULL;
}

/* ---- under RCU: looking ---- */

static void copy_group(struct aio_group *group, struct task_struct *task)
{
	group->pid = task->tgid;
	group->tid = task->pid;
	group->task = task;
	strscpy(group->comm, task->group_leader->comm, sizeof(group->comm));
	group->threads = get_nr_threads(task);
}

/*
 * Each thread is asked, as the leader of its group may have ended, and as it
 * may have an address space of its own for a while. That costs one lookup.
 */
static bool has_new_table(struct task_walk *walk, struct task_struct *task)
{
	const struct aio_group *group;
	const void *table = NULL;

	if (!READ_ONCE(task->mm))
		return false;
	task_lock(task);
	walk->mm = task->mm;
	if (task->mm)
		table = rcu_access_pointer(task->mm->ioctx_table);
	task_unlock(task);
	if (!table)
		return false;
	group = find_group(walk->snap, walk->mm, task->tgid);
	if (group && group->space->whole)
		return false;
	copy_group(&walk->group, task);
	return true;
}

static bool look_at_task(void *data, struct task_struct *task)
{
	struct task_walk *walk = data;

	walk->has_table = has_new_table(walk, task);
	walk->asleep = waiter_copy(&walk->waiter, &walk->stack, task);
	return walk->has_table || walk->asleep;
}

/*
 * Return: false at the end. Otherwise others may run; and if the walk says
 * so, there is something of the task before its tid to keep.
 *
 * This and copy_part() are functions of their own so that tests/bench can see
 * how long RCU is held.
 */
static noinline bool look_at_some(struct task_walk *walk)
{
	walk->has_table = false;
	walk->asleep = false;
	return all_tasks_some(&walk->tid, look_at_task, walk);
}

static bool copy_slots(struct table_part *part, const void *table)
{
	const void **first;

	if (!table || !layout_get(&part->end, table, LM_KIOCTX_TABLE_NR))
		return false;
	part->nr = 0;
	if (part->at >= part->end)
		return true;
	first = (const void **)layout_at(table, LM_KIOCTX_TABLE_TABLE);
	part->nr = min_t(u32, part->end - part->at, SLOTS_AT_ONCE);
	return peek_bytes(part->slots, first + part->at,
			  part->nr * sizeof(*part->slots));
}

/* Return: false if the task has left the address space. */
static noinline bool copy_part(struct table_part *part,
			       const struct aio_group *group, const void *mm)
{
	const void *table = NULL;
	struct task_struct *task;
	bool copied = false;

	rcu_read_lock();
	task = task_find_same(group->tid, group->task);
	if (task) {
		task_lock(task);
		if (task->mm == mm)
			table = rcu_access_pointer(task->mm->ioctx_table);
		copied = copy_slots(part, table);
		task_unlock(task);
	}
	rcu_read_unlock();
	return copied;
}

/* ---- keeping ---- */

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

static int add_group(struct aio_snap *snap, struct aio_space *space,
		     const struct aio_group *new)
{
	struct aio_group *group;

	if (find_group(snap, space->mm, new->pid))
		return 0;
	group = kmemdup(new, sizeof(*new), GFP_READ);
	if (!group)
		return -ENOMEM;
	group->space = space;
	hlist_add_head(&group->hash, groups_like(snap, group->pid));
	list_add_tail(&group->in_space, &space->groups);
	space->nr_groups++;
	return 0;
}

/* Figures are sums over all processors: only of what is asked for. */
static bool look_at_context(const struct aio_snap *snap,
			    struct kioctx_snap *figures, const void *ctx)
{
	return ctx && aio_is_wanted(snap, ctx) &&
	       (snap->no_dying || kioctx_is_real(ctx)) &&
	       kioctx_snap_take(figures, ctx) && !figures->dead;
}

/* One of whom somebody waited may have left its memory to a new one. */
static int add_context(struct aio_snap *snap, struct aio_space *space,
		       const void *ctx, const struct kioctx_snap *figures)
{
	struct aio_context *context = aio_context_add(snap, ctx);

	if (!context)
		return -ENOMEM;
	context->figures = *figures;
	context->state = AIO_LIVE;
	context->space = space;
	context->wait = NULL;
	list_move_tail(&context->in_owner, &space->contexts);
	return 0;
}

/*
 * What was in the table before and after is a context of this address space;
 * no lock was held while its figures were read.
 *
 * Return: 0, -ENOMEM, or -EAGAIN if the task has left the address space.
 */
static int keep_part(struct task_walk *walk, struct aio_space *space)
{
	struct table_part *part = &walk->part, *again = &walk->again;
	int err = 0;
	u32 i;

	for (i = 0; i < part->nr; i++)
		if (!look_at_context(walk->snap, &walk->figures[i],
				     part->slots[i]))
			part->slots[i] = NULL;
	again->at = part->at;
	if (!copy_part(again, &walk->group, space->mm))
		return -EAGAIN;
	for (i = 0; i < min(part->nr, again->nr) && !err; i++)
		if (part->slots[i] && part->slots[i] == again->slots[i])
			err = add_context(walk->snap, space, part->slots[i],
					  &walk->figures[i]);
	return err;
}

/* If the task leaves, another one that shares the space goes on. */
static int keep_contexts(struct task_walk *walk, struct aio_space *space)
{
	struct table_part *part = &walk->part;
	int err = 0;

	space->whole = walk->snap->no_live;
	while (!err && !space->whole) {
		part->at = space->next_slot;
		if (!copy_part(part, &walk->group, space->mm))
			return 0;
		err = keep_part(walk, space);
		if (err == -EAGAIN)
			return 0;
		space->next_slot += part->nr;
		space->whole = space->next_slot >= part->end;
		cond_resched();
	}
	return err;
}

static int keep_table(struct task_walk *walk)
{
	struct aio_space *space = find_space(walk->snap, walk->mm);
	int err;

	if (!space)
		space = add_space(walk->snap, walk->mm);
	if (!space)
		return -ENOMEM;
	err = add_group(walk->snap, space, &walk->group);
	return err ? err : keep_contexts(walk, space);
}

struct keeping {
	struct task_walk *walk;
	struct aio_wait_for *wait;
	int err;
};

static int keep_wait(struct keeping *keeping)
{
	struct aio_snap *snap = keeping->walk->snap;
	struct aio_wait_for *wait;

	if (keeping->wait)
		return 0;
	if (snap->nr_waits == MAX_WAITS) {
		keeping->walk->too_many = true;
		return -E2BIG;
	}
	wait = kzalloc(sizeof(*wait), GFP_READ);
	if (!wait)
		return -ENOMEM;
	INIT_LIST_HEAD(&wait->contexts);
	list_add_tail(&wait->in_snap, &snap->waits);
	snap->nr_waits++;
	keeping->wait = wait;
	return 0;
}

/* A live context of the table, read a moment ago, may have been killed since. */
static void keep_awaited(const void *ctx, void *data)
{
	struct keeping *keeping = data;
	struct aio_snap *snap = keeping->walk->snap;
	struct kioctx_snap figures;
	struct aio_context *context;

	if (keeping->err || !aio_is_wanted(snap, ctx) ||
	    !kioctx_snap_take(&figures, ctx) || figures.drained ||
	    !kioctx_is_real(ctx))
		return;
	keeping->err = keep_wait(keeping);
	if (keeping->err)
		return;
	context = aio_context_add(snap, ctx);
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

/* Most tasks in D wait for other things, and are dropped before all else. */
static int keep_waiter(struct task_walk *walk)
{
	struct keeping keeping = { .walk = walk };

	if (walk->snap->no_dying ||
	    !waiter_find(&walk->waiter, &walk->stack, &walk->functions))
		return 0;
	if (walk->waiter.in_aio)
		keeping.err = keep_wait(&keeping);
	if (!keeping.err)
		waiter_contexts(&walk->waiter, &walk->stack, keep_awaited,
				&keeping);
	if (keeping.wait)
		keeping.wait->waiter = walk->waiter;
	/* Live ones are looked for nevertheless. */
	return keeping.err == -E2BIG ? 0 : keeping.err;
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
		task = task_find_same(group->tid, group->task);
		same = same && task && READ_ONCE(task->mm) == space->mm;
		rcu_read_unlock();
	}
	return same;
}

/* Of an address space that is gone, nothing was found. */
static bool is_gone(const struct aio_space *space)
{
	return list_empty(&space->contexts) && space->nr_groups == 1 &&
	       !groups_still_share(space);
}

static int check_spaces(struct aio_snap *snap)
{
	struct aio_space *space, *next;

	list_for_each_entry_safe(space, next, &snap->spaces, in_snap) {
		if (!space->whole && is_gone(space))
			aio_space_drop(space);
		else if (!space->whole || (space->nr_groups > 1 &&
					   !groups_still_share(space)))
			return -EAGAIN;
	}
	return 0;
}

static bool all_found(const struct aio_snap *snap)
{
	return snap->nr_wanted && snap->nr_found == snap->nr_wanted;
}

static int walk_tasks(struct task_walk *walk)
{
	int err = 0;

	while (!err && !all_found(walk->snap) && look_at_some(walk)) {
		if (walk->has_table)
			err = keep_table(walk);
		if (!err && walk->asleep)
			err = keep_waiter(walk);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

int aio_tasks_collect(struct aio_snap *snap)
{
	struct task_walk *walk = kvzalloc(sizeof(*walk), GFP_READ);
	bool too_many;
	int err;

	if (!walk)
		return -ENOMEM;
	walk->snap = snap;
	walk->tid = 1;
	waiter_functions(&walk->functions);
	err = walk_tasks(walk);
	too_many = walk->too_many;
	kvfree(walk);
	if (!err)
		err = check_spaces(snap);
	return err ? err : too_many ? -E2BIG : 0;
}
