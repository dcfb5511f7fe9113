/* SPDX-License-Identifier: GPL-2.0 */
/* The steps of tasks_snap_take(), each in a file of its own. */
#ifndef NBDDIAG_TASKS_COLLECT_H
#define NBDDIAG_TASKS_COLLECT_H

#include "snapshot/tasks.h"

/**
 * struct by_address - where something is, found by an address
 * @nr: how many
 * @of: the address, and an index of the tasks or workers; by address
 */
struct by_address {
	u32 nr;
	struct {
		const void *address;
		u32 at;
	} of[];
};

/**
 * by_address_make() - find tasks by an address that each may have
 * @address_of: returns the address, or NULL
 *
 * Context: may sleep.
 * Return: to be freed with kvfree(); NULL if there is no memory.
 */
struct by_address *
by_address_make(const struct tasks_snap *snap,
		const void *(*address_of)(const struct task_wait *wait));

/* The same for workers that do something. */
struct by_address *
by_address_of_workers(const struct tasks_snap *snap,
		      const void *(*address_of)(const struct task_worker *worker));

/* The first entry at or after an address, by its index; @by->nr if none. */
u32 by_address_first(const struct by_address *by, const void *address);

/* The task that has an address, or TASKS_NONE. If several have: one of them. */
u32 by_address_find(const struct by_address *by, const void *address);

/* The same for their stacks, for tasks_on_stack(). */
struct by_address *by_address_of_stacks(const struct tasks_snap *snap);

/* The task on whose stack an address lies, or TASKS_NONE. */
u32 tasks_on_stack(const struct by_address *stacks, const void *address);

/**
 * tasks_collect() - all tasks that cannot go on, and their records
 * @snap: gets them
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -E2BIG, or -EINTR after a fatal signal.
 */
int tasks_collect(struct tasks_snap *snap);

/**
 * tasks_mark_moved() - which tasks went on meanwhile?
 * @snap: whose tasks get @moved: what was found about them may be mixed up
 *
 * Context: may sleep.
 */
void tasks_mark_moved(struct tasks_snap *snap);

/*
 * Look once more at what a worker does.
 *
 * @worker: filled anew
 * @tid: its thread id
 *
 * Return: false if it does nothing any more.
 */
bool tasks_worker_again(struct task_worker *worker, pid_t tid);

/**
 * tasks_prove() - prove records by each other, and find the heads of lists
 * @snap: with all tasks
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tasks_prove(struct tasks_snap *snap);

/**
 * tasks_find_children() - find the child that each parent in vfork(2) waits for
 * @snap: with proved records
 *
 * It has to come after the records: what a child has the address of then is what its
 * parent waits for, if that one has not gone on afterwards.
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -EINTR if the reader is being killed.
 */
int tasks_find_children(struct tasks_snap *snap);

/**
 * tasks_resolve() - find out what each task waits for, by its record
 * @snap: with proved records, children, and names
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tasks_resolve(struct tasks_snap *snap);

/**
 * tasks_join() - find the requests and bios that tasks wait for
 * @snap: resolved
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tasks_join(struct tasks_snap *snap);

/**
 * tasks_follow() - go from each task to who holds what it waits for, and on
 * @snap: joined
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tasks_follow(struct tasks_snap *snap);

#endif /* NBDDIAG_TASKS_COLLECT_H */
