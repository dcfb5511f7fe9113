// SPDX-License-Identifier: GPL-2.0
/* Takes the snapshot of all rings. */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "layout/modules.h"
#include "object/worker.h"
#include "snapshot/uring_collect.h"

#define RINGS_AT_FIRST 64
#define RINGS_MAX 262144

int uring_add(struct uring_snap *snap, const struct uring_ring *ring)
{
	u32 room = snap->room ? snap->room * 2 : RINGS_AT_FIRST;
	struct uring_ring *more;

	if (snap->nr == snap->room) {
		if (room > RINGS_MAX)
			return -E2BIG;
		more = kvmalloc_array(room, sizeof(*more), GFP_READ);
		if (!more)
			return -ENOMEM;
		if (snap->nr)
			memcpy(more, snap->of, snap->nr * sizeof(*more));
		kvfree(snap->of);
		snap->of = more;
		snap->room = room;
	}
	snap->of[snap->nr++] = *ring;
	return 0;
}

/* Of one ring those of one process together, and the one with a descriptor first. */
static int by_ring(const void *a, const void *b)
{
	const struct uring_ring *x = a, *y = b;

	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return y->fd - x->fd;
}

/* A worker is no process that has it. */
static void merge(struct uring_ring *to, const struct uring_ring *from)
{
	if (from->worker)
		to->worker = from->worker;
	if (!from->processes || (to->processes && to->pid == from->pid))
		return;
	if (!to->processes) {
		to->pid = from->pid;
		memcpy(to->comm, from->comm, sizeof(to->comm));
		to->ended = from->ended;
		to->fd = from->fd;
	}
	to->processes += from->processes;
}

void uring_settle(struct uring_snap *snap)
{
	pid_t last = 0;
	u32 i, nr = 0;

	sort(snap->of, snap->nr, sizeof(*snap->of), by_ring, NULL);
	for (i = 0; i < snap->nr; i++) {
		struct uring_ring *ring = &snap->of[i];
		struct uring_ring *before = nr ? &snap->of[nr - 1] : NULL;
		pid_t pid = ring->pid;

		if (!before || before->ring != ring->ring)
			snap->of[nr++] = *ring;
		else if (ring->worker || pid != last)
			merge(before, ring);
		last = pid;
	}
	snap->nr = nr;
}

struct uring_ring *uring_find(const struct uring_snap *snap, const void *ring)
{
	u32 low = 0, high = snap->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (snap->of[middle].ring < ring)
			low = middle + 1;
		else
			high = middle;
	}
	return low < snap->nr && snap->of[low].ring == ring ? &snap->of[low] :
		NULL;
}

static int take(struct uring_snap *snap)
{
	int too_many, err;

	snap->names = disk_names_take();
	if (!snap->names)
		return -ENOMEM;
	snap->why_not = uring_why_unknown();
	if (snap->why_not)
		return 0;
	/* Those that are being freed are found by their workers. */
	snap->incomplete = worker_why_unknown();
	too_many = uring_walk(snap);
	if (too_many && too_many != -E2BIG)
		return too_many;
	uring_settle(snap);
	err = uring_owed_collect(snap);
	if (err && err != -E2BIG)
		return err;
	snap->now_ns = ktime_get_ns();
	if (err || too_many)
		snap->incomplete = "too-many";
	return 0;
}

struct uring_snap *uring_snap_take(void)
{
	struct uring_snap *snap = kzalloc(sizeof(*snap), GFP_READ);
	u64 start = ktime_get_ns();
	int err;

	if (!snap)
		return ERR_PTR(-ENOMEM);
	layout_modules_refresh();
	err = take(snap);
	if (err) {
		uring_snap_free(snap);
		return ERR_PTR(err);
	}
	snap->took_ns = ktime_get_ns() - start;
	return snap;
}

void uring_snap_free(struct uring_snap *snap)
{
	if (IS_ERR_OR_NULL(snap))
		return;
	kvfree(snap->owed);
	kvfree(snap->of);
	kvfree(snap->names);
	kfree(snap);
}
