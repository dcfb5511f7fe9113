// SPDX-License-Identifier: GPL-2.0
/* Which AIO requests the nbd devices have in flight, and of which contexts. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "object/kiocb.h"
#include "snapshot/aio_collect.h"
#include "snapshot/disks.h"

#define ROOM_AT_FIRST 1024
#define MAX_OWED 262144

struct collection {
	struct aio_owed *owed;
	u32 nr;
	u32 nr_before; /* the disk */
	u32 room;
	bool full;
	const char *why_not;
	struct symbol_cache *functions;
	struct gendisk *disk;
	struct request_snap request;
};

static void add_owed(const struct kiocb_found *found, void *data)
{
	struct collection *all = data;
	struct aio_owed *owed;

	if (all->nr == all->room) {
		all->full = true;
		return;
	}
	owed = &all->owed[all->nr++];
	owed->ctx = found->ctx;
	owed->kiocb = found->kiocb;
	strscpy(owed->device, all->disk->disk_name, sizeof(owed->device));
	owed->op = all->request.op;
	owed->sector = found->sector;
	owed->bytes = found->bytes;
	owed->start_ns = all->request.start_ns;
}

static void look_at_request(struct request *rq, void *data)
{
	struct collection *all = data;
	struct request_snap after;
	u32 nr = all->nr;

	if (!requests_copy(&all->request, rq))
		return;
	kiocb_each(all->functions, rq, add_owed, all);
	/* It may be done, and another one by now. */
	if (!requests_copy(&after, rq) ||
	    memcmp(&after, &all->request, sizeof(after)))
		all->nr = nr;
}

static void forget_disk(void *data)
{
	struct collection *all = data;

	all->nr = all->nr_before;
}

static void look_at_disk(struct gendisk *disk, void *data)
{
	struct collection *all = data;
	const struct requests_visitor visitor = {
		.restart = forget_disk,
		.visit = look_at_request,
		.data = all,
	};
	const char *why_not = "layout-disproved";

	all->disk = disk;
	all->nr_before = all->nr;
	if (layout_check_disk(disk) == LAYOUT_OK)
		why_not = requests_each(disk, &visitor);
	if (why_not)
		all->why_not = why_not;
}

/* Under the lock of the devices no memory can be asked for. */
static int look_at_all(struct collection *all)
{
	unsigned long at = 0;

	while (!all->full && disks_call(&at, look_at_disk, all))
		cond_resched();
	return all->full ? -ENOSPC : 0;
}

/* Return: 0, -ENOMEM or -E2BIG; then there is nothing to free. */
static int collect_in_room(struct collection *all)
{
	int err;

	do {
		if (all->room > MAX_OWED)
			return -E2BIG;
		all->nr = 0;
		all->full = false;
		all->owed = kvmalloc_array(all->room, sizeof(*all->owed),
					   GFP_READ);
		if (!all->owed)
			return -ENOMEM;
		err = look_at_all(all);
		if (err)
			kvfree(all->owed);
		all->room *= 4;
	} while (err);
	return 0;
}

int aio_owed_collect(struct aio_snap *snap)
{
	struct collection all = { .room = ROOM_AT_FIRST };
	int err;

	all.functions = kiocb_functions_alloc();
	if (!all.functions)
		return -ENOMEM;
	err = collect_in_room(&all);
	kvfree(all.functions);
	if (err)
		return err;
	snap->owed = all.owed;
	snap->nr_owed = all.nr;
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

	sort(snap->owed, snap->nr_owed, sizeof(*snap->owed), by_kiocb, NULL);
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
