// SPDX-License-Identifier: GPL-2.0
/*
 * Proves records of tasks by each other. Where several tasks wait for one thing,
 * the neighbours of a record are records of other tasks, each of which was found
 * on its own stack. If these say that they are neighbours, they are in one list,
 * and its head is what the first and the last of them know.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "access/task.h"
#include "object/stack.h"
#include "snapshot/tasks_collect.h"

/* ---- found by an address ---- */

static int compare_addresses(const void *a, const void *b)
{
	const void *x = *(const void **)a, *y = *(const void **)b;

	return x < y ? -1 : x > y;
}

static struct by_address *by_address_alloc(u32 nr)
{
	struct by_address *by = kvmalloc(struct_size(by, of, nr + 1),
					 GFP_READ);

	if (by)
		by->nr = 0;
	return by;
}

static void add_address(struct by_address *by, const void *address, u32 at)
{
	if (!address)
		return;
	by->of[by->nr].address = address;
	by->of[by->nr++].at = at;
}

static void sort_addresses(struct by_address *by)
{
	sort(by->of, by->nr, sizeof(by->of[0]), compare_addresses, NULL);
}

struct by_address *
by_address_make(const struct tasks_snap *snap,
		const void *(*address_of)(const struct task_wait *wait))
{
	struct by_address *by = by_address_alloc(snap->nr);
	u32 i;

	if (!by)
		return NULL;
	for (i = 0; i < snap->nr; i++)
		add_address(by, address_of(&snap->of[i]), i);
	sort_addresses(by);
	return by;
}

struct by_address *
by_address_of_workers(const struct tasks_snap *snap,
		      const void *(*address_of)(const struct task_worker *worker))
{
	struct by_address *by = by_address_alloc(snap->nr_workers);
	u32 i;

	if (!by)
		return NULL;
	for (i = 0; i < snap->nr_workers; i++)
		add_address(by, address_of(&snap->workers[i]), i);
	sort_addresses(by);
	return by;
}

u32 by_address_first(const struct by_address *by, const void *address)
{
	u32 low = 0, high = by->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (by->of[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

u32 by_address_find(const struct by_address *by, const void *address)
{
	u32 i = by_address_first(by, address);

	return i < by->nr && by->of[i].address == address ? by->of[i].at :
		TASKS_NONE;
}

static const void *stack_of(const struct task_wait *wait)
{
	return wait->stack;
}

struct by_address *by_address_of_stacks(const struct tasks_snap *snap)
{
	return by_address_make(snap, stack_of);
}

u32 tasks_on_stack(const struct by_address *stacks, const void *address)
{
	u32 i = by_address_first(stacks, address + 1);

	if (!i || address - stacks->of[i - 1].address >= THREAD_SIZE)
		return TASKS_NONE;
	return stacks->of[i - 1].at;
}

/* ---- neighbours ---- */

static const void *node_of(const struct task_wait *wait)
{
	return wait->record.node;
}

static struct task_wait *task_at(struct tasks_snap *snap,
				 const struct by_address *nodes,
				 const void *node)
{
	u32 at = by_address_find(nodes, node);

	return at == TASKS_NONE ? NULL : &snap->of[at];
}

/* Who wants to read and who wants to write wait in one list. */
static bool is_rwsem(const struct wait_record *record)
{
	return record->kind == WAIT_RWSEM_READ ||
	       record->kind == WAIT_RWSEM_WRITE;
}

static bool is_before(const struct wait_record *a, const struct wait_record *b)
{
	return (a->kind == b->kind || (is_rwsem(a) && is_rwsem(b))) &&
	       a->next == b->node && b->prev == a->node;
}

static struct task_wait *neighbour(struct tasks_snap *snap,
				   const struct by_address *nodes,
				   const struct task_wait *wait, bool next)
{
	const struct wait_record *record = &wait->record;
	struct task_wait *other = task_at(snap, nodes, next ? record->next :
						       record->prev);

	if (!other || !(next ? is_before(record, &other->record) :
			       is_before(&other->record, record)))
		return NULL;
	return other;
}

/* A list on a stack, with the words beside it. */
struct list_there {
	const void *before[2];
	struct list_head links;
	const void *after;
};

static bool read_list(struct list_there *list, const struct task_wait *owner,
		      const void *at)
{
	struct task_struct *task;
	bool read;

	rcu_read_lock();
	task = task_find_same(owner->tid, owner->task);
	read = task && stack_peek(list, sizeof(*list),
				  at - offsetof(struct list_there, links),
				  task);
	rcu_read_unlock();
	return read;
}

/* What a task itself waits by, in whatever list, names it at one of these places. */
static bool is_entry(const struct list_there *list, const void *task)
{
	return list->before[0] == task || list->before[1] == task ||
	       list->after == task;
}

/*
 * The head of a list may lie on the stack of a task that cannot go on itself, which
 * will wake those in the list. The task keeps its stack, as long as it is there.
 */
static bool points_back_from_stack(struct tasks_snap *snap,
				   const struct by_address *nodes,
				   const struct by_address *stacks,
				   const struct task_wait *wait, bool next)
{
	const void *at = next ? wait->record.next : wait->record.prev;
	u32 owner = tasks_on_stack(stacks, at);
	struct list_there list;

	/* What a task waits by is no head. */
	if (owner == TASKS_NONE || &snap->of[owner] == wait ||
	    by_address_find(nodes, at) != TASKS_NONE)
		return false;
	return read_list(&list, &snap->of[owner], at) &&
	       !is_entry(&list, snap->of[owner].task) &&
	       (next ? list.links.prev : list.links.next) == wait->record.node;
}

static void prove_by_stacks(struct tasks_snap *snap,
			    const struct by_address *nodes,
			    const struct by_address *stacks,
			    struct task_wait *wait)
{
	struct wait_record *record = &wait->record;

	if (record->kind == WAIT_NOTHING)
		return;
	if (!record->next_proved &&
	    points_back_from_stack(snap, nodes, stacks, wait, true)) {
		record->next_proved = true;
		record->next_elsewhere = true;
	}
	if (!record->prev_proved &&
	    points_back_from_stack(snap, nodes, stacks, wait, false)) {
		record->prev_proved = true;
		record->prev_elsewhere = true;
	}
	if (record->next == record->prev && record->next_elsewhere &&
	    !record->head)
		wait_set_head(record, record->next);
}

static void prove(struct tasks_snap *snap, const struct by_address *nodes,
		  struct task_wait *wait)
{
	struct wait_record *record = &wait->record;

	/* Where stacks lie in the map of all memory, neighbours could be read. */
	if (neighbour(snap, nodes, wait, true)) {
		record->next_proved = true;
		record->next_elsewhere = false;
	}
	if (neighbour(snap, nodes, wait, false)) {
		record->prev_proved = true;
		record->prev_elsewhere = false;
	}
	wait->proved = record->kind != WAIT_NOTHING &&
		       (record->next_proved || record->prev_proved);
}

/* ---- the head of the list ---- */

static const void *head_beside(const struct wait_record *record)
{
	if (record->head)
		return record->head;
	if (record->prev_elsewhere)
		return record->prev;
	return record->next_elsewhere ? record->next : NULL;
}

/*
 * The first record from @wait on whose neighbour is the head of the list. Lists of
 * locks that have no head come back to where they began; or, if two tasks had one
 * stack meanwhile, to somewhere else.
 */
static const void *head_after(struct tasks_snap *snap,
			      const struct by_address *nodes,
			      struct task_wait *wait)
{
	const struct task_wait *first = wait;
	const void *head;
	u32 nr = 0;

	do {
		if (wait->record.headless)
			return NULL;
		head = head_beside(&wait->record);
		wait = neighbour(snap, nodes, wait, true);
		cond_resched();
	} while (wait && wait != first && !head && ++nr < snap->nr);
	return head;
}

/* Tell all records from @wait on, so that none of them looks once more. */
static void find_head(struct tasks_snap *snap, const struct by_address *nodes,
		      struct task_wait *wait)
{
	const void *head = head_after(snap, nodes, wait);
	struct wait_record *record;

	while (wait) {
		record = &wait->record;
		if (record->head || record->headless)
			break;
		if (head)
			wait_set_head(record, head);
		else
			record->headless = true;
		wait = neighbour(snap, nodes, wait, true);
		cond_resched();
	}
}

static void prove_all(struct tasks_snap *snap, const struct by_address *nodes,
		      const struct by_address *stacks)
{
	u32 i;

	for (i = 0; i < snap->nr; i++) {
		prove_by_stacks(snap, nodes, stacks, &snap->of[i]);
		prove(snap, nodes, &snap->of[i]);
		cond_resched();
	}
	for (i = 0; i < snap->nr; i++) {
		if (snap->of[i].proved && wait_needs_head(&snap->of[i].record))
			find_head(snap, nodes, &snap->of[i]);
		cond_resched();
	}
}

int tasks_prove(struct tasks_snap *snap)
{
	struct by_address *nodes = by_address_make(snap, node_of);
	struct by_address *stacks = by_address_of_stacks(snap);
	const bool enough = nodes && stacks;

	if (enough)
		prove_all(snap, nodes, stacks);
	kvfree(nodes);
	kvfree(stacks);
	return enough ? 0 : -ENOMEM;
}
