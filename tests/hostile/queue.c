// SPDX-License-Identifier: GPL-2.0
/* A real device's queue, stopped by somebody else than the knob. */
#include <linux/blk-mq.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "devices.h"

#include "hostile.h"

static void quiesce(struct gendisk *disk, void *unused)
{
	blk_mq_quiesce_queue(disk->queue);
}

static void unquiesce(struct gendisk *disk, void *unused)
{
	blk_mq_unquiesce_queue(disk->queue);
}

/* The name of a disk, without a newline. */
static ssize_t call_with_disk(const char __user *text, size_t len,
			      void (*fn)(struct gendisk *disk, void *data))
{
	char name[32];

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, text, len))
		return -EFAULT;
	name[len] = '\0';
	return devices_call_named(name, fn, NULL) ? len : -ENODEV;
}

static ssize_t quiesce_write(struct file *file, const char __user *text,
			     size_t len, loff_t *pos)
{
	return call_with_disk(text, len, quiesce);
}

static ssize_t unquiesce_write(struct file *file, const char __user *text,
			       size_t len, loff_t *pos)
{
	return call_with_disk(text, len, unquiesce);
}

static const struct file_operations quiesce_fops = {
	.owner = THIS_MODULE,
	.write = quiesce_write,
};

static const struct file_operations unquiesce_fops = {
	.owner = THIS_MODULE,
	.write = unquiesce_write,
};

void queue_files(struct dentry *dir)
{
	debugfs_create_file("quiesce", 0200, dir, NULL, &quiesce_fops);
	debugfs_create_file("unquiesce", 0200, dir, NULL, &unquiesce_fops);
}
