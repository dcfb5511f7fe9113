// SPDX-License-Identifier: GPL-2.0
/* Lists the block devices that a task has open. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "access/memory.h"
#include "object/block_files.h"
#include "object/task_files.h"

static void add_device(struct block_files *files, struct block_device *bdev)
{
	u32 i;

	for (i = 0; i < files->nr; i++)
		if (files->file[i].devt == bdev->bd_dev)
			return;
	if (files->nr == BLOCK_FILES_SHOWN) {
		files->more = true;
		return;
	}
	files->file[i].devt = bdev->bd_dev;
	snprintf(files->file[i].name, sizeof(files->file[i].name), "%pg", bdev);
	files->nr++;
}

static bool add_file(struct file *file, unsigned int fd, void *data)
{
	add_device(data, I_BDEV(file->f_mapping->host));
	return true;
}

struct block_files *block_files_get(pid_t tid, const void *task)
{
	struct block_files *files = kzalloc(sizeof(*files), GFP_READ);
	unsigned int fd = 0;

	if (!files)
		return NULL;
	do {
		fd = task_files_some(tid, task, fd, add_file, files);
		cond_resched();
	} while (fd);
	return files;
}
