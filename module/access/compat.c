// SPDX-License-Identifier: GPL-2.0
/* What compat.h promises and cannot say in a line. */
#include <linux/mm.h>

#include "access/memory.h"
#include "access/peek.h"

/* ---- the block class ---- */

static int (*watch_add)(struct device *dev);
static void (*watch_remove)(struct device *dev);

/*
 * With the class's mutex held, for which everybody waits who adds or removes a
 * disk: nothing here may wait for I/O.
 */
static int call_add(struct device *dev)
{
	unsigned int noio = memalloc_noio_save();
	int err = watch_add(dev);

	memalloc_noio_restore(noio);
	return err;
}

static void call_remove(struct device *dev)
{
	unsigned int noio = memalloc_noio_save();

	watch_remove(dev);
	memalloc_noio_restore(noio);
}

#ifdef HAVE_CLASS_INTERFACE_ONE_ARG
static int add_device(struct device *dev)
{
	return call_add(dev);
}

static void remove_device(struct device *dev)
{
	call_remove(dev);
}
#else
static int add_device(struct device *dev, struct class_interface *unused)
{
	return call_add(dev);
}

static void remove_device(struct device *dev, struct class_interface *unused)
{
	call_remove(dev);
}
#endif

static struct class_interface block_interface = {
	.add_dev = add_device,
	.remove_dev = remove_device,
};

/* Return: a disk that is never added, NULL or an ERR_PTR(). */
static struct gendisk *alloc_any_disk(void)
{
#if defined(HAVE_BLK_ALLOC_DISK_LIMITS)
	return blk_alloc_disk(NULL, NUMA_NO_NODE);
#elif defined(HAVE_BLK_ALLOC_DISK_NODE)
	return blk_alloc_disk(NUMA_NO_NODE);
#else
	return alloc_disk(1);
#endif
}

/* From 5.14 to 5.18 put_disk() alone leaves the queue of such a disk behind. */
static void free_any_disk(struct gendisk *disk)
{
#ifdef HAVE_BLK_CLEANUP_DISK
	blk_cleanup_disk(disk);
#else
	put_disk(disk);
#endif
}

int compat_watch_block_class(int (*add)(struct device *dev),
			     void (*remove)(struct device *dev))
{
	struct gendisk *disk = alloc_any_disk();

	/* The block class is not exported, but every disk points to it. */
	if (IS_ERR_OR_NULL(disk))
		return -ENOMEM;
	block_interface.class = disk_to_dev(disk)->class;
	free_any_disk(disk);

	watch_add = add;
	watch_remove = remove;
	return class_interface_register(&block_interface);
}

void compat_unwatch_block_class(void)
{
	class_interface_unregister(&block_interface);
}

/* ---- openers ---- */

#if !defined(HAVE_DISK_OPENERS) && !defined(HAVE_PART0_OPENERS)

/* The hash under which the block layer files the inode of a device. */
static unsigned long bdev_hash(dev_t devt)
{
	return MAJOR(devt) + MINOR(devt);
}

struct openers_search {
	dev_t devt;
	long openers;
};

static int match_openers(struct inode *inode, unsigned long hash, void *data)
{
	struct openers_search *search = data;
	struct block_device *bdev = I_BDEV(inode);

	if (bdev->bd_dev != search->devt)
		return 0;
	search->openers = bdev->bd_openers;
	return -1;
}
#endif

long compat_disk_openers(struct gendisk *disk)
{
#if defined(HAVE_DISK_OPENERS)
	return disk_openers(disk);
#elif defined(HAVE_PART0_OPENERS)
	return READ_ONCE(disk->part0->bd_openers);
#else
	struct openers_search search = { .devt = disk_devt(disk) };

	/* No inode: nobody has had the device open since it was made. */
	find_inode_nowait(blockdev_superblock, bdev_hash(search.devt),
			  match_openers, &search);
	return search.openers;
#endif
}

/* ---- partitions ---- */

int compat_bdev_partno(const struct block_device *bdev)
{
#ifdef HAVE_BDEV_PARTNO
	atomic_t flags;

	return peek(&flags, &bdev->__bd_flags) ?
		atomic_read(&flags) & BD_PARTNO : -1;
#else
	u8 part;

	return peek(&part, &bdev->bd_partno) ? part : -1;
#endif
}

/* ---- mappings ---- */

const void *compat_mapping_private(const struct inode *inode)
{
	struct address_space *mapping;
	void *private = NULL;

	if (!peek(&mapping, &inode->i_mapping))
		return NULL;
#if defined(HAVE_MAPPING_I_PRIVATE_DATA)
	peek(&private, &mapping->i_private_data);
#elif defined(HAVE_MAPPING_PRIVATE_DATA)
	peek(&private, &mapping->private_data);
#endif
	return private;
}
