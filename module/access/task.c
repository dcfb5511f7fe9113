// SPDX-License-Identifier: GPL-2.0
/* Looks tasks up; takes no reference and follows no foreign pointer. */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "access/peek.h"
#include "access/sound.h"
#include "access/task.h"

/* Under rcu_read_lock(), which keeps @task. */
static void fill_from(struct task_snap *snap, struct task_struct *task)
{
	snap->found = TASK_ALIVE;
	snap->pid = task->pid;
	snap->tgid = task->tgid;
	strscpy(snap->comm, task->comm, sizeof(snap->comm));
	snap->state = task_state_to_char(task);
	snap->task = task;
}

static void clear_snap(struct task_snap *snap)
{
	memset(snap, 0, sizeof(*snap));
	snap->has_device = UNKNOWN;
}

void task_snap_unreadable(struct task_snap *snap, const char *why_not)
{
	clear_snap(snap);
	snap->found = TASK_UNREADABLE;
	snap->why_not = why_not;
}

struct task_struct *task_find(pid_t tid)
{
	return pid_task(find_pid_ns(tid, &init_pid_ns), PIDTYPE_PID);
}

struct task_struct *task_find_same(pid_t tid, const void *task)
{
	struct task_struct *found = task_find(tid);

	return found == task ? found : NULL;
}

void task_snap_address(struct task_snap *snap, const void *address)
{
	const struct task_struct *there = address;
	struct task_struct *task;
	pid_t nr;

	clear_snap(snap);
	if (!address)
		return;

	snap->found = TASK_GONE;
	rcu_read_lock();
	if (is_sound(&there->pid) && peek(&nr, &there->pid)) {
		task = task_find_same(nr, there);
		if (task)
			fill_from(snap, task);
	}
	rcu_read_unlock();
}

void task_snap_number(struct task_snap *snap, pid_t pid)
{
	struct task_struct *task;

	clear_snap(snap);
	if (!pid)
		return;

	snap->found = TASK_GONE;
	snap->pid = pid;
	rcu_read_lock();
	task = task_find(pid);
	if (task)
		fill_from(snap, task);
	rcu_read_unlock();
}

void task_snap_pid(struct task_snap *snap, const struct pid *pid)
{
	struct task_struct *task;
	pid_t nr;

	clear_snap(snap);
	if (!pid)
		return;
	if (!peek(&nr, &pid->numbers[0].nr)) {
		task_snap_unreadable(snap, "unreadable");
		return;
	}

	snap->found = TASK_GONE;
	snap->pid = nr;
	rcu_read_lock();
	if (find_pid_ns(nr, &init_pid_ns) == pid) {
		task = task_find(nr);
		if (task)
			fill_from(snap, task);
	}
	rcu_read_unlock();
}
