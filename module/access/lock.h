/* SPDX-License-Identifier: GPL-2.0 */
/* nbd's mutexes: who holds one, and taking one without ever waiting for it. */
#ifndef NBDDIAG_LOCK_H
#define NBDDIAG_LOCK_H

#include <linux/list.h>
#include <linux/mutex.h>

struct request_queue;
struct task_snap;
struct task_struct;

/* What came of an attempt to take a mutex. */
enum lock_got {
	LOCK_MINE,
	LOCK_OTHERS,		/* somebody else has it */
	LOCK_READERS,		/* another reader of nbddiag has it */
};

/**
 * struct lock_hold - an attempt to take a mutex, and the mutex if it succeeds
 * @entry: among those of all who are in nbddiag
 * @lock: the mutex
 * @task: who tries it or has it
 * @got: what came of it
 * @owner: who else has it, or NULL
 */
struct lock_hold {
	struct list_head entry;
	struct mutex *lock;	/* of nbd */
	const struct task_struct *task;
	enum lock_got got;
	const void *owner;
};

/**
 * lock_owner() - the task that holds a mutex
 * @owner: set to its address, which may be gone a moment later, or NULL
 * @lock: address of a mutex, not trusted
 *
 * Return: true if it could be read.
 */
bool lock_owner(const void **owner, const struct mutex *lock);

/*
 * The task that holds a mutex, as far as it lives.
 *
 * @lock: address of a mutex, not trusted
 */
void lock_snap_holder(struct task_snap *holder, const struct mutex *lock);

/*
 * Take a mutex if it is free.
 *
 * @hold: for lock_give_back(), whatever came of it
 * @patient: try for some milliseconds, in which a lock that is merely in use
 *	gets free
 *
 * Never waits for whoever has the lock, as that may hang for ever. Other
 * readers of nbddiag never do, so for them it waits, some 100 ms at most.
 *
 * Context: may sleep.
 * Return: what came of it.
 */
enum lock_got lock_try(struct lock_hold *hold, struct mutex *lock,
		       bool patient);

/* Give a mutex back, if it was taken. */
void lock_give_back(struct lock_hold *hold);

/**
 * lock_is_readers() - is it another reader of nbddiag that has a mutex?
 * @lock: address of a mutex, not trusted
 * @owner: the task that has it, from lock_owner()
 */
bool lock_is_readers(const struct mutex *lock, const void *owner);

/*
 * Does the holder sleep until a queue has drained?
 *
 * @q: a queue on whose q_usage_counter the caller has a reference
 *
 * If so, the holder stays there until the caller drops that reference. What the
 * mutex protects does not change before that, as if the caller held it.
 *
 * Context: takes a spinlock.
 */
bool lock_holder_awaits(const struct mutex *lock, struct request_queue *q);

#endif /* NBDDIAG_LOCK_H */
