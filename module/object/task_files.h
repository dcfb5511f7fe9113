/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which block devices a task has open, found without holding up its work. A task
 * is given by @tid, its thread id in the initial pid namespace, and @task, the
 * address of its task_struct, by which it is recognized.
 */
#ifndef NBDDIAG_TASK_FILES_H
#define NBDDIAG_TASK_FILES_H

#include <linux/hashtable.h>
#include <linux/types.h>

#include "access/plain.h"

struct file;

/*
 * Call a function for some of a task's open block devices.
 *
 * @fd: descriptor to begin at
 * @fn: called with the table of files locked, so that @file stays; it returns
 *	false to end the walk
 *
 * Looks at some hundred descriptors. A file that stays open is not missed.
 *
 * Context: does not sleep; takes spinlocks of the task and its table of files,
 * the latter for one file at a time.
 * Return: the descriptor to go on with, 0 at the end.
 */
unsigned int task_files_some(pid_t tid, const void *task, unsigned int fd,
			     bool (*fn)(struct file *file, unsigned int fd,
					void *data),
			     void *data);

/*
 * The same for files of another kind.
 *
 * @is_wanted: asked with @data; of a file that may be gone, so it reads with fault
 *	tolerance, and once more with the table of files locked
 */
unsigned int task_files_some_of(pid_t tid, const void *task, unsigned int fd,
				bool (*is_wanted)(const struct file *file,
						  void *data),
				bool (*fn)(struct file *file, unsigned int fd,
					   void *data),
				void *data);

/*
 * Has a task a block device open?
 *
 * Context: may sleep, as it lets others run between steps.
 */
enum tristate task_has_device(pid_t tid, const void *task, dev_t devt);

/**
 * struct open_devices - answers of task_has_device() for one read of all devices
 * @tables: the tables of files that were looked at, by address
 * @again: how often one may be looked at once more
 *
 * A process that has n devices open is asked about each of them, which would
 * take n * n steps. So all devices in a table are remembered at once. What was
 * remembered is looked at again before it is believed.
 */
struct open_devices {
	DECLARE_HASHTABLE(tables, 8);
	unsigned int again;
};

/**
 * open_devices_forget() - begin anew, or give the memory back
 * @all: zeros at first
 */
void open_devices_forget(struct open_devices *all);

/*
 * Has a task an nbd device open?
 *
 * @all: what is known of this and other tasks
 *
 * Context: may sleep.
 * Return: what was true at some moment during this call; UNKNOWN if memory is
 * short, or if it would take too long to find out.
 */
enum tristate open_devices_ask(struct open_devices *all, pid_t tid,
			       const void *task, dev_t devt);

#endif /* NBDDIAG_TASK_FILES_H */
