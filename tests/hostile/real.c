// SPDX-License-Identifier: GPL-2.0
/* Real devices that something is done to, for tests of the knob. */
#include <linux/blk-mq.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "snapshot/disks.h"

#include "hostile.h"

static void quiesce(struct gendisk *disk, void *unused)
{
	blk_mq_quiesce_queue(disk->queue);
}

static void unquiesce(struct gendisk *disk, void *unused)
{
	blk_mq_unquiesce_queue(disk->queue);
}

/* What proves a layout is not there; nobody may open or close the device. */
static void unlink(struct gendisk *disk, void *unused)
{
	forge(disk->private_data, LM_NBD_DEVICE_DISK, (void *)NULL);
}

static void link(struct gendisk *disk, void *unused)
{
	forge(disk->private_data, LM_NBD_DEVICE_DISK, (void *)disk);
}

static const struct deed {
	const char *name;
	void (*fn)(struct gendisk *disk, void *unused);
} deeds[] = {
	{ "quiesce", quiesce },
	{ "unquiesce", unquiesce },
	{ "unlink", unlink },
	{ "link", link },
};

/* The name of a disk, without a newline. */
static ssize_t deed_write(struct file *file, const char __user *text,
			  size_t len, loff_t *pos)
{
	const struct deed *deed = file_inode(file)->i_private;
	char name[32];

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, text, len))
		return -EFAULT;
	name[len] = '\0';
	return disks_call_named(name, deed->fn, NULL) ? len : -ENODEV;
}

static const struct file_operations deed_fops = {
	.owner = THIS_MODULE,
	.write = deed_write,
};

void real_files(struct dentry *dir)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(deeds); i++)
		debugfs_create_file(deeds[i].name, 0200, dir,
				    (void *)&deeds[i], &deed_fops);
}
