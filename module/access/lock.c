// SPDX-License-Identifier: GPL-2.0
/* nbd's mutexes: who holds one, and taking one without ever waiting for it. */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/wait.h>

#include "access/lock.h"
#include "access/peek.h"
#include "access/task.h"

/* An ioctl or a netlink command holds config_lock for a moment only. */
#define LOCK_TRIES 10
#define LOCK_PAUSE_US 500

/* So does a reader, unless it gets no processor meanwhile. */
#define READER_PAUSE_US 50
#define READER_PATIENCE (HZ / 5)

/* All tasks in nbddiag that try a lock or have it. Others may see both states. */
static LIST_HEAD(holds);
static DEFINE_SPINLOCK(holds_lock);

bool lock_owner(const void **owner, const struct mutex *lock)
{
	unsigned long word;

	if (!peek_bytes(&word, compat_mutex_owner_word(lock), sizeof(word)))
		return false;
	*owner = (const void *)(word & ~COMPAT_MUTEX_OWNER_FLAGS);
	return true;
}

void lock_snap_holder(struct task_snap *holder, const struct mutex *lock)
{
	const void *owner;

	memset(holder, 0, sizeof(*holder));
	if (lock_owner(&owner, lock))
		task_snap_address(holder, owner);
}

bool lock_is_readers(const struct mutex *lock, const void *owner)
{
	const struct lock_hold *hold;
	bool found = false;

	spin_lock(&holds_lock);
	list_for_each_entry(hold, &holds, entry)
		found |= hold->lock == lock && hold->task == owner;
	spin_unlock(&holds_lock);
	return found;
}

/* If nobody has it any more, it may be had at the next try. */
static enum lock_got try_once(struct lock_hold *hold)
{
	if (mutex_trylock(hold->lock))
		return LOCK_MINE;
	if (!lock_owner(&hold->owner, hold->lock))
		return LOCK_OTHERS;
	if (!hold->owner || lock_is_readers(hold->lock, hold->owner))
		return LOCK_READERS;
	return LOCK_OTHERS;
}

static enum lock_got try_for_a_while(struct lock_hold *hold, bool patient)
{
	unsigned long end = jiffies + READER_PATIENCE;
	int tries = patient ? LOCK_TRIES : 1;
	enum lock_got got;

	for (;;) {
		got = try_once(hold);
		if (got == LOCK_MINE || (got == LOCK_OTHERS && !--tries) ||
		    (got == LOCK_READERS && time_after(jiffies, end)))
			return got;
		if (got == LOCK_READERS)
			usleep_range(READER_PAUSE_US, 2 * READER_PAUSE_US);
		else
			usleep_range(LOCK_PAUSE_US, 2 * LOCK_PAUSE_US);
	}
}

enum lock_got lock_try(struct lock_hold *hold, struct mutex *lock, bool patient)
{
	hold->lock = lock;
	hold->task = current;
	hold->owner = NULL;
	spin_lock(&holds_lock);
	list_add(&hold->entry, &holds);
	spin_unlock(&holds_lock);
	hold->got = try_for_a_while(hold, patient);
	return hold->got;
}

void lock_give_back(struct lock_hold *hold)
{
	if (hold->got == LOCK_MINE)
		mutex_unlock(hold->lock);
	spin_lock(&holds_lock);
	list_del(&hold->entry);
	spin_unlock(&holds_lock);
}

static bool sleeps_on(wait_queue_head_t *wq, const void *task)
{
	wait_queue_entry_t *entry;
	bool found = false;
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_for_each_entry(entry, &wq->head, entry) {
		if (entry->private == task) {
			found = true;
			break;
		}
	}
	spin_unlock_irqrestore(&wq->lock, flags);
	return found;
}

/*
 * A task that freezes the queue waits there until the last reference is gone.
 * So do all that wait for the end of that freeze. Without a freeze going
 * on a sleeper may just have been woken.
 */
bool lock_holder_awaits(const struct mutex *lock, struct request_queue *q)
{
	const void *owner;

	return lock_owner(&owner, lock) && owner &&
	       sleeps_on(&q->mq_freeze_wq, owner) &&
	       READ_ONCE(q->mq_freeze_depth) > 0;
}
