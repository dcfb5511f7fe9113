// SPDX-License-Identifier: GPL-2.0
/* Needed by the knob, which has to know the file that is written to. */
#include <linux/sysfs.h>

#ifdef HAVE_BIN_ATTRIBUTE_CONST
static ssize_t need_write(struct file *file, struct kobject *kobj,
			  const struct bin_attribute *attr, char *text,
			  loff_t pos, size_t len)
#else
static ssize_t need_write(struct file *file, struct kobject *kobj,
			  struct bin_attribute *attr, char *text,
			  loff_t pos, size_t len)
#endif
{
	return len;
}

void need_bin_attribute(struct bin_attribute *attr);
void need_bin_attribute(struct bin_attribute *attr)
{
	attr->write = need_write;
}
