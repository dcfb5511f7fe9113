// SPDX-License-Identifier: GPL-2.0
/*
 * 6.16, 97d06802d10a
 * ("sysfs: constify bin_attribute argument of bin_attribute::read/write()")
 */
#include <linux/sysfs.h>

static ssize_t probe_write(struct file *file, struct kobject *kobj,
			   const struct bin_attribute *attr, char *text,
			   loff_t pos, size_t len)
{
	return len;
}

void probe(struct bin_attribute *attr);
void probe(struct bin_attribute *attr)
{
	attr->write = probe_write;
}
