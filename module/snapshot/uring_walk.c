// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at every table of files once, and at every task that has registered rings
 * or frees one. A ring that was met is looked at without a lock, and believed if it
 * was there before and after.
 */
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "access/all_tasks.h"
#include "access/memory.h"
#include "access/peek.h"
#include "access/task.h"
#include "object/task_files.h"
#include "object/worker.h"
#include "snapshot/uring_collect.h"

/* Many processes are told apart with RCU held, so the lists of tables are short. */
#define TABLES_BITS 14
#define TABLES_MAX 1048576
#define RINGS_AT_ONCE 16

/* A table of files that was looked at. */
struct files_seen {
	struct hlist_node node;
	const void *files;
};

struct ring_walk {
	struct uring_snap *snap;
	int tid;
	u32 nr_tables;
	struct symbol_cache files;
	struct symbol_cache workers;
	/* Of the task that was found: */
	pid_t task_tid;
	const void *task;
	const void *table;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	struct worker_job job;
	u32 nr_registered;
	struct uring_file registered[RINGS_AT_ONCE];
	/* Of its files: */
	u32 nr_open;
	struct uring_file open[RINGS_AT_ONCE];
	int fds[RINGS_AT_ONCE];
	DECLARE_HASHTABLE(seen, TABLES_BITS);
};

/* ---- under RCU: looking ---- */

static bool is_seen(const struct ring_walk *walk, const void *table)
{
	const struct files_seen *seen;

	hash_for_each_possible(walk->seen, seen, node, (unsigned long)table)
		if (seen->files == table)
			return true;
	return false;
}

static bool look_at_task(void *data, struct task_struct *task)
{
	struct ring_walk *walk = data;

	worker_take(&walk->job, task);
	walk->table = READ_ONCE(task->files);
	if (walk->table && is_seen(walk, walk->table))
		walk->table = NULL;
	walk->nr_registered = uring_registered(walk->registered, RINGS_AT_ONCE,
					       task);
	if (!walk->job.work && !walk->table && !walk->nr_registered)
		return false;
	walk->task_tid = task->pid;
	walk->task = task;
	walk->pid = task->tgid;
	strscpy(walk->comm, task->group_leader->comm, sizeof(walk->comm));
	return true;
}

/* Return: false at the end. @walk->task is NULL if there is nothing to keep. */
static noinline bool look_at_some_owners(struct ring_walk *walk)
{
	walk->task = NULL;
	return all_tasks_some(&walk->tid, look_at_task, walk);
}

/* ---- its files ---- */

static bool may_be_ring(const struct file *file, void *data)
{
	return uring_may_be(file);
}

static bool add_open(struct file *file, unsigned int fd, void *data)
{
	struct ring_walk *walk = data;

	if (uring_file_take(&walk->open[walk->nr_open], file))
		walk->fds[walk->nr_open++] = fd;
	return walk->nr_open < RINGS_AT_ONCE;
}

/* A process may have thousands, and each of them is looked at once more. */
static bool add_first(struct file *file, unsigned int fd, void *data)
{
	add_open(file, fd, data);
	return false;
}

/* ---- keeping ---- */

static int keep(struct ring_walk *walk, const void *address, int fd)
{
	struct uring_ring ring = {
		.ring = address,
		.processes = 1,
		.pid = walk->pid,
		.fd = fd,
	};

	memcpy(ring.comm, walk->comm, sizeof(ring.comm));
	uring_take(&ring.figures, address);
	return uring_add(walk->snap, &ring);
}

/* The ring is there as long as its file is, so it is looked at once more. */
static bool is_still_open(struct ring_walk *walk, const struct uring_file *file,
			  int fd)
{
	walk->nr_open = 0;
	task_files_some_of(walk->task_tid, walk->task, fd, may_be_ring,
			   add_first, walk);
	return walk->nr_open && walk->fds[0] == fd &&
	       walk->open[0].ring == file->ring;
}

static int keep_open(struct ring_walk *walk, u32 nr,
		     const struct uring_file *open, const int *fds)
{
	struct uring_snap *snap = walk->snap;
	int err = 0;
	u32 i;

	for (i = 0; i < nr && !err; i++) {
		if (!uring_is(&open[i], &walk->files))
			continue;
		err = keep(walk, open[i].ring, fds[i]);
		if (!err && !is_still_open(walk, &open[i], fds[i]))
			snap->nr--;
		cond_resched();
	}
	return err;
}

static int keep_files(struct ring_walk *walk)
{
	struct uring_file open[RINGS_AT_ONCE];
	int fds[RINGS_AT_ONCE];
	unsigned int fd = 0;
	int err = 0;
	u32 nr;

	do {
		walk->nr_open = 0;
		fd = task_files_some_of(walk->task_tid, walk->task, fd,
					may_be_ring, add_open, walk);
		nr = walk->nr_open;
		memcpy(open, walk->open, sizeof(open));
		memcpy(fds, walk->fds, sizeof(fds));
		/* It ended early, and goes on behind the last one. */
		if (nr == RINGS_AT_ONCE)
			fd = fds[nr - 1] + 1;
		err = keep_open(walk, nr, open, fds);
		cond_resched();
	} while (fd && !err);
	return err;
}

/* The task keeps its registered rings, if it still has them. */
static int keep_registered(struct ring_walk *walk)
{
	struct uring_file again[RINGS_AT_ONCE];
	struct uring_snap *snap = walk->snap;
	const u32 before = snap->nr;
	struct task_struct *task;
	int err = 0;
	u32 nr = 0, i;

	for (i = 0; i < walk->nr_registered && !err; i++)
		if (uring_is(&walk->registered[i], &walk->files))
			err = keep(walk, walk->registered[i].ring, -1);
	if (err || snap->nr == before)
		return err;
	rcu_read_lock();
	task = task_find_same(walk->task_tid, walk->task);
	if (task)
		nr = uring_registered(again, RINGS_AT_ONCE, task);
	rcu_read_unlock();
	if (nr != walk->nr_registered ||
	    memcmp(again, walk->registered, nr * sizeof(*again)))
		snap->nr = before;
	return 0;
}

/* A worker that frees a ring keeps it. */
static int keep_freed(struct ring_walk *walk)
{
	struct uring_ring ring = {
		.worker = walk->task_tid,
		.fd = -1,
	};
	struct task_struct *task;
	struct worker_job job;
	bool same;

	if (symbol_which(&walk->workers, walk->job.fn) == SYMBOL_NONE)
		return 0;
	ring.ring = uring_of_exit_work(walk->job.work);
	uring_take(&ring.figures, ring.ring);
	rcu_read_lock();
	task = task_find_same(walk->task_tid, walk->task);
	same = task && worker_take(&job, task) &&
	       !memcmp(&job, &walk->job, sizeof(job));
	rcu_read_unlock();
	return same ? uring_add(walk->snap, &ring) : 0;
}

/* If the task ended meanwhile, another thread of the process leads to the table. */
static bool has_table(const struct ring_walk *walk)
{
	struct task_struct *task;
	bool has;

	rcu_read_lock();
	task = task_find_same(walk->task_tid, walk->task);
	has = task && READ_ONCE(task->files) == walk->table;
	rcu_read_unlock();
	return has;
}

static int remember(struct ring_walk *walk)
{
	struct files_seen *seen;

	if (walk->nr_tables == TABLES_MAX)
		return -E2BIG;
	seen = kmalloc(sizeof(*seen), GFP_READ);
	if (!seen)
		return -ENOMEM;
	seen->files = walk->table;
	hash_add(walk->seen, &seen->node, (unsigned long)walk->table);
	walk->nr_tables++;
	return 0;
}

static int keep_task(struct ring_walk *walk)
{
	int err = 0;

	if (walk->job.work)
		err = keep_freed(walk);
	if (!err && walk->nr_registered)
		err = keep_registered(walk);
	if (!err && walk->table)
		err = keep_files(walk);
	if (!err && walk->table && has_table(walk))
		err = remember(walk);
	return err;
}

static void forget_tables(struct ring_walk *walk)
{
	struct files_seen *seen;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(walk->seen, bucket, next, seen, node)
		kfree(seen);
}

int uring_walk(struct uring_snap *snap)
{
	struct ring_walk *walk = kvzalloc(sizeof(*walk), GFP_READ);
	int err = 0;

	if (!walk)
		return -ENOMEM;
	walk->snap = snap;
	walk->tid = 1;
	uring_exit_functions(&walk->workers);
	uring_functions(&walk->files);
	hash_init(walk->seen);
	while (!err && look_at_some_owners(walk)) {
		if (walk->task)
			err = keep_task(walk);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	forget_tables(walk);
	kvfree(walk);
	return err;
}
