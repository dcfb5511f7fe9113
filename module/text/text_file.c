// SPDX-License-Identifier: GPL-2.0
/* What the files in debugfs have in common: memory, and when a disk goes. */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "text/text_file.h"

/* More than any record has: seq_file would take more by itself, and wait. */
#define TEXT_BUFFER (32 << 10)

/*
 * seq_file's own structure is accounted to the reader's memory cgroup. It is
 * small, so rather let it exceed the limit than reclaim there, or kill.
 */
static int open_seq(struct file *file, const struct seq_operations *ops)
{
	unsigned int flags = memalloc_noreclaim_save();
	int err = seq_open(file, ops);

	memalloc_noreclaim_restore(flags);
	return err;
}

void *text_open(struct file *file, const struct seq_operations *ops,
		size_t size)
{
	unsigned int noio = memalloc_noio_save();
	void *private = kzalloc(size, GFP_READ);
	void *buffer = kvmalloc(TEXT_BUFFER, GFP_READ);
	struct seq_file *m;

	if (!private || !buffer || open_seq(file, ops))
		goto fail;
	memalloc_noio_restore(noio);
	m = file->private_data;
	m->private = private;
	m->buf = buffer;
	m->size = TEXT_BUFFER;
	return private;
fail:
	memalloc_noio_restore(noio);
	kvfree(buffer);
	kfree(private);
	return NULL;
}

int text_get(struct seq_file *m)
{
	return debugfs_file_get(m->file->f_path.dentry);
}

void text_put(struct seq_file *m)
{
	debugfs_file_put(m->file->f_path.dentry);
}

ssize_t text_read(struct file *file, char __user *buf, size_t size,
		  loff_t *pos)
{
	struct seq_file *m = file->private_data;
	int err = text_get(m);

	if (err)
		return err;
	text_put(m);
	return seq_read(file, buf, size, pos);
}
