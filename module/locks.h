/* SPDX-License-Identifier: GPL-2.0 */
/* nbd's mutexes: who holds one, and taking one without ever waiting for it. */
#ifndef NBDDIAG_LOCKS_H
#define NBDDIAG_LOCKS_H

#include <linux/mutex.h>

struct gendisk;
struct request_queue;
struct task_snap;

/**
 * lock_owner() - the task that holds a mutex
 * @owner: set to its address, which may be gone a moment later, or NULL
 * @lock: address of a mutex, not trusted
 *
 * Return: true if it could be read.
 */
bool lock_owner(const void **owner, const struct mutex *lock);

/**
 * lock_snap_holder() - the task that holds a mutex, as far as it lives
 * @holder: filled
 * @lock: address of a mutex, not trusted
 */
void lock_snap_holder(struct task_snap *holder, const struct mutex *lock);

/**
 * lock_of_config() - a device's config_lock
 * @disk: an nbd disk that cannot go away
 *
 * Return: the lock, or NULL if its place is not known.
 */
struct mutex *lock_of_config(struct gendisk *disk);

/**
 * lock_try() - take a mutex if it is free
 * @lock: the mutex
 * @patient: try for some milliseconds, in which a lock that is merely in use
 *	gets free
 *
 * Never waits for whoever has the lock: he may hang for ever.
 *
 * Context: may sleep if @patient.
 * Return: true if we have it.
 */
bool lock_try(struct mutex *lock, bool patient);

/**
 * lock_holder_awaits() - does the holder sleep until a queue has drained?
 * @lock: the mutex
 * @q: a queue on whose q_usage_counter the caller has a reference
 *
 * If so he stays where he is until the caller drops that reference: what the
 * mutex protects does not change before, as if the caller held it.
 *
 * Context: takes a spinlock.
 */
bool lock_holder_awaits(const struct mutex *lock, struct request_queue *q);

#endif /* NBDDIAG_LOCKS_H */
