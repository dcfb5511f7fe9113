// SPDX-License-Identifier: GPL-2.0
/* Takes the snapshot of all tasks that cannot go on. */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "layout/modules.h"
#include "object/worker.h"
#include "snapshot/tasks_collect.h"

static void drop_moved(struct tasks_snap *snap)
{
	u32 i, nr = 0;

	for (i = 0; i < snap->nr; i++) {
		if (snap->of[i].moved)
			snap->went_on++;
		else if (nr++ != i)
			snap->of[nr - 1] = snap->of[i];
	}
	snap->nr = nr;
}

static void count_known(struct tasks_snap *snap)
{
	u32 i;

	for (i = 0; i < snap->nr; i++)
		snap->known += snap->of[i].awaits != TASK_AWAITS_UNKNOWN;
}

static int take(struct tasks_snap *snap)
{
	int too_many, err;

	snap->names = disk_names_take();
	if (!snap->names)
		return -ENOMEM;
	too_many = tasks_collect(snap);
	if (too_many && too_many != -E2BIG)
		return too_many;
	/* Those that free a ring of io_uring are in S. */
	snap->incomplete = worker_why_unknown();
	/* On an idle host there is none, and disks are not looked at. */
	if (!snap->nr)
		return 0;
	err = tasks_prove(snap);
	if (!err)
		err = tasks_find_children(snap);
	if (!err)
		err = tasks_resolve(snap);
	if (!err)
		err = tasks_join(snap);
	snap->now_ns = ktime_get_ns();
	if (!err)
		err = tasks_follow(snap);
	if (err)
		return err;
	if (too_many)
		snap->incomplete = "too-many";
	drop_moved(snap);
	count_known(snap);
	return 0;
}

struct tasks_snap *tasks_snap_take(void)
{
	struct tasks_snap *snap = kzalloc(sizeof(*snap), GFP_READ);
	u64 start = ktime_get_ns();
	int err;

	if (!snap)
		return ERR_PTR(-ENOMEM);
	layout_modules_refresh();
	err = take(snap);
	if (err) {
		tasks_snap_free(snap);
		return ERR_PTR(err);
	}
	snap->took_ns = ktime_get_ns() - start;
	return snap;
}

void tasks_snap_free(struct tasks_snap *snap)
{
	if (IS_ERR_OR_NULL(snap))
		return;
	kvfree(snap->of);
	kvfree(snap->workers);
	kvfree(snap->names);
	kfree(snap);
}
