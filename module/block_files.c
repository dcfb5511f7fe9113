// SPDX-License-Identifier: GPL-2.0
/* Lists the block devices that a task has open. */
#include <linux/fdtable.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "block_files.h"
#include "memory.h"

#define FILES_AT_ONCE 512

struct listing {
	struct block_files *files;
	unsigned int seen;
};

static void add(struct block_files *files, struct block_device *bdev)
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

/* Return: 0 to go on, or the number after the file that was last looked at. */
static int look_at_file(const void *data, struct file *file, unsigned int fd)
{
	struct listing *listing = (void *)data;

	/* A descriptor with O_PATH names the device, but does not open it. */
	if (S_ISBLK(file_inode(file)->i_mode) &&
	    !(file->f_mode & FMODE_PATH))
		add(listing->files, I_BDEV(file->f_mapping->host));
	return ++listing->seen < FILES_AT_ONCE ? 0 : fd + 1;
}

/* Return: the file to go on with, 0 at the end. */
static int look_at_some(struct listing *listing, pid_t tid, const void *address,
			int fd)
{
	struct task_struct *task;
	int next = 0;

	listing->seen = 0;
	rcu_read_lock();
	task = pid_task(find_pid_ns(tid, &init_pid_ns), PIDTYPE_PID);
	if (task && task == address) {
		task_lock(task);
		if (task->files)
			next = iterate_fd(task->files, fd, look_at_file,
					  listing);
		task_unlock(task);
	}
	rcu_read_unlock();
	return next;
}

struct block_files *block_files_get(pid_t tid, const void *task)
{
	struct listing listing;
	int fd = 0;

	listing.files = kzalloc(sizeof(*listing.files), GFP_READ);
	if (!listing.files)
		return NULL;
	do {
		fd = look_at_some(&listing, tid, task, fd);
		cond_resched();
	} while (fd);
	return listing.files;
}
