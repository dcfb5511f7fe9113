// SPDX-License-Identifier: GPL-2.0
/*
 * Looks into a device of the device mapper. Each object proves itself by what
 * points back at it: the device by its disk, a table by its device, a target by
 * its table, a multipath map by its target, a group by its map.
 */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/module.h>

#include "layout/layout.h"
#include "object/chain.h"
#include "object/counter.h"
#include "object/mapped.h"

/* Bits of mapped_device.flags, drivers/md/dm-core.h. */
#define DMF_BLOCK_IO_FOR_SUSPEND 0
#define DMF_SUSPENDED 1

#define MAX_BIOS 65536
#define MAX_GROUPS 1024
#define MAX_PATHS 1024

bool mapped_is(const struct gendisk *disk)
{
	return disk->fops->owner ?
		!strcmp(module_name(disk->fops->owner), "dm_mod") :
		!strncmp(disk->disk_name, "dm-", 3);
}

/* ---- is it one? ---- */

static bool is_multipath(const struct dm_target *target)
{
	struct target_type *type;
	const char *name;
	char text[sizeof("multipath")];

	return peek(&type, (struct target_type **)&target->type) &&
	       peek(&name, &type->name) &&
	       peek_bytes(text, name, sizeof(text)) &&
	       !memcmp(text, "multipath", sizeof(text));
}

/* The one target of a multipath map. */
static const void *multipath_of(const void *md)
{
	const void *table = layout_pointer(md, LM_MAPPED_DEVICE_MAP), *multipath;
	const struct dm_target *target;
	struct dm_table *its_table;
	u32 nr;

	if (!table || layout_pointer(table, LM_DM_TABLE_MD) != md ||
	    !layout_get(&nr, table, LM_DM_TABLE_NUM_TARGETS) || nr != 1)
		return NULL;
	target = layout_pointer(table, LM_DM_TABLE_TARGETS);
	if (!target || !peek(&its_table, (struct dm_table **)&target->table) ||
	    its_table != table || !is_multipath(target) ||
	    !peek(&multipath, (const void **)&target->private) ||
	    layout_pointer(multipath, LM_MULTIPATH_TI) != target)
		return NULL;
	return multipath;
}

static struct known pending_of(const void *md)
{
	unsigned long base;
	s64 sum;

	if (!layout_get(&base, md, LM_MAPPED_DEVICE_PENDING_IO) ||
	    !counter_sum(&sum, (const unsigned long __percpu *)base))
		return known_not("unreadable");
	return known_value(max_t(s64, sum, 0));
}

/* It has its own number for a name. */
static bool is_device_of(const void *md, const struct gendisk *disk)
{
	char name[16], want[16];

	snprintf(want, sizeof(want), "%u:%u", disk->major, disk->first_minor);
	return layout_pointer(md, LM_MAPPED_DEVICE_DISK) == disk &&
	       layout_get(&name, md, LM_MAPPED_DEVICE_NAME) &&
	       !strncmp(name, want, sizeof(name));
}

void mapped_take(struct mapped *mapped, const struct gendisk *disk)
{
	enum layout_status known = layout_status_of(LM_MAPPED_DEVICE_DISK);
	const void *md = disk->private_data;
	unsigned long flags;
	atomic_t valid;

	memset(mapped, 0, sizeof(*mapped));
	mapped->pending = known_not("unreadable");
	if (known != LAYOUT_OK) {
		mapped->why_not = layout_status_text(known);
		return;
	}
	if (!is_device_of(md, disk)) {
		mapped->why_not = layout_status_text(LAYOUT_DISPROVED);
		return;
	}
	mapped->md = md;
	if (layout_get(&flags, md, LM_MAPPED_DEVICE_FLAGS))
		mapped->suspended = flags & (BIT(DMF_BLOCK_IO_FOR_SUSPEND) |
					     BIT(DMF_SUSPENDED));
	mapped->pending = pending_of(md);
	mapped->multipath = multipath_of(md);
	if (mapped->multipath &&
	    layout_get(&valid, mapped->multipath, LM_MULTIPATH_NR_VALID_PATHS))
		mapped->valid_paths = atomic_read(&valid);
	else
		mapped->multipath = NULL;
}

/* ---- bios ---- */

struct bio_walk {
	void (*fn)(const struct bio *bio, bool no_path, void *data);
	void *data;
	const void *md;
	bool clones;
	bool no_path;
};

/*
 * A bio that leaves its list is put into others, and the next one there may be
 * anybody's. A target has clones, the device itself what was sent to it.
 */
static bool is_own(const struct bio_walk *walk, const struct bio *bio)
{
	const void *tio;

	if (!walk->clones)
		return chain_disk_of(bio) ==
			layout_pointer(walk->md, LM_MAPPED_DEVICE_DISK);
	if (layout_status_of(LM_DM_TARGET_IO_CLONE) != LAYOUT_OK)
		return false;
	tio = (const void *)bio - layout_offset(LM_DM_TARGET_IO_CLONE);
	return layout_pointer(layout_pointer(tio, LM_DM_TARGET_IO_IO),
			      LM_DM_IO_MD) == walk->md;
}

/* Return: false if it cannot be read to the end. */
static bool each_of_list(const struct bio_walk *walk,
			 const struct bio_list *list)
{
	const struct bio *bio;
	u32 i;

	if (!peek(&bio, (const struct bio **)&list->head))
		return false;
	for (i = 0; bio && i < MAX_BIOS; i++) {
		if (!is_own(walk, bio))
			return false;
		walk->fn(bio, walk->no_path, walk->data);
		if (!peek(&bio, (const struct bio **)&bio->bi_next))
			return false;
	}
	return !bio;
}

bool mapped_each_bio(const struct mapped *mapped,
		     void (*fn)(const struct bio *bio, bool no_path, void *data),
		     void *data)
{
	struct bio_walk walk = { .fn = fn, .data = data, .md = mapped->md };
	bool all;

	if (!mapped->md ||
	    layout_status_of(LM_MAPPED_DEVICE_DEFERRED) != LAYOUT_OK)
		return false;
	all = each_of_list(&walk, layout_at(mapped->md,
					    LM_MAPPED_DEVICE_DEFERRED));
	if (!mapped->multipath)
		return all;
	if (layout_status_of(LM_MULTIPATH_QUEUED_BIOS) != LAYOUT_OK)
		return false;
	walk.clones = true;
	walk.no_path = !mapped->valid_paths;
	return each_of_list(&walk, layout_at(mapped->multipath,
					     LM_MULTIPATH_QUEUED_BIOS)) && all;
}

/* ---- paths ---- */

struct path_walk {
	void (*fn)(const struct mapped_path *path, void *data);
	void *data;
};

static const struct gendisk *disk_of_path(const void *pgpath)
{
	const void *path = layout_at(pgpath, LM_PGPATH_PATH);
	const struct dm_dev *dev = layout_pointer(path, LM_DM_PATH_DEV);
	const struct block_device *bdev;
	const struct gendisk *disk;

	if (!dev ||
	    !peek(&bdev, (const struct block_device **)&dev->bdev) ||
	    !peek(&disk, (const struct gendisk **)&bdev->bd_disk))
		return NULL;
	return disk;
}

static struct known is_active(const void *pgpath)
{
	struct known bits = layout_unsigned(pgpath, LM_PGPATH_IS_ACTIVE);

	if (!bits.why_not)
		bits.value &= 1;
	return bits;
}

static void each_path_of(const struct path_walk *walk, const void *group,
			 u32 number)
{
	const struct list_head *head = layout_at(group,
						 LM_PRIORITY_GROUP_PGPATHS);
	const struct list_head *entry = peek_next(head);
	struct mapped_path path = { .group = number };
	const void *pgpath;
	u32 i;

	for (i = 0; entry && entry != head && i < MAX_PATHS; i++) {
		pgpath = (const void *)entry - layout_offset(LM_PGPATH_LIST);
		if (layout_pointer(pgpath, LM_PGPATH_PG) != group ||
		    !layout_get(&path.fail_count, pgpath, LM_PGPATH_FAIL_COUNT))
			return;
		path.disk = disk_of_path(pgpath);
		path.active = is_active(pgpath);
		walk->fn(&path, walk->data);
		entry = peek_next(entry);
	}
}

static bool knows_paths(void)
{
	static const enum layout_member_id needed[] = {
		LM_MULTIPATH_PRIORITY_GROUPS, LM_PRIORITY_GROUP_LIST,
		LM_PRIORITY_GROUP_M, LM_PRIORITY_GROUP_PGPATHS,
		LM_PGPATH_LIST, LM_PGPATH_PG, LM_PGPATH_PATH,
		LM_DM_PATH_DEV,
	};

	return layout_status_of_all(needed, ARRAY_SIZE(needed)) == LAYOUT_OK;
}

void mapped_each_path(const struct mapped *mapped,
		      void (*fn)(const struct mapped_path *path, void *data),
		      void *data)
{
	const struct path_walk walk = { .fn = fn, .data = data };
	const struct list_head *head, *entry;
	const void *group;
	u32 i;

	if (!mapped->multipath || !knows_paths())
		return;
	head = layout_at(mapped->multipath, LM_MULTIPATH_PRIORITY_GROUPS);
	entry = peek_next(head);
	for (i = 1; entry && entry != head && i <= MAX_GROUPS; i++) {
		group = (const void *)entry -
			layout_offset(LM_PRIORITY_GROUP_LIST);
		if (layout_pointer(group, LM_PRIORITY_GROUP_M) !=
		    mapped->multipath)
			return;
		each_path_of(&walk, group, i);
		entry = peek_next(entry);
	}
}

/* ---- requests ---- */

/* If it is not known which were cloned: all that went. */
bool mapped_is_below(const struct mapped *mapped, const struct request *rq)
{
	if (layout_status_of(LM_DM_RQ_TARGET_IO_CLONE) != LAYOUT_OK ||
	    layout_pointer(rq + 1, LM_DM_RQ_TARGET_IO_MD) != mapped->md)
		return true;
	return layout_pointer(rq + 1, LM_DM_RQ_TARGET_IO_CLONE);
}
