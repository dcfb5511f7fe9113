// SPDX-License-Identifier: GPL-2.0
/* Looks tasks up; takes no reference and follows no foreign pointer. */
#include <linux/fdtable.h>
#include <linux/kdev_t.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "peek.h"
#include "tasks.h"

static int is_device(const void *devt, struct file *file, unsigned int fd)
{
	struct inode *inode = file_inode(file);

	/* A descriptor with O_PATH names the device, but does not open it. */
	return S_ISBLK(inode->i_mode) && !(file->f_mode & FMODE_PATH) &&
	       inode->i_rdev == *(const dev_t *)devt;
}

/* task_lock() keeps the table of files; cgroup/netclassid does the same. */
static enum tristate has_device(struct task_struct *task, dev_t devt)
{
	enum tristate has = NO;

	task_lock(task);
	if (task->files && iterate_fd(task->files, 0, is_device, &devt))
		has = YES;
	task_unlock(task);
	return has;
}

/* Under rcu_read_lock(), which keeps @task. */
static void fill(struct task_snap *snap, struct task_struct *task, dev_t devt)
{
	snap->found = TASK_ALIVE;
	snap->pid = task->pid;
	snap->tgid = task->tgid;
	strscpy(snap->comm, task->comm, sizeof(snap->comm));
	snap->state = task_state_to_char(task);
	snap->has_device = devt ? has_device(task, devt) : UNKNOWN;
}

static void clear(struct task_snap *snap)
{
	memset(snap, 0, sizeof(*snap));
	snap->has_device = UNKNOWN;
}

static struct task_struct *find_task(pid_t nr)
{
	return pid_task(find_pid_ns(nr, &init_pid_ns), PIDTYPE_PID);
}

void task_snap_address(struct task_snap *snap, const void *address, dev_t devt)
{
	const struct task_struct *there = address;
	struct task_struct *task;
	pid_t nr;

	clear(snap);
	if (!address)
		return;

	snap->found = TASK_GONE;
	rcu_read_lock();
	if (peek(&nr, &there->pid)) {
		task = find_task(nr);
		if (task && task == there)
			fill(snap, task, devt);
	}
	rcu_read_unlock();
}

void task_snap_number(struct task_snap *snap, pid_t pid, dev_t devt)
{
	struct task_struct *task;

	clear(snap);
	if (!pid)
		return;

	snap->found = TASK_GONE;
	snap->pid = pid;
	rcu_read_lock();
	task = find_task(pid);
	if (task)
		fill(snap, task, devt);
	rcu_read_unlock();
}

void task_snap_pid(struct task_snap *snap, const struct pid *pid)
{
	struct task_struct *task;
	pid_t nr;

	clear(snap);
	if (!pid)
		return;
	if (!peek(&nr, &pid->numbers[0].nr)) {
		snap->found = TASK_UNREADABLE;
		return;
	}

	snap->found = TASK_GONE;
	snap->pid = nr;
	rcu_read_lock();
	if (find_pid_ns(nr, &init_pid_ns) == pid) {
		task = find_task(nr);
		if (task)
			fill(snap, task, 0);
	}
	rcu_read_unlock();
}
