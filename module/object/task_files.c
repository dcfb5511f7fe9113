// SPDX-License-Identifier: GPL-2.0
/*
 * Which block devices a task has open. A table of files may have a million
 * places; its lock stops every open and close of that process, so most of the
 * table is looked at without it.
 */
#include <linux/bsearch.h>
#include <linux/fdtable.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "access/memory.h"
#include "access/peek.h"
#include "access/task.h"
#include "object/task_files.h"

/* Descriptors that are looked at in one go: some microseconds. */
#define FILES_AT_ONCE 256U

/* Tasks whose files are looked at once more, in one read of all devices. */
#define LOOKS_AGAIN 16

/* ---- a walk in pieces ---- */

struct files_walk {
	bool (*is_wanted)(const struct file *file, void *data);
	bool (*fn)(struct file *file, unsigned int fd, void *data);
	void *data;
	bool end;
};

/* A descriptor with O_PATH names the device, but does not open it. */
static bool is_block_device(const struct file *file, void *data)
{
	struct inode *inode;
	umode_t mode;
	fmode_t how;

	return peek(&inode, (struct inode **)&file->f_inode) &&
	       peek(&mode, &inode->i_mode) && S_ISBLK(mode) &&
	       peek(&how, &file->f_mode) && !(how & FMODE_PATH);
}

/*
 * The lock keeps the file; only this place is looked at in a hold of it. (Its
 * calls are counted by the case many-open.)
 */
static noinline void call_for_one(struct files_walk *walk,
				  struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt;
	struct file *file;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	file = fd < fdt->max_fds ?
	       rcu_dereference_check(fdt->fd[fd],
				     lockdep_is_held(&files->file_lock)) : NULL;
	if (file && walk->is_wanted(file, walk->data))
		walk->end = !walk->fn(file, fd, walk->data);
	spin_unlock(&files->file_lock);
}

/*
 * Under rcu_read_lock() and task_lock(), which keep the table. Without its lock a
 * file that stays open is seen as it is, and one that is closed meanwhile may look
 * like anything, so it is looked at again.
 */
static unsigned int walk_some(struct files_walk *walk,
			      struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files_fdtable(files);
	unsigned int end = min(fdt->max_fds, fd + FILES_AT_ONCE);

	for (; fd < end && !walk->end; fd++) {
		struct file *file = rcu_dereference(fdt->fd[fd]);

		if (file && walk->is_wanted(file, walk->data))
			call_for_one(walk, files, fd);
	}
	return walk->end || fd >= fdt->max_fds ? 0 : fd;
}

unsigned int task_files_some_of(pid_t tid, const void *task, unsigned int fd,
				bool (*is_wanted)(const struct file *file,
						  void *data),
				bool (*fn)(struct file *file, unsigned int fd,
					   void *data),
				void *data)
{
	struct files_walk walk = {
		.is_wanted = is_wanted,
		.fn = fn,
		.data = data,
	};
	struct task_struct *found;
	unsigned int next = 0;

	rcu_read_lock();
	found = task_find_same(tid, task);
	if (found) {
		task_lock(found);
		if (found->files)
			next = walk_some(&walk, found->files, fd);
		task_unlock(found);
	}
	rcu_read_unlock();
	return next;
}

unsigned int task_files_some(pid_t tid, const void *task, unsigned int fd,
			     bool (*fn)(struct file *file, unsigned int fd,
					void *data),
			     void *data)
{
	return task_files_some_of(tid, task, fd, is_block_device, fn, data);
}

/* ---- one device ---- */

struct device_search {
	dev_t devt;
	bool found;
};

static bool is_other_device(struct file *file, unsigned int fd, void *data)
{
	struct device_search *search = data;

	search->found = file_inode(file)->i_rdev == search->devt;
	return !search->found;
}

enum tristate task_has_device(pid_t tid, const void *task, dev_t devt)
{
	struct device_search search = { .devt = devt };
	unsigned int fd = 0;

	do {
		fd = task_files_some(tid, task, fd, is_other_device, &search);
		cond_resched();
	} while (fd);
	return search.found ? YES : NO;
}

/* ---- all devices of a task ---- */

/**
 * struct files_devices - the nbd devices that a table of files had
 * @node: among all tables
 * @files: address of the table, which the threads of a process share
 * @nr: how many files of devices it has
 * @room: entries allocated
 * @of: the minor number of each and its descriptor, by number
 */
struct files_devices {
	struct hlist_node node;
	const void *files;
	unsigned int nr;
	unsigned int room;
	struct device_file {
		unsigned int minor;
		unsigned int fd;
	} *of;
};

static bool add_device(struct file *file, unsigned int fd, void *data)
{
	dev_t devt = file_inode(file)->i_rdev;
	struct files_devices *devices = data;

	if (MAJOR(devt) == NBD_MAJOR) {
		devices->of[devices->nr].minor = MINOR(devt);
		devices->of[devices->nr].fd = fd;
		devices->nr++;
	}
	return true;
}

static int compare_minors(const void *a, const void *b)
{
	const struct device_file *one = a, *other = b;

	return one->minor < other->minor ? -1 : one->minor > other->minor;
}

/* Room for all that one piece of the walk can add. */
static bool make_room(struct files_devices *devices)
{
	unsigned int room = 2 * devices->nr + FILES_AT_ONCE;
	struct device_file *more;

	if (devices->room - devices->nr >= FILES_AT_ONCE)
		return true;
	more = kvmalloc_array(room, sizeof(*more), GFP_READ);
	if (!more)
		return false;
	if (devices->nr)
		memcpy(more, devices->of, devices->nr * sizeof(*more));
	kvfree(devices->of);
	devices->of = more;
	devices->room = room;
	return true;
}

static bool find_devices(struct files_devices *devices, pid_t tid,
			 const void *task)
{
	unsigned int fd = 0;

	devices->nr = 0;
	do {
		if (!make_room(devices)) {
			devices->nr = 0;
			return false;
		}
		fd = task_files_some(tid, task, fd, add_device, devices);
		cond_resched();
	} while (fd);
	sort(devices->of, devices->nr, sizeof(*devices->of), compare_minors,
	     NULL);
	return true;
}

static const struct device_file *find_file(const struct files_devices *devices,
					   dev_t devt)
{
	struct device_file key = { .minor = MINOR(devt) };

	if (!devices->nr || MAJOR(devt) != NBD_MAJOR)
		return NULL;
	return bsearch(&key, devices->of, devices->nr, sizeof(key),
		       compare_minors);
}

static const void *files_of(pid_t tid, const void *task)
{
	const void *files = NULL;
	struct task_struct *found;

	rcu_read_lock();
	found = task_find_same(tid, task);
	if (found)
		files = READ_ONCE(found->files);
	rcu_read_unlock();
	return files;
}

static struct files_devices *find_table(struct open_devices *all,
					const void *files)
{
	struct files_devices *devices;

	hash_for_each_possible(all->tables, devices, node,
			       (unsigned long)files)
		if (devices->files == files)
			return devices;
	return NULL;
}

static struct files_devices *add_table(struct open_devices *all,
				       const void *files)
{
	struct files_devices *devices = kzalloc(sizeof(*devices), GFP_READ);

	if (!devices)
		return NULL;
	devices->files = files;
	hash_add(all->tables, &devices->node, (unsigned long)files);
	return devices;
}

void open_devices_forget(struct open_devices *all)
{
	struct files_devices *devices;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(all->tables, bucket, next, devices, node) {
		hash_del(&devices->node);
		kvfree(devices->of);
		kfree(devices);
	}
	all->again = LOOKS_AGAIN;
}

/* Is it still open by the descriptor that was remembered? */
static bool is_still_open(const struct files_devices *devices, pid_t tid,
			  const void *task, dev_t devt)
{
	const struct device_file *file = find_file(devices, devt);
	struct device_search search = { .devt = devt };

	if (file)
		task_files_some(tid, task, file->fd, is_other_device, &search);
	return search.found;
}

enum tristate open_devices_ask(struct open_devices *all, pid_t tid,
			       const void *task, dev_t devt)
{
	const void *files = files_of(tid, task);
	struct files_devices *devices;

	if (!files)
		return NO;
	devices = find_table(all, files);
	if (devices) {
		if (is_still_open(devices, tid, task, devt))
			return YES;
		/* It may have been opened since. */
		if (!all->again)
			return UNKNOWN;
		all->again--;
	} else {
		devices = add_table(all, files);
	}
	if (!devices || !find_devices(devices, tid, task))
		return UNKNOWN;
	return find_file(devices, devt) ? YES : NO;
}
