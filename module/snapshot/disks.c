// SPDX-License-Identifier: GPL-2.0
/*
 * Which nbd disks exist: learned from the block class, so that it does not
 * matter whether nbd or nbddiag came first; one debugfs file for each.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "access/memory.h"
#include "layout/find.h"
#include "layout/learn.h"
#include "snapshot/all_disks.h"
#include "snapshot/disks.h"

/**
 * struct known_disk - a disk that has not gone
 * @disk: the disk
 * @file: its file in debugfs
 * @users: one for as long as it is in the table, and one for each who looks at
 *	the disk by way of the table
 * @unused: there is no user any more
 */
struct known_disk {
	struct gendisk *disk;
	struct dentry *file;
	refcount_t users;
	struct completion unused;
};

/*
 * By first minor, that is, in the order of the device numbers. A disk's removal
 * waits for those who look at that disk, not for those who look at others; there
 * is no lock but that of the table, which is held until a disk is found.
 */
static DEFINE_XARRAY(known_disks);
static struct dentry *debugfs_dir;
static const struct file_operations *file_operations;

static void stop_using(struct known_disk *known)
{
	if (refcount_dec_and_test(&known->users))
		complete(&known->unused);
}

/* Whole disks only: partitions are in the same class. */
static struct gendisk *nbd_disk(struct device *dev)
{
	struct gendisk *disk;

	if (!dev->type || !dev->type->name || strcmp(dev->type->name, "disk"))
		return NULL;
	disk = dev_to_disk(dev);
	if (disk->major != NBD_MAJOR || strncmp(disk->disk_name, "nbd", 3))
		return NULL;
	/* If nbd is built in, there is no owner to ask. */
	if (disk->fops->owner && strcmp(module_name(disk->fops->owner), "nbd"))
		return NULL;
	return disk;
}

/* Return: a disk that nobody can find any more or looks at, or NULL. */
static struct known_disk *forget_disk(struct gendisk *disk)
{
	struct known_disk *known = xa_erase(&known_disks, disk->first_minor);

	if (known) {
		stop_using(known);
		wait_for_completion(&known->unused);
	}
	return known;
}

static int add_known_disk(struct gendisk *disk)
{
	struct known_disk *known;
	int err;

	known = kzalloc(sizeof(*known), GFP_LOAD);
	if (!known)
		return -ENOMEM;

	if (xa_empty(&known_disks))
		layout_resolve_nbd(disk);
	layout_learn_at_once(disk, true);
	known->disk = disk;
	refcount_set(&known->users, 1);
	init_completion(&known->unused);
	err = xa_insert(&known_disks, disk->first_minor, known, GFP_LOAD);
	if (err) {
		kfree(known);
		return err;
	}
	known->file = debugfs_create_file_unsafe(disk->disk_name, 0400,
						 debugfs_dir, disk,
						 file_operations);
	if (IS_ERR(known->file)) {
		err = PTR_ERR(known->file);
		kfree(forget_disk(disk));
		return err;
	}
	return 0;
}

/* The disk comes whatever is returned, so that somebody has to hear of it. */
static int add_disk_file(struct device *dev)
{
	struct gendisk *disk = nbd_disk(dev);
	int err = all_disks_add(dev);

	if (err)
		pr_warn("%s: not looked at: error %d\n", dev_name(dev), err);
	if (!disk)
		return 0;
	err = add_known_disk(disk);
	if (err)
		pr_warn("%s: not shown: error %d\n", disk->disk_name, err);
	return err;
}

/* Called before nbd frees its device, while the disk is still whole. */
static void remove_disk_file(struct device *dev)
{
	struct gendisk *disk = nbd_disk(dev);
	struct known_disk *known;

	all_disks_remove(dev);
	if (!disk)
		return;
	known = forget_disk(disk);
	if (!known)
		return;
	debugfs_remove(known->file);
	kfree(known);
}

int disks_register(struct dentry *dir, const struct file_operations *fops)
{
	debugfs_dir = dir;
	file_operations = fops;
	return compat_watch_block_class(add_disk_file, remove_disk_file);
}

void disks_unregister(void)
{
	compat_unwatch_block_class();
}

/* The first disk at or after *@at, which stays until stop_using(). */
static struct known_disk *use_next(unsigned long *at)
{
	struct known_disk *known;

	xa_lock(&known_disks);
	known = xa_find(&known_disks, at, ULONG_MAX, XA_PRESENT);
	if (known)
		refcount_inc(&known->users);
	xa_unlock(&known_disks);
	return known;
}

bool disks_call(unsigned long *pos,
		void (*fn)(struct gendisk *disk, void *data), void *data)
{
	struct known_disk *known = use_next(pos);

	if (!known)
		return false;
	fn(known->disk, data);
	stop_using(known);
	++*pos;
	return true;
}

bool disks_call_named(const char *name,
		      void (*fn)(struct gendisk *disk, void *data),
			void *data)
{
	struct known_disk *known;
	bool found = false;
	unsigned long at;

	for (at = 0; !found && (known = use_next(&at)); at++) {
		found = !strcmp(known->disk->disk_name, name);
		if (found)
			fn(known->disk, data);
		stop_using(known);
	}
	return found;
}
