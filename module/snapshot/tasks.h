/* SPDX-License-Identifier: GPL-2.0 */
/* Every task that cannot go on: what it waits for, and who holds that. */
#ifndef NBDDIAG_TASKS_H
#define NBDDIAG_TASKS_H

#include "access/task.h"
#include "object/wait.h"
#include "snapshot/all_disks.h"
#include "snapshot/outstanding.h"

/* A task that waits for less than this is not worth a line. */
#define TASKS_MOMENT_NS 100000000ULL

#define TASKS_NONE U32_MAX

enum task_awaits {
	TASK_AWAITS_UNKNOWN,	/* struct task_wait.why_not says why */
	TASK_AWAITS_BIO,	/* that I/O of its own is done */
	TASK_AWAITS_PAGE,
	TASK_AWAITS_WRITEBACK,	/* that a page is written */
	TASK_AWAITS_BUFFER,
	TASK_AWAITS_INODE,	/* a change of an inode's state */
	TASK_AWAITS_SUPERBLOCK,	/* a change of a filesystem's state */
	TASK_AWAITS_LOOKUP,	/* that another task has looked a name up */
	TASK_AWAITS_TAG,	/* a request of a queue that has none left */
	TASK_AWAITS_THROTTLE,	/* its turn, as writeback is limited at a disk */
	TASK_AWAITS_FREEZE,	/* that a queue has no request, or is open again */
	TASK_AWAITS_MAPPED,	/* that a mapped device has no bio, or is resumed */
	TASK_AWAITS_JOURNAL,
	TASK_AWAITS_LOG,	/* that a part of xfs's log is written */
	TASK_AWAITS_THAW,	/* that a filesystem is not frozen any more */
	TASK_AWAITS_LOCK,
	TASK_AWAITS_WORK,	/* that a work item is done */
	TASK_AWAITS_TASK,	/* that a task does something, on whose stack that is noted */
	TASK_AWAITS_AIO,	/* that AIO contexts are drained */
	TASK_AWAITS_RING,	/* that an io_uring has no request */
	TASK_AWAITS_FREEZER,	/* that whoever froze it lets it go on */
	TASK_AWAITS_NR
};

/* How what a task waits for is known. */
enum task_proof {
	TASK_PROOF_NONE,
	TASK_PROOF_RECORD,	/* by a record on its stack */
	TASK_PROOF_NOTED,	/* the kernel notes it in the task */
	TASK_PROOF_BIO,		/* a bio names the task, or has what it waits for in its object */
	TASK_PROOF_REQUEST,	/* a request names what is on its stack */
	TASK_PROOF_WORKER,	/* the kernel notes what the worker does */
	TASK_PROOF_STATE,	/* the task's own state, or its record of io_uring */
};

/**
 * struct task_wait - a task that cannot go on
 * @task: address of its task_struct; only to tell one from another
 * @mm: address of its address space; only to tell one from another
 * @tid: thread id in the initial pid namespace
 * @tgid: thread group id there
 * @comm: name of the thread
 * @state: letter as shown by ps
 * @exiting: it is on its way out
 * @cancelling: it waits until its requests of io_uring are cancelled
 * @keeps_looking: as @cancelling, and does not sleep
 * @frozen: it is in the freezer
 * @frees_ring: it is a worker that waits until it can free an io_uring
 * @in_aio: it waits in exit_aio() or io_destroy()
 * @waiting_ns: since it last ran, 0 if the kernel does not record that
 * @stack: where its stack begins, NULL if that is not known; only to compare it
 * @switched: how often it had given up its processor
 * @work_fn: of a worker: the function of the work item that it does, or NULL
 * @worker: of a worker: address of its struct worker
 * @barrier: address of a struct wq_barrier on its stack, or NULL
 * @barrier_prev: what is before that in the list of works
 * @barrier_next: and after
 * @flusher: address of a struct wq_flusher on its stack, or NULL
 * @flush_colour: which generation of works that waits for
 * @bdi: whose writeback by a worker it waits for, or NULL
 * @committer: address of the task that commits the journal it waits for, or NULL
 * @child: of a parent in vfork(2): address of the child it waits for, or NULL
 * @record: what was found on its stack
 * @proved: the record is in a list, as its neighbours say
 * @awaits: what it waits for
 * @why_not: NULL, or why that is not known
 * @proof: how it is known
 * @lock: name of the lock, queue or function that it waits for, or empty
 * @origin: what this belongs to: a device, or a filesystem
 * @has_origin: it belongs to a device
 * @disk: the disk that owes what the task waits for, or NULL; only to tell one
 *	from another
 * @hops: tasks between this one and the one that waits for @disk
 * @cycle: tasks wait for each other, this one or those to which it leads
 * @far: more tasks are between than are followed
 * @rest: the request or bio, if there is one
 * @has_rest: there is one
 * @joined: number of the request by which @rest was found
 * @moved: it went on since its stack was copied
 * @holder: whether somebody has what it waits for
 * @held_by: who; of WAIT_HELD_BY_READERS the one that took it last
 * @next: index of that task among those that cannot go on, or TASKS_NONE; of
 *	TASK_AWAITS_TASK set when it is resolved
 */
struct task_wait {
	const void *task;
	const void *mm;
	pid_t tid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	char state;
	bool exiting;
	bool cancelling;
	bool keeps_looking;
	bool frozen;
	bool frees_ring;
	bool in_aio;
	u64 waiting_ns;
	const void *stack;
	unsigned long switched;
	const void *work_fn;
	const void *worker;
	const void *barrier;
	const void *barrier_prev;
	const void *barrier_next;
	const void *flusher;
	u32 flush_colour;
	const void *bdi;
	const void *committer;
	const void *child;
	struct wait_record record;
	bool proved;
	enum task_awaits awaits;
	const char *why_not;
	enum task_proof proof;
	char lock[WAIT_NAME_LEN];
	struct chain_origin origin;
	bool has_origin;
	const struct gendisk *disk;
	u32 hops;
	bool cycle;
	bool far;
	struct rest rest;
	bool has_rest;
	u32 joined;
	bool moved;
	enum wait_holder holder;
	struct task_snap held_by;
	u32 next;
};

/**
 * struct task_worker - a kernel worker that does something
 * @task: address of its task_struct
 * @works: address of the list of works that it does next
 * @flusher: who waits until works of its queue are done, or NULL
 * @colours: a bit for each generation of works that its work may be of
 * @bdi: if it does writeback: of what; otherwise anything
 * @work_fn: the function that it does
 */
struct task_worker {
	const void *task;
	const void *works;
	const void *flusher;
	u32 colours;
	const void *bdi;
	const void *work_fn;
};

/**
 * struct tasks_snap - everything at one moment
 * @incomplete: NULL, or why something may be missing
 * @now_ns: when the requests were looked at, by ktime_get_ns()
 * @took_ns: how long it took
 * @seen: tasks that were looked at
 * @went_on: tasks that could not go on at first, but did
 * @known: tasks of which it is known what they wait for
 * @names: all disks
 * @nr: how many tasks cannot go on
 * @room: entries allocated
 * @of: these tasks
 * @nr_workers: how many workers do something
 * @room_workers: entries allocated
 * @workers: these
 */
struct tasks_snap {
	const char *incomplete;
	u64 now_ns;
	u64 took_ns;
	u32 seen;
	u32 went_on;
	u32 known;
	struct disk_names *names;
	u32 nr;
	u32 room;
	struct task_wait *of;
	u32 nr_workers;
	u32 room_workers;
	struct task_worker *workers;
};

/**
 * tasks_snap_take() - look at all tasks
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: a snapshot for tasks_snap_free(), or an ERR_PTR().
 */
struct tasks_snap *tasks_snap_take(void);

/**
 * tasks_snap_free() - give a snapshot back
 * @snap: from tasks_snap_take(), an ERR_PTR() or NULL
 */
void tasks_snap_free(struct tasks_snap *snap);

#endif /* NBDDIAG_TASKS_H */
