// SPDX-License-Identifier: GPL-2.0
/* Which requests of rings all disks have outstanding. */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "access/peek.h"
#include "access/task.h"
#include "snapshot/uring_collect.h"

#define ROOM_AT_FIRST 1024
#define MAX_OWED 262144
#define MAX_BIOS 4096

struct collection {
	struct uring_snap *snap;
	struct symbol_cache *functions;
	const struct gendisk *disk;
	u32 before;		/* of the disk that is looked at */
	bool full;
	const struct rest *rest;
	struct rest bio;
};

/* ---- collecting ---- */

static void add_chain(const struct chain *chain, void *data)
{
	struct collection *all = data;
	struct uring_snap *snap = all->snap;
	struct uring_owed *owed;
	const void *ring;

	if (chain->waiter != CHAIN_URING)
		return;
	ring = uring_of_kiocb(chain->kiocb);
	if (!ring)
		return;
	if (snap->nr_owed == snap->room_owed) {
		all->full = true;
		return;
	}
	owed = &snap->owed[snap->nr_owed++];
	memset(owed, 0, sizeof(*owed));
	owed->ring = ring;
	owed->kiocb = chain->kiocb;
	owed->task = chain->task;
	owed->disk = all->disk;
	owed->origin = chain->origin;
	owed->rest = all->bio;
	owed->rest.rq = all->rest->rq;
	owed->rest.state = all->rest->state;
	owed->rest.start_ns = all->rest->start_ns;
	if (!owed->rest.start_ns && chain->began)
		owed->rest.start_ns = chain_began_ns(chain);
}

static void visit(const struct rest *rest, void *data)
{
	struct collection *all = data;
	u32 nr = all->snap->nr_owed, i;
	const struct bio *bio = rest->bio;

	if (rest->below)
		return;
	all->rest = rest;
	for (i = 0; bio && i < MAX_BIOS; i++) {
		if (!rest_of_bio(&all->bio, bio))
			break;
		chain_each(all->functions, bio, add_chain, all);
		if (!rest->rq || !peek(&bio, (const struct bio **)&bio->bi_next))
			break;
	}
	/* It may be done, and another one by now. */
	if (!rest_is_same(rest))
		all->snap->nr_owed = nr;
}

static void begin(const struct disk_name *name, const struct disk_load *load,
		  void *data)
{
	struct collection *all = data;

	all->disk = name->disk;
	all->before = all->snap->nr_owed;
}

static void restart(void *data)
{
	struct collection *all = data;

	all->snap->nr_owed = all->before;
}

static void end(const char *why_not, void *data)
{
	struct collection *all = data;

	if (why_not)
		all->snap->incomplete = "requests-unreadable";
}

/* Return: false if there is no memory. */
static bool collect_into(struct collection *all, u32 room)
{
	const struct outstanding_visitor visitor = {
		.begin = begin,
		.restart = restart,
		.visit = visit,
		.end = end,
		.data = all,
	};
	struct uring_snap *snap = all->snap;

	kvfree(snap->owed);
	snap->owed = kvmalloc_array(room, sizeof(*snap->owed), GFP_READ);
	if (!snap->owed)
		return false;
	snap->room_owed = room;
	snap->nr_owed = 0;
	all->full = false;
	outstanding_each(&visitor);
	return true;
}

static int collect(struct collection *all)
{
	u32 room = ROOM_AT_FIRST;

	for (;;) {
		if (!collect_into(all, room))
			return -ENOMEM;
		if (!all->full)
			return 0;
		if (room * 4 > MAX_OWED)
			return -E2BIG;
		room *= 4;
	}
}

/* ---- of which ring each is ---- */

/* The oldest first; those of unknown age last. */
static int by_ring_and_age(const void *a, const void *b)
{
	const struct uring_owed *x = a, *y = b;
	const u64 age = x->rest.start_ns - 1, other = y->rest.start_ns - 1;

	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (age != other)
		return age < other ? -1 : 1;
	if (x->kiocb != y->kiocb)
		return x->kiocb < y->kiocb ? -1 : 1;
	return 0;
}

/* Whose a request is, if no process has the ring: the request keeps its task. */
static void name_sender(struct uring_ring *ring, const struct uring_owed *owed)
{
	const struct task_struct *task = owed->task;
	char comm[TASK_COMM_LEN];
	pid_t pid;

	if (ring->processes || ring->pid || !task ||
	    !peek(&pid, &task->tgid) || pid <= 0 || !peek(&comm, &task->comm))
		return;
	ring->pid = pid;
	memcpy(ring->comm, comm, sizeof(ring->comm));
	ring->comm[sizeof(ring->comm) - 1] = '\0';
}

/* A ring that was only met by a request: nobody has it, or who has it came since. */
static int add_unmet(struct uring_snap *snap)
{
	const void *last = NULL;
	int err = 0;
	u32 i;

	for (i = 0; i < snap->nr_owed && !err; i++) {
		struct uring_ring ring = { .ring = snap->owed[i].ring, .fd = -1 };

		if (ring.ring == last)
			continue;
		last = ring.ring;
		uring_take(&ring.figures, ring.ring);
		err = uring_add(snap, &ring);
		cond_resched();
	}
	return err;
}

/* A request may have been split, and be in several that a disk has. */
static void assign(struct uring_snap *snap)
{
	const void *last = NULL;
	u32 i;

	for (i = 0; i < snap->nr_owed; i++) {
		const struct uring_owed *owed = &snap->owed[i];
		struct uring_ring *ring = uring_find(snap, owed->ring);

		if (!ring)
			continue;
		if (owed->kiocb != last)
			ring->nr_owed++;
		last = owed->kiocb;
		if (!ring->oldest_ns)
			ring->oldest_ns = owed->rest.start_ns;
		name_sender(ring, owed);
	}
}

int uring_owed_collect(struct uring_snap *snap)
{
	struct collection all = { .snap = snap };
	int too_many, err;

	all.functions = chain_functions_alloc();
	if (!all.functions)
		return -ENOMEM;
	too_many = collect(&all);
	kvfree(all.functions);
	if (too_many && too_many != -E2BIG)
		return too_many;
	sort(snap->owed, snap->nr_owed, sizeof(*snap->owed), by_ring_and_age,
	     NULL);
	/* That of a ring which was met otherwise too adds nothing to it. */
	err = add_unmet(snap);
	if (err)
		return err;
	uring_settle(snap);
	assign(snap);
	return too_many;
}
