// SPDX-License-Identifier: GPL-2.0
/* Which AIO requests all disks have outstanding, and of which contexts. */
#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "access/peek.h"
#include "layout/modules.h"
#include "snapshot/aio_collect.h"

#define ROOM_AT_FIRST 1024
#define MAX_OWED 262144
#define MAX_BIOS 4096

/*
 * What is found at all disks: AIO requests, and requests of the block layer that
 * rest at another disk below their own.
 */
struct collection {
	struct aio_owed *owed;
	const void **passed;
	u32 room; /* of each */
	struct fill {
		u32 owed;
		u32 passed;
	} nr, before; /* the disk that is looked at */
	bool full;
	const char *why_not;
	struct symbol_cache *functions;
	struct disk_names *names;
	struct disk_name disk;
	const struct rest *rest;
	struct rest bio;
};

static void add_passed(struct collection *all, const void *rq)
{
	if (all->nr.passed == all->room)
		all->full = true;
	else
		all->passed[all->nr.passed++] = rq;
}

static void add_owed(struct collection *all, const struct chain *chain)
{
	struct aio_owed *owed;

	if (all->nr.owed == all->room) {
		all->full = true;
		return;
	}
	owed = &all->owed[all->nr.owed++];
	owed->ctx = chain->ctx;
	owed->kiocb = chain->kiocb;
	owed->rq = all->rest->rq;
	owed->disk = all->disk.disk;
	strscpy(owed->device, all->disk.name, sizeof(owed->device));
	owed->origin = chain->origin;
	owed->state = all->rest->state;
	owed->waits_for = all->rest->submitter.waits_for;
	owed->op = all->bio.op;
	owed->sector = all->bio.sector;
	owed->bytes = all->bio.bytes;
	owed->start_ns = all->rest->start_ns;
	if (!owed->start_ns && chain->began)
		owed->start_ns = chain_began_ns(chain);
}

static void add_chain(const struct chain *chain, void *data)
{
	struct collection *all = data;
	u32 i;

	for (i = 0; i < chain->nr_passed; i++)
		add_passed(all, chain->passed[i]);
	if (chain->waiter == CHAIN_AIO)
		add_owed(all, chain);
}

static void follow_bios(struct collection *all, const struct rest *rest)
{
	const struct bio *bio = rest->bio;
	struct chain chain;
	u32 i;

	if (rest->submitter.kiocb) {
		all->bio = *rest;
		chain_of_submitted(&chain, all->functions,
				   rest->submitter.kiocb);
		add_chain(&chain, all);
	}
	for (i = 0; bio && i < MAX_BIOS; i++) {
		if (!rest_of_bio(&all->bio, bio))
			return;
		chain_each(all->functions, bio, add_chain, all);
		cond_resched();
		if (!rest->rq || !peek(&bio, (const struct bio **)&bio->bi_next))
			return;
	}
}

static void look_at_rest(const struct rest *rest, void *data)
{
	struct collection *all = data;
	struct fill nr = all->nr;

	if (rest->below)
		return;
	all->rest = rest;
	follow_bios(all, rest);
	/* It may be done, and another one by now. */
	if (!rest_is_same(rest))
		all->nr = nr;
}

static void begin_disk(const struct disk_name *name,
		       const struct disk_load *load, void *data)
{
	struct collection *all = data;

	all->disk = *name;
	all->before = all->nr;
	if (!load->has_queue && load->accounted.value > 0)
		disk_names_mark(all->names, name->disk);
}

static void forget_disk(void *data)
{
	struct collection *all = data;

	all->nr = all->before;
}

static void end_disk(const char *why_not, void *data)
{
	struct collection *all = data;

	if (why_not)
		all->why_not = why_not;
}

static int by_address(const void *a, const void *b)
{
	const void *x = *(const void **)a, *y = *(const void **)b;

	return x < y ? -1 : x > y;
}

/* A loop device's own request is not where it rests, if it is found below. */
static void drop_passed(struct collection *all)
{
	u32 i, to = 0;

	if (!all->nr.passed)
		return;
	sort(all->passed, all->nr.passed, sizeof(*all->passed), by_address,
	     NULL);
	for (i = 0; i < all->nr.owed; i++)
		if (!bsearch(&all->owed[i].rq, all->passed, all->nr.passed,
			     sizeof(*all->passed), by_address))
			all->owed[to++] = all->owed[i];
	all->nr.owed = to;
}

/* While a disk is looked at no memory can be asked for. */
static void look_at_all(struct collection *all)
{
	const struct outstanding_visitor visitor = {
		.begin = begin_disk,
		.restart = forget_disk,
		.visit = look_at_rest,
		.end = end_disk,
		.data = all,
	};

	all->nr = (struct fill){};
	all->full = false;
	all->why_not = NULL;
	outstanding_each(&visitor);
	drop_passed(all);
}

/* Return: 0, -ENOMEM or -E2BIG; then there is nothing to free but @passed. */
static int collect_in_room(struct collection *all)
{
	for (; all->room <= MAX_OWED; all->room *= 4) {
		all->owed = kvmalloc_array(all->room, sizeof(*all->owed),
					   GFP_READ);
		all->passed = kvmalloc_array(all->room, sizeof(*all->passed),
					     GFP_READ);
		if (!all->owed || !all->passed) {
			kvfree(all->owed);
			return -ENOMEM;
		}
		look_at_all(all);
		if (!all->full)
			return 0;
		kvfree(all->owed);
		kvfree(all->passed);
		all->passed = NULL;
	}
	return -E2BIG;
}

int aio_owed_collect(struct aio_snap *snap)
{
	struct collection all = { .room = ROOM_AT_FIRST };
	int err;

	layout_modules_refresh();
	kvfree(snap->names);
	snap->names = disk_names_take();
	all.functions = chain_functions_alloc();
	if (!all.functions || !snap->names) {
		kvfree(all.functions);
		return -ENOMEM;
	}
	all.names = snap->names;
	err = collect_in_room(&all);
	kvfree(all.functions);
	kvfree(all.passed);
	if (err)
		return err;
	snap->owed = all.owed;
	snap->nr_owed = all.nr.owed;
	snap->why_no_owed = all.why_not;
	return 0;
}

static int by_kiocb(const void *a, const void *b)
{
	const struct aio_owed *x = a, *y = b;

	if (x->kiocb != y->kiocb)
		return x->kiocb < y->kiocb ? -1 : 1;
	return 0;
}

void aio_owed_sort(struct aio_snap *snap)
{
	sort(snap->owed, snap->nr_owed, sizeof(*snap->owed), by_kiocb, NULL);
}

static int by_age(const void *a, const void *b)
{
	const struct aio_owed *x = a, *y = b;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	if (x->sector != y->sector)
		return x->sector < y->sector ? -1 : 1;
	return 0;
}

/* A large AIO request is several block requests, and counts once. */
static void count_owed(struct aio_snap *snap)
{
	struct aio_context *context;
	u32 i;

	aio_owed_sort(snap);
	for (i = 0; i < snap->nr_owed; i++) {
		if (i && snap->owed[i].kiocb == snap->owed[i - 1].kiocb)
			continue;
		context = aio_context_find(snap, snap->owed[i].ctx);
		if (context)
			context->nr_owed++;
	}
}

void aio_owed_assign(struct aio_snap *snap)
{
	struct aio_context *context;
	u32 i;

	count_owed(snap);
	sort(snap->owed, snap->nr_owed, sizeof(*snap->owed), by_age, NULL);
	for (i = 0; i < snap->nr_owed; i++) {
		context = aio_context_find(snap, snap->owed[i].ctx);
		if (context)
			list_add_tail(&snap->owed[i].in_context,
				      &context->owed);
	}
}
