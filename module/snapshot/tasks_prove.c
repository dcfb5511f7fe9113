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
#include "snapshot/tasks_collect.h"

/* ---- found by an address ---- */

static int compare_addresses(const void *a, const void *b)
{
	const void *x = *(const void **)a, *y = *(const void **)b;

	return x < y ? -1 : x > y;
}

struct by_address *
by_address_make(const struct tasks_snap *snap,
		const void *(*address_of)(const struct task_wait *wait))
{
	struct by_address *by = kvmalloc(struct_size(by, of, snap->nr + 1),
					 GFP_READ);
	const void *address;
	u32 i;

	if (!by)
		return NULL;
	by->nr = 0;
	for (i = 0; i < snap->nr; i++) {
		address = address_of(&snap->of[i]);
		if (!address)
			continue;
		by->of[by->nr].address = address;
		by->of[by->nr++].at = i;
	}
	sort(by->of, by->nr, sizeof(by->of[0]), compare_addresses, NULL);
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

static bool is_before(const struct wait_record *a, const struct wait_record *b)
{
	return a->kind == b->kind && a->next == b->node && b->prev == a->node;
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

/* The first record from @wait on whose neighbour is the head of the list. */
static const void *head_after(struct tasks_snap *snap,
			      const struct by_address *nodes,
			      struct task_wait *wait)
{
	const void *head = NULL;
	u32 i;

	for (i = 0; wait && !head && i <= snap->nr; i++) {
		if (wait->record.headless)
			return NULL;
		head = head_beside(&wait->record);
		wait = neighbour(snap, nodes, wait, true);
	}
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
	}
}

int tasks_prove(struct tasks_snap *snap)
{
	struct by_address *nodes = by_address_make(snap, node_of);
	u32 i;

	if (!nodes)
		return -ENOMEM;
	for (i = 0; i < snap->nr; i++) {
		prove(snap, nodes, &snap->of[i]);
		cond_resched();
	}
	for (i = 0; i < snap->nr; i++) {
		if (snap->of[i].proved && wait_needs_head(&snap->of[i].record))
			find_head(snap, nodes, &snap->of[i]);
		cond_resched();
	}
	kvfree(nodes);
	return 0;
}
