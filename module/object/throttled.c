// SPDX-License-Identifier: GPL-2.0
/*
 * Bios that blk-throttle holds back. Each cgroup that uses a disk has a blkcg_gq
 * there, in a list of the queue; that has a throtl_grp, and this has four lists
 * of bios, in which all are that wait for the cgroup's limits or for those of the
 * cgroup above it:
 *
 *	request_queue.blkg_list -> blkcg_gq.pd[...] -> throtl_grp
 *		qnode_on_self[2], qnode_on_parent[2] -> bios
 *
 * Nothing keeps them while they are read. A blkcg_gq proves itself by its queue,
 * a throtl_grp by the queue's throtl_data, a list by its throtl_grp. Which of the
 * data of policies in pd[] is the one is found by that proof.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/sched.h>

#include "layout/layout.h"
#include "object/chain.h"
#include "object/throttled.h"

#ifdef CONFIG_BLK_DEV_THROTTLING

#define MAX_GROUPS 65536
#define MAX_POLICIES 16
#define MAX_BIOS 65536
#define QNODES 2

/* ---- how many ---- */

static const void *throttle_of(const struct request_queue *q, bool *readable)
{
	const void *td;

	*readable = peek(&td, (const void **)&q->td);
	if (!*readable || !td)
		return NULL;
	*readable = layout_pointer(td, LM_THROTL_DATA_QUEUE) == q;
	return *readable ? td : NULL;
}

struct known throttled_count(const struct request_queue *q)
{
	bool readable;
	const void *td = throttle_of(q, &readable);
	u32 nr[2];

	if (!readable)
		return known_not("unreadable");
	if (!td)
		return known_value(0);
	if (!layout_get(&nr, td, LM_THROTL_DATA_NR_QUEUED))
		return known_not("unreadable");
	return known_value((s64)nr[0] + nr[1]);
}

/* ---- which ---- */

struct throttle_walk {
	const struct request_queue *q;
	const void *td;
	void (*fn)(const struct bio *bio, void *data);
	void *data;
	u32 found;
};

/* A bio that is let go is put into other lists, with anybody's. */
static bool is_for(const struct request_queue *q, const struct bio *bio)
{
	const struct gendisk *disk = chain_disk_of(bio);
	struct request_queue *its_queue;

	return disk && peek(&its_queue, &disk->queue) && its_queue == q;
}

/* Return: false if it cannot be read to the end. */
static bool each_of_list(struct throttle_walk *walk, const struct bio_list *list)
{
	const struct bio *bio;
	u32 i;

	if (!peek(&bio, (const struct bio **)&list->head))
		return false;
	for (i = 0; bio && i < MAX_BIOS; i++) {
		if (!is_for(walk->q, bio))
			return false;
		walk->found++;
		walk->fn(bio, walk->data);
		if (!peek(&bio, (const struct bio **)&bio->bi_next))
			return false;
	}
	return !bio;
}

/* Newer kernels have two lists, as they limit bytes and operations apart. */
static bool each_of_qnode(struct throttle_walk *walk, const void *qnode,
			  const void *group)
{
	static const enum layout_member_id lists[] = {
		LM_THROTL_QNODE_BIOS, LM_THROTL_QNODE_BIOS_BPS,
		LM_THROTL_QNODE_BIOS_IOPS,
	};
	bool all = true, any = false;
	u32 i;

	if (layout_pointer(qnode, LM_THROTL_QNODE_TG) != group)
		return false;
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		if (layout_status_of(lists[i]) != LAYOUT_OK)
			continue;
		any = true;
		all &= each_of_list(walk, layout_at(qnode, lists[i]));
	}
	return all && any;
}

static bool each_of_group(struct throttle_walk *walk, const void *group)
{
	const void *self = layout_at(group, LM_THROTL_GRP_QNODE_ON_SELF);
	const void *parent = layout_at(group, LM_THROTL_GRP_QNODE_ON_PARENT);
	u32 size = layout_size_of(LS_THROTL_QNODE), i;
	bool all = true;

	for (i = 0; i < QNODES; i++) {
		all &= each_of_qnode(walk, self + i * size, group);
		all &= each_of_qnode(walk, parent + i * size, group);
	}
	return all;
}

/* The group of this disk's limits, or NULL. */
static const void *group_of(const struct throttle_walk *walk, const void *blkg)
{
	const void **pd = (const void **)layout_at(blkg, LM_BLKCG_GQ_PD);
	const void *data, *group;
	u32 i;

	for (i = 0; i < MAX_POLICIES; i++) {
		if (!peek(&data, &pd[i]))
			return NULL;
		group = data - layout_offset(LM_THROTL_GRP_PD);
		if (data && layout_pointer(group, LM_THROTL_GRP_TD) == walk->td)
			return group;
	}
	return NULL;
}

static bool is_known(void)
{
	static const enum layout_member_id needed[] = {
		LM_BLKCG_GQ_Q, LM_BLKCG_GQ_Q_NODE, LM_BLKCG_GQ_PD,
		LM_THROTL_GRP_PD, LM_THROTL_GRP_TD,
		LM_THROTL_GRP_QNODE_ON_SELF, LM_THROTL_GRP_QNODE_ON_PARENT,
		LM_THROTL_QNODE_TG,
	};

	return layout_status_of_all(needed, ARRAY_SIZE(needed)) == LAYOUT_OK;
}

/* Return: false if the list of groups cannot be read to the end. */
static bool each_group(struct throttle_walk *walk)
{
	const struct list_head *head = &walk->q->blkg_list, *entry;
	const void *blkg, *group;
	bool all = true;
	u32 i;

	if (!peek(&entry, (const struct list_head **)&head->next))
		return false;
	for (i = 0; entry != head; i++) {
		blkg = (const void *)entry - layout_offset(LM_BLKCG_GQ_Q_NODE);
		if (i == MAX_GROUPS ||
		    layout_pointer(blkg, LM_BLKCG_GQ_Q) != walk->q)
			return false;
		group = group_of(walk, blkg);
		if (group)
			all &= each_of_group(walk, group);
		if (!peek(&entry, (const struct list_head **)&entry->next))
			return false;
		cond_resched();
	}
	return all;
}

const char *throttled_each(const struct request_queue *q,
			   void (*fn)(const struct bio *bio, void *data),
			   void *data)
{
	struct throttle_walk walk = { .q = q, .fn = fn, .data = data };
	struct known nr = throttled_count(q), after;
	bool readable;

	if (nr.why_not || !nr.value)
		return nr.why_not;
	walk.td = throttle_of(q, &readable);
	if (!walk.td || !is_known())
		return "unreadable";
	if (!each_group(&walk))
		return "changing";
	after = throttled_count(q);
	return walk.found >= min(nr.value, after.value) ? NULL : "changing";
}

#else
struct known throttled_count(const struct request_queue *q)
{
	return known_value(0);
}

const char *throttled_each(const struct request_queue *q,
			   void (*fn)(const struct bio *bio, void *data),
			   void *data)
{
	return NULL;
}
#endif
