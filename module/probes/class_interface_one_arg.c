// SPDX-License-Identifier: GPL-2.0
/* 6.4, 2243acd50ac3 ("driver core: class: remove struct class_interface * from callbacks") */
#include <linux/device.h>

static int add(struct device *dev)
{
	return 0;
}

struct class_interface probe = { .add_dev = add };
