// SPDX-License-Identifier: GPL-2.0
/*
 * Which nbd disks exist: learned from the block class, so that it does not
 * matter whether nbd or nbddiag came first; one debugfs file for each.
 */
#include <linux/debugfs.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "devices.h"
#include "layout.h"
#include "text.h"

struct known_disk {
	struct gendisk *disk;
	struct dentry *file;
};

/*
 * By first minor, that is, in the order of the device numbers. The lock keeps
 * a disk from going while devices_call() looks at it; reads of a disk's own
 * file are waited for by debugfs_remove().
 */
static DEFINE_XARRAY(known_disks);
static DEFINE_MUTEX(known_lock);
static struct dentry *debugfs_dir;

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

static int remember(struct known_disk *known)
{
	int err;

	mutex_lock(&known_lock);
	err = xa_insert(&known_disks, known->disk->first_minor, known,
			GFP_KERNEL);
	mutex_unlock(&known_lock);
	return err;
}

static struct known_disk *forget(struct gendisk *disk)
{
	struct known_disk *known;

	mutex_lock(&known_lock);
	known = xa_erase(&known_disks, disk->first_minor);
	mutex_unlock(&known_lock);
	return known;
}

static int know(struct gendisk *disk)
{
	struct known_disk *known;
	int err;

	known = kzalloc(sizeof(*known), GFP_KERNEL);
	if (!known)
		return -ENOMEM;

	if (xa_empty(&known_disks))
		layout_resolve_nbd(disk);
	known->disk = disk;
	err = remember(known);
	if (err) {
		kfree(known);
		return err;
	}
	known->file = debugfs_create_file(disk->disk_name, 0400, debugfs_dir,
					  disk, &text_device_fops);
	if (IS_ERR(known->file)) {
		err = PTR_ERR(known->file);
		kfree(forget(disk));
		return err;
	}
	return 0;
}

/* The disk comes whatever is returned, so that somebody has to hear of it. */
static int add_disk_file(struct device *dev)
{
	struct gendisk *disk = nbd_disk(dev);
	int err;

	if (!disk)
		return 0;
	err = know(disk);
	if (err)
		pr_warn("%s: not shown: error %d\n", disk->disk_name, err);
	return err;
}

/* Called before nbd frees its device, while the disk is still whole. */
static void remove_disk_file(struct device *dev)
{
	struct gendisk *disk = nbd_disk(dev);
	struct known_disk *known;

	if (!disk)
		return;
	known = forget(disk);
	if (!known)
		return;
	debugfs_remove(known->file);
	kfree(known);
}

int devices_register(struct dentry *dir)
{
	debugfs_dir = dir;
	return compat_watch_block_class(add_disk_file, remove_disk_file);
}

void devices_unregister(void)
{
	compat_unwatch_block_class();
}

bool devices_call(unsigned long *pos,
		  void (*fn)(struct gendisk *disk, void *data), void *data)
{
	struct known_disk *known;

	mutex_lock(&known_lock);
	known = xa_find(&known_disks, pos, ULONG_MAX, XA_PRESENT);
	if (known)
		fn(known->disk, data);
	mutex_unlock(&known_lock);
	if (!known)
		return false;
	++*pos;
	return true;
}

bool devices_call_named(const char *name,
			void (*fn)(struct gendisk *disk, void *data),
			void *data)
{
	struct known_disk *known;
	bool found = false;
	unsigned long at;

	mutex_lock(&known_lock);
	xa_for_each(&known_disks, at, known) {
		if (strcmp(known->disk->disk_name, name))
			continue;
		fn(known->disk, data);
		found = true;
		break;
	}
	mutex_unlock(&known_lock);
	return found;
}
