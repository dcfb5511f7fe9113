// SPDX-License-Identifier: GPL-2.0
/* Which requests of rings all disks have outstanding. */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "access/peek.h"
#include "access/sound.h"
#include "access/task.h"
#include "object/page_waits.h"
#include "snapshot/uring_collect.h"

#define ROOM_AT_FIRST 1024
#define MAX_OWED 262144
#define MAX_BIOS 4096
#define LOOKS_AT_PAGES 5

struct collection {
	struct uring_snap *snap;
	struct symbol_cache *functions;
	struct symbol_cache *wakers;
	const struct gendisk *disk;
	u32 before;		/* of the disk that is looked at */
	bool full;
	bool changing;		/* who waits for pages */
	const struct chain *chain;
	const struct rest *rest;
	struct rest bio;
};

/* ---- collecting ---- */

/*
 * Threads of a process share a structure, which each of them keeps until it is freed
 * itself. So a process that got the number of one that ended has another one. One that
 * nobody has waited for yet keeps its number.
 */
static bool has_ended(pid_t pid, const struct signal_struct *shared)
{
	struct task_struct *leader;
	bool ended;

	rcu_read_lock();
	leader = task_find(pid);
	ended = !leader || leader->signal != shared ||
		(leader->exit_state && thread_group_empty(leader));
	rcu_read_unlock();
	return ended;
}

/* The request keeps its task, if it is still there after this. */
static void copy_sender(struct uring_owed *owed, const struct task_struct *task)
{
	const struct signal_struct *shared;

	if (task && is_sound(&task->tgid) && is_sound(&task->comm) &&
	    is_sound(&task->signal) && peek(&owed->pid, &task->tgid) &&
	    peek(&owed->comm, &task->comm) &&
	    peek(&shared, (const struct signal_struct **)&task->signal) &&
	    owed->pid > 0)
		owed->ended = has_ended(owed->pid, shared);
	else
		owed->pid = 0;
	owed->comm[sizeof(owed->comm) - 1] = '\0';
}

static void add(struct collection *all, const struct kiocb *kiocb,
		const void *task)
{
	struct uring_snap *snap = all->snap;
	const void *ring = uring_of_kiocb(kiocb);
	struct uring_owed *owed;

	if (!ring)
		return;
	if (snap->nr_owed == snap->room_owed) {
		all->full = true;
		return;
	}
	owed = &snap->owed[snap->nr_owed++];
	memset(owed, 0, sizeof(*owed));
	owed->ring = ring;
	owed->kiocb = kiocb;
	copy_sender(owed, task);
	owed->disk = all->disk;
	owed->origin = all->chain->origin;
	owed->rest = all->bio;
	owed->rest.rq = all->rest->rq;
	owed->rest.state = all->rest->state;
	owed->rest.start_ns = all->rest->start_ns;
	if (!owed->rest.start_ns && all->chain->began)
		owed->rest.start_ns = chain_began_ns(all->chain);
}

static void add_waiting(const struct kiocb *kiocb, void *data)
{
	add(data, kiocb, uring_sender_of_kiocb(kiocb));
}

/* Who waits for a page of it. Each time a queue changed, they are looked for anew. */
static void add_waits(struct collection *all)
{
	u32 nr = all->snap->nr_owed, i;

	for (i = 0; i < LOOKS_AT_PAGES; i++) {
		if (page_waits_each(all->wakers, all->chain->top, add_waiting,
				    all))
			return;
		all->snap->nr_owed = nr;
	}
	all->changing = true;
}

static void add_chain(const struct chain *chain, void *data)
{
	struct collection *all = data;

	all->chain = chain;
	if (chain->waiter == CHAIN_URING)
		add(all, chain->kiocb, chain->task);
	else if (chain->waiter == CHAIN_PAGE_CACHE)
		add_waits(all);
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
		cond_resched();
		if (!rest->rq || !peek(&bio, (const struct bio **)&bio->bi_next))
			break;
	}
	/* It may be done, and another one by now. */
	if (!rest_is_same(rest))
		all->snap->nr_owed = nr;
	else if (all->changing)
		all->snap->incomplete = "requests-unreadable";
	all->changing = false;
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

static int collect_all(struct uring_snap *snap)
{
	struct collection all = {
		.snap = snap,
		.functions = chain_functions_alloc(),
		.wakers = kvzalloc(sizeof(*all.wakers), GFP_READ),
	};
	int err = -ENOMEM;

	if (!snap->incomplete)
		snap->incomplete = page_waits_why_unknown();
	if (all.functions && all.wakers) {
		page_waits_functions(all.wakers);
		err = collect(&all);
	}
	kvfree(all.functions);
	kvfree(all.wakers);
	return err;
}

/* ---- of which ring each is ---- */

static int by_ring_and_request(const void *a, const void *b)
{
	const struct uring_owed *x = a, *y = b;

	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (x->kiocb != y->kiocb)
		return x->kiocb < y->kiocb ? -1 : 1;
	return 0;
}

/* The oldest first; those of unknown age last. */
static int by_ring_and_age(const void *a, const void *b)
{
	const struct uring_owed *x = a, *y = b;
	const u64 age = x->rest.start_ns - 1, other = y->rest.start_ns - 1;

	if (x->ring == y->ring && age != other)
		return age < other ? -1 : 1;
	return by_ring_and_request(a, b);
}

/* A request that is not done keeps its ring. */
static void take_figures(struct uring_figures *figures,
			 const struct uring_owed *owed)
{
	const struct known changing = known_not("changing");

	uring_take(figures, owed->ring);
	if (rest_is_outstanding(&owed->rest) &&
	    uring_of_kiocb(owed->kiocb) == owed->ring)
		return;
	*figures = (struct uring_figures){
		changing, changing, changing, changing, changing,
		changing, changing, changing, changing,
	};
}

static void mark_unmet(struct uring_snap *snap)
{
	const void *last = NULL;
	u32 i;

	for (i = 0; i < snap->nr_owed; i++) {
		struct uring_owed *owed = &snap->owed[i];

		owed->unmet = owed->ring != last &&
			      !uring_find(snap, owed->ring);
		last = owed->ring;
	}
}

/* A ring that was only met by a request: nobody has it, or who has it came since. */
static int add_unmet(struct uring_snap *snap)
{
	int err = 0;
	u32 i;

	mark_unmet(snap);
	for (i = 0; i < snap->nr_owed && !err; i++) {
		const struct uring_owed *owed = &snap->owed[i];
		struct uring_ring ring = { .ring = owed->ring, .fd = -1 };

		if (!owed->unmet)
			continue;
		take_figures(&ring.figures, owed);
		err = uring_add(snap, &ring);
		cond_resched();
	}
	return err;
}

/* A request may have been split, and be in several that a disk has. */
static void count_owed(struct uring_snap *snap)
{
	const void *last = NULL;
	u32 i;

	for (i = 0; i < snap->nr_owed; i++) {
		const struct uring_owed *owed = &snap->owed[i];
		struct uring_ring *ring = uring_find(snap, owed->ring);

		if (ring && owed->kiocb != last)
			ring->nr_owed++;
		last = owed->kiocb;
	}
}

/* Whose a ring is that no process has, and since when it waits. */
static void name_oldest(struct uring_snap *snap)
{
	u32 i;

	for (i = 0; i < snap->nr_owed; i++) {
		const struct uring_owed *owed = &snap->owed[i];
		struct uring_ring *ring = uring_find(snap, owed->ring);

		if (!ring)
			continue;
		if (!ring->oldest_ns)
			ring->oldest_ns = owed->rest.start_ns;
		if (ring->processes || ring->pid || !owed->pid)
			continue;
		ring->pid = owed->pid;
		memcpy(ring->comm, owed->comm, sizeof(ring->comm));
		ring->ended = owed->ended;
	}
}

static void sort_owed(struct uring_snap *snap,
		      int (*compare)(const void *a, const void *b))
{
	sort(snap->owed, snap->nr_owed, sizeof(*snap->owed), compare, NULL);
}

int uring_owed_collect(struct uring_snap *snap)
{
	int err, unmet_err;

	err = collect_all(snap);
	if (err && err != -E2BIG)
		return err;
	sort_owed(snap, by_ring_and_request);
	unmet_err = add_unmet(snap);
	if (unmet_err && unmet_err != -E2BIG)
		return unmet_err;
	uring_settle(snap);
	count_owed(snap);
	sort_owed(snap, by_ring_and_age);
	name_oldest(snap);
	return err ? err : unmet_err;
}
