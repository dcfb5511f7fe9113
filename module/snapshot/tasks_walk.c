// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at every thread once, and copies of those that cannot go on what their
 * stacks say. A task is kept by RCU for moments, never by a reference.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "access/all_tasks.h"
#include "access/memory.h"
#include "layout/layout.h"
#include "object/uring.h"
#include "object/waiter.h"
#include "object/worker.h"
#include "snapshot/tasks_collect.h"

#define TASKS_AT_FIRST 64
#define TASKS_MAX 65536
#define WORKERS_AT_FIRST 64
#define WORKERS_MAX 65536

struct task_walk {
	struct tasks_snap *snap;
	int tid;
	bool found;
	struct task_wait wait;
	struct worker_job job;
	struct task_worker worker;
	struct wait_functions functions;
	struct symbol_cache aio_functions;
	struct symbol_cache ring_functions;
	struct aio_waiter waiter;
	unsigned long noted;
	bool has_stack;
	struct stack_copy stack;
};

/* ---- under RCU: looking ---- */

static void copy_worker(struct task_worker *worker,
			const struct worker_job *job)
{
	worker->work_fn = job->fn;
	worker->works = worker_works(job);
	worker->flusher = worker_flusher(job, &worker->colours);
	worker->bdi = worker_bdi(job);
}

/* In do_exit() and exec, before the task counts as one that exits. */
static bool is_cancelling(const struct task_struct *task)
{
#ifdef CONFIG_IO_URING
	const void *tctx = READ_ONCE(task->io_uring);
	int nr;

	return tctx && (layout_get(&nr, tctx, LM_IO_URING_TASK_IN_CANCEL) ||
			layout_get(&nr, tctx, LM_IO_URING_TASK_IN_IDLE)) &&
	       nr > 0;
#else
	return false;
#endif
}

/*
 * A signal lets it sleep no more, and does not end the wait: so it looks for its
 * requests all the time. A thread of the kernel that takes requests of a process has
 * got one if that was killed.
 */
static bool keeps_looking(const struct task_wait *wait,
			  struct task_struct *task)
{
	return wait->cancelling &&
	       (READ_ONCE(task->flags) & PF_IO_WORKER || signal_pending(task));
}

static bool waits_long(const struct task_wait *wait)
{
	if (wait->keeps_looking)
		return true;
	return !wait->waiting_ns || wait->waiting_ns >= TASKS_MOMENT_NS;
}

/* Cheap, as all tasks of the host are asked. What a worker does is found out later. */
static bool may_hang(struct task_walk *walk, struct task_struct *task)
{
	struct task_wait *wait = &walk->wait;

	memset(wait, 0, sizeof(*wait));
	if (READ_ONCE(task->exit_state))
		return false;
	/* Whoever gets a CPU from here on has moved. */
	wait->switched = stack_times_switched(task);
	wait->state = task_state_to_char(task);
	wait->exiting = READ_ONCE(task->flags) & PF_EXITING;
	wait->frozen = compat_is_frozen(task);
	wait->waiting_ns = stack_waiting_ns(task);
	if (worker_take(&walk->job, task)) {
		wait->worker = walk->job.worker;
		wait->work_fn = walk->job.fn;
	}
	if (wait->work_fn)
		return true;
	if (wait->state == 'S' || wait->state == 'R')
		wait->cancelling = is_cancelling(task);
	wait->keeps_looking = keeps_looking(wait, task);
	if (wait->state == 'R' && !wait->keeps_looking)
		wait->cancelling = false;
	return (wait->state == 'D' || wait->exiting || wait->cancelling) &&
	       waits_long(wait);
}

/* The completion of a flush is a part of an item of work on the stack. */
static void find_barrier(struct task_wait *wait, const struct stack_copy *stack)
{
	const unsigned long done = (unsigned long)wait->record.object;
	unsigned long barrier;
	unsigned int i, at;

	if (wait->record.kind != WAIT_COMPLETION || !done ||
	    layout_status_of(LM_WQ_BARRIER_WORK) != LAYOUT_OK ||
	    layout_status_of(LM_WQ_BARRIER_DONE) != LAYOUT_OK ||
	    layout_status_of(LM_WQ_BARRIER_TASK) != LAYOUT_OK ||
	    !stack_has(stack, done, 1))
		return;
	barrier = done - layout_offset(LM_WQ_BARRIER_DONE);
	at = (barrier + layout_offset(LM_WQ_BARRIER_TASK) - stack->base) /
		sizeof(long);
	if (barrier < stack_address(stack, stack->first) || at >= stack->end ||
	    stack->words[at] != (unsigned long)wait->task)
		return;
	i = (barrier + layout_offset(LM_WQ_BARRIER_WORK) +
	     offsetof(struct work_struct, entry) - stack->base) / sizeof(long);
	if (i < stack->first || i + 1 >= stack->end)
		return;
	wait->barrier = (const void *)barrier;
	wait->barrier_next = (const void *)stack->words[i];
	wait->barrier_prev = (const void *)stack->words[i + 1];
}

/* So is that of a flush of a whole queue, whose worker says who flushes it. */
static void find_flusher(struct task_wait *wait, const struct stack_copy *stack)
{
	const unsigned long done = (unsigned long)wait->record.object;
	unsigned long flusher, colour;

	if (wait->record.kind != WAIT_COMPLETION || !done || wait->barrier ||
	    layout_status_of(LM_WQ_FLUSHER_DONE) != LAYOUT_OK ||
	    layout_status_of(LM_WQ_FLUSHER_FLUSH_COLOR) != LAYOUT_OK ||
	    !stack_has(stack, done, 1) ||
	    !strstr(wait->record.sleeps_in, "flush_workqueue"))
		return;
	flusher = done - layout_offset(LM_WQ_FLUSHER_DONE);
	colour = flusher + layout_offset(LM_WQ_FLUSHER_FLUSH_COLOR);
	if (flusher < stack_address(stack, stack->first) || colour >= done ||
	    !IS_ALIGNED(colour, sizeof(u32)))
		return;
	memcpy(&wait->flush_colour,
	       (const char *)stack->words + (colour - stack->base),
	       sizeof(wait->flush_colour));
	/* One that has to wait until others have flushed has none yet. */
	if (wait->flush_colour < WORK_NR_COLORS)
		wait->flusher = (const void *)flusher;
}

static void copy_task(struct task_walk *walk, struct task_struct *task)
{
	struct task_wait *wait = &walk->wait;

	wait->task = task;
	wait->mm = READ_ONCE(task->mm);
	wait->tid = task->pid;
	wait->tgid = task->tgid;
	strscpy(wait->comm, task->comm, sizeof(wait->comm));
	wait->next = TASKS_NONE;
	wait->holder = WAIT_HOLDER_NOT_KEPT;
	walk->noted = compat_blocker(task);
	walk->has_stack = stack_take(&walk->stack, task);
	if (walk->has_stack)
		wait->stack = (const void *)walk->stack.base;
}

static bool does_same_work(const struct task_wait *wait,
			   struct task_struct *task)
{
	struct worker_job job;

	return worker_take(&job, task) && job.worker == wait->worker &&
	       job.fn == wait->work_fn;
}

/* Return: it did not run since its stack was copied. */
static bool is_still_there(const struct task_wait *wait,
			   struct task_struct *task)
{
	if (wait->frees_ring)
		return does_same_work(wait, task);
	if (wait->keeps_looking)
		return is_cancelling(task);
	return !compat_is_running(task) &&
	       stack_times_switched(task) == wait->switched &&
	       compat_is_frozen(task) == wait->frozen &&
	       task_state_to_char(task) == wait->state;
}

static bool look_at_task(void *data, struct task_struct *task)
{
	struct task_walk *walk = data;

	walk->snap->seen++;
	if (!may_hang(walk, task))
		return false;
	copy_task(walk, task);
	if (walk->wait.work_fn) {
		walk->worker.task = task;
		copy_worker(&walk->worker, &walk->job);
	}
	walk->found = true;
	return true;
}

/*
 * Return: false at the end. Otherwise others may run; and if the walk says so,
 * there is a task before its tid to keep.
 */
static noinline bool look_at_some_tasks(struct task_walk *walk)
{
	walk->found = false;
	return all_tasks_some(&walk->tid, look_at_task, walk);
}

/* ---- what the copy says ---- */

static void find_record(struct task_walk *walk)
{
	struct task_wait *wait = &walk->wait;

	if (!walk->has_stack) {
		wait->why_not = "stack-unreadable";
		return;
	}
	wait_find(&wait->record, &walk->stack, wait->task, walk->noted,
		  &walk->functions);
	find_barrier(wait, &walk->stack);
	find_flusher(wait, &walk->stack);
	if (wait->state != 'D' || wait->record.kind != WAIT_COMPLETION)
		return;
	memset(&walk->waiter, 0, sizeof(walk->waiter));
	walk->waiter.task = wait->task;
	wait->in_aio = waiter_find(&walk->waiter, &walk->stack,
				   &walk->aio_functions) && walk->waiter.in_aio;
}

/* Return: false if the task can go on. */
static bool understand(struct task_walk *walk)
{
	struct task_wait *wait = &walk->wait;

	/* It looks at the ring many times a second, and does nothing else. */
	wait->frees_ring = wait->work_fn &&
		symbol_which(&walk->ring_functions, wait->work_fn) !=
			SYMBOL_NONE;
	if (wait->frees_ring || wait->keeps_looking)
		return true;
	if ((wait->state != 'D' && wait->state != 'S') ||
	    (wait->state == 'S' && !wait->exiting && !wait->cancelling) ||
	    !waits_long(wait))
		return false;
	find_record(walk);
	return true;
}

/* ---- keeping ---- */

static int make_room(struct tasks_snap *snap)
{
	u32 room = snap->room ? snap->room * 2 : TASKS_AT_FIRST;
	struct task_wait *more;

	if (snap->nr < snap->room)
		return 0;
	if (room > TASKS_MAX)
		return -E2BIG;
	more = kvmalloc_array(room, sizeof(*more), GFP_READ);
	if (!more)
		return -ENOMEM;
	if (snap->nr)
		memcpy(more, snap->of, snap->nr * sizeof(*more));
	kvfree(snap->of);
	snap->of = more;
	snap->room = room;
	return 0;
}

/* If there are too many, some task's holder is not found. */
static int keep_worker(struct tasks_snap *snap, const struct task_worker *worker)
{
	u32 room = snap->room_workers ? snap->room_workers * 2 :
					WORKERS_AT_FIRST;
	struct task_worker *more;

	if (snap->nr_workers == WORKERS_MAX)
		return 0;
	if (snap->nr_workers == snap->room_workers) {
		more = kvmalloc_array(room, sizeof(*more), GFP_READ);
		if (!more)
			return -ENOMEM;
		if (snap->nr_workers)
			memcpy(more, snap->workers,
			       snap->nr_workers * sizeof(*more));
		kvfree(snap->workers);
		snap->workers = more;
		snap->room_workers = room;
	}
	snap->workers[snap->nr_workers++] = *worker;
	return 0;
}

static int walk_all(struct task_walk *walk)
{
	struct tasks_snap *snap = walk->snap;
	int err = 0;

	while (!err && look_at_some_tasks(walk)) {
		if (walk->found && walk->wait.work_fn)
			err = keep_worker(snap, &walk->worker);
		walk->found = !err && walk->found && understand(walk);
		if (walk->found)
			err = make_room(snap);
		if (!err && walk->found)
			snap->of[snap->nr++] = walk->wait;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

int tasks_collect(struct tasks_snap *snap)
{
	struct task_walk *walk = kvzalloc(sizeof(*walk), GFP_READ);
	int err;

	if (!walk)
		return -ENOMEM;
	walk->snap = snap;
	walk->tid = 1;
	uring_exit_functions(&walk->ring_functions);
	wait_functions_init(&walk->functions);
	waiter_functions(&walk->aio_functions);
	err = walk_all(walk);
	kvfree(walk);
	return err;
}

/* ---- who went on meanwhile ---- */

bool tasks_worker_again(struct task_worker *worker, pid_t tid)
{
	struct task_struct *task;
	struct worker_job job;
	bool at_work;

	rcu_read_lock();
	task = task_find_same(tid, worker->task);
	at_work = task && worker_take(&job, task) && job.fn;
	if (at_work)
		copy_worker(worker, &job);
	rcu_read_unlock();
	return at_work;
}

static bool has_moved(const struct task_wait *wait)
{
	struct task_struct *task;
	bool same;

	rcu_read_lock();
	task = task_find_same(wait->tid, wait->task);
	same = task && is_still_there(wait, task);
	rcu_read_unlock();
	return !same;
}

void tasks_mark_moved(struct tasks_snap *snap)
{
	u32 i;

	for (i = 0; i < snap->nr; i++) {
		if (!snap->of[i].moved)
			snap->of[i].moved = has_moved(&snap->of[i]);
		cond_resched();
	}
}
