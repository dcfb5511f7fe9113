// SPDX-License-Identifier: GPL-2.0
/* Needed by compat_watch_block_class(). */
#include <linux/blkdev.h>
#include <linux/device.h>

#ifdef HAVE_CLASS_INTERFACE_ONE_ARG
static int need_add(struct device *dev)
#else
static int need_add(struct device *dev, struct class_interface *interface)
#endif
{
	return 0;
}

int need_class_interface(struct gendisk *disk);
int need_class_interface(struct gendisk *disk)
{
	static struct class_interface interface = { .add_dev = need_add };

	interface.class = disk_to_dev(disk)->class;
	class_interface_unregister(&interface);
	return class_interface_register(&interface);
}
