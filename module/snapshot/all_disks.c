// SPDX-License-Identifier: GPL-2.0
/*
 * Knows all disks, as the block class tells. Those that went last are remembered
 * by address and name: a disk with requests that hang is out of the class long
 * before it is gone.
 */
#include <linux/completion.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "access/memory.h"
#include "access/peek.h"
#include "snapshot/all_disks.h"

#define REMOVED_MAX 64
#define NAMES_MAX 1048576

/**
 * struct disk_entry - a disk that has not gone
 * @node: by @disk, for those who add and remove; under the block class's mutex
 * @number: in @disks
 * @disk: the disk
 * @users: one for as long as it is in the table, and one for each who looks at
 *	the disk by way of the table
 * @unused: there is no user any more
 */
struct disk_entry {
	struct hlist_node node;
	u32 number;
	struct gendisk *disk;
	refcount_t users;
	struct completion unused;
};

/* By number, in the order in which they came. */
static DEFINE_XARRAY_ALLOC(disks);
static DEFINE_HASHTABLE(by_disk, 10);
static atomic_t nr_disks;

/* A ring of those that went. */
static DEFINE_SPINLOCK(removed_lock);
static struct disk_name removed[REMOVED_MAX];
static u32 nr_removed;

/* ---- coming and going ---- */

/* Partitions are in the same class. */
static struct gendisk *whole_disk(struct device *dev)
{
	if (!dev->type || !dev->type->name || strcmp(dev->type->name, "disk"))
		return NULL;
	return dev_to_disk(dev);
}

static void stop_using(struct disk_entry *entry)
{
	if (refcount_dec_and_test(&entry->users))
		complete(&entry->unused);
}

/* A new disk may have the memory of one that went, or its queue. */
static void forget_removed(const struct gendisk *disk)
{
	u32 i;

	spin_lock(&removed_lock);
	for (i = 0; i < REMOVED_MAX; i++)
		if (removed[i].disk == disk || removed[i].queue == disk->queue)
			removed[i].disk = NULL;
	spin_unlock(&removed_lock);
}

int all_disks_add(struct device *dev)
{
	struct gendisk *disk = whole_disk(dev);
	struct disk_entry *entry;
	int err;

	if (!disk)
		return 0;
	entry = kzalloc(sizeof(*entry), GFP_LOAD);
	if (!entry)
		return -ENOMEM;
	entry->disk = disk;
	refcount_set(&entry->users, 1);
	init_completion(&entry->unused);
	err = xa_alloc(&disks, &entry->number, entry, xa_limit_31b, GFP_LOAD);
	if (err) {
		kfree(entry);
		return err;
	}
	forget_removed(disk);
	hash_add(by_disk, &entry->node, (unsigned long)disk);
	atomic_inc(&nr_disks);
	return 0;
}

static struct disk_entry *take_out(const struct gendisk *disk)
{
	struct disk_entry *entry;

	hash_for_each_possible(by_disk, entry, node, (unsigned long)disk) {
		if (entry->disk != disk)
			continue;
		hash_del(&entry->node);
		return xa_erase(&disks, entry->number);
	}
	return NULL;
}

/* From 6.16 on the elevator's end waits for requests before the class is left. */
static bool is_dead(const struct gendisk *disk)
{
#ifdef GD_DEAD
	return test_bit(GD_DEAD, &disk->state);
#else
	return false;
#endif
}

void disk_name_fill(struct disk_name *name, const struct gendisk *disk)
{
	memset(name, 0, sizeof(*name));
	name->disk = disk;
	name->devt = disk_devt((struct gendisk *)disk);
	strscpy(name->name, disk->disk_name, sizeof(name->name));
	name->removed = is_dead(disk);
	if (disk->fops->owner)
		strscpy(name->driver, module_name(disk->fops->owner),
			sizeof(name->driver));
}

static void remember(const struct gendisk *disk)
{
	struct disk_name *name;

	spin_lock(&removed_lock);
	name = &removed[nr_removed++ % REMOVED_MAX];
	disk_name_fill(name, disk);
	name->removed = true;
	name->queue = disk->queue;
	name->queue_id = disk->queue->id;
	spin_unlock(&removed_lock);
}

void all_disks_remove(struct device *dev)
{
	struct gendisk *disk = whole_disk(dev);
	struct disk_entry *entry;

	if (!disk)
		return;
	entry = take_out(disk);
	if (!entry)
		return;
	remember(disk);
	stop_using(entry);
	wait_for_completion(&entry->unused);
	kfree(entry);
	atomic_dec(&nr_disks);
}

/* The first disk at or after *@at, which stays until stop_using(). */
static struct disk_entry *use_next(unsigned long *at)
{
	struct disk_entry *entry;

	xa_lock(&disks);
	entry = xa_find(&disks, at, ULONG_MAX, XA_PRESENT);
	if (entry)
		refcount_inc(&entry->users);
	xa_unlock(&disks);
	return entry;
}

bool all_disks_call(unsigned long *at,
		    void (*fn)(struct gendisk *disk, void *data), void *data)
{
	struct disk_entry *entry = use_next(at);

	if (!entry)
		return false;
	fn(entry->disk, data);
	stop_using(entry);
	++*at;
	return true;
}

/* ---- names ---- */

static struct disk_name *place_for(struct disk_names *names,
				   const struct gendisk *disk)
{
	u32 at = hash_ptr(disk, 32) & (names->room - 1);

	while (names->of[at].disk && names->of[at].disk != disk)
		at = (at + 1) & (names->room - 1);
	return &names->of[at];
}

const struct disk_name *disk_names_find(const struct disk_names *names,
					const struct gendisk *disk)
{
	const struct disk_name *name;

	if (!disk)
		return NULL;
	name = place_for((struct disk_names *)names, disk);
	return name->disk ? name : NULL;
}

void disk_names_mark(struct disk_names *names, const struct gendisk *disk)
{
	struct disk_name *name = place_for(names, disk);

	if (name->disk)
		name->keeps_bios = true;
}

/* One place stays empty, so that a search ends. */
static void add_name(struct gendisk *disk, void *data)
{
	struct disk_names *names = data;

	if (names->nr + 1 >= names->room)
		return;
	disk_name_fill(place_for(names, disk), disk);
	names->nr++;
}

/* Its memory may be another disk's by now, or still tell its name. */
static void add_removed(const struct disk_name *name, void *data)
{
	struct disk_names *names = data;
	struct disk_name *place = place_for(names, name->disk);

	if (place->disk || names->nr + 1 >= names->room)
		return;
	*place = *name;
	names->nr++;
}

static bool tells_its_name(const struct disk_name *name)
{
	char its_name[DISK_NAME_LEN];

	return name->disk && peek(&its_name, &name->disk->disk_name) &&
	       !strncmp(its_name, name->name, sizeof(its_name));
}

void all_disks_each_removed(void (*fn)(const struct disk_name *disk, void *data),
			    void *data)
{
	struct disk_name name;
	u32 i;

	for (i = 0; i < REMOVED_MAX; i++) {
		spin_lock(&removed_lock);
		name = removed[i];
		spin_unlock(&removed_lock);
		if (tells_its_name(&name))
			fn(&name, data);
	}
}

struct disk_names *disk_names_take(void)
{
	u32 room = roundup_pow_of_two(2 * (atomic_read(&nr_disks) +
					   REMOVED_MAX));
	struct disk_names *names;
	unsigned long at = 0;

	if (room > NAMES_MAX)
		return NULL;
	names = kvzalloc(struct_size(names, of, room), GFP_READ);
	if (!names)
		return NULL;
	names->room = room;
	while (all_disks_call(&at, add_name, names))
		cond_resched();
	all_disks_each_removed(add_removed, names);
	return names;
}
