// SPDX-License-Identifier: GPL-2.0
/* nbd's mutexes: who holds one, and taking one without ever waiting for it. */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/wait.h>

#include "layout.h"
#include "locks.h"
#include "tasks.h"

/* An ioctl or a netlink command holds config_lock for a moment only. */
#define LOCK_TRIES 10
#define LOCK_PAUSE_US 500

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
		task_snap_address(holder, owner, 0);
}

struct mutex *lock_of_config(struct gendisk *disk)
{
	if (layout_status_of(LM_NBD_DEVICE_CONFIG_LOCK) != LAYOUT_OK)
		return NULL;
	return (struct mutex *)layout_at(disk->private_data,
					 LM_NBD_DEVICE_CONFIG_LOCK);
}

bool lock_try(struct mutex *lock, bool patient)
{
	int tries = patient ? LOCK_TRIES : 1;

	while (!mutex_trylock(lock)) {
		if (!--tries)
			return false;
		usleep_range(LOCK_PAUSE_US, 2 * LOCK_PAUSE_US);
	}
	return true;
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
 * Who freezes the queue waits there until the last reference is gone, and so
 * does everybody who waits for the end of that freeze. Without a freeze going
 * on a sleeper may just have been woken.
 */
bool lock_holder_awaits(const struct mutex *lock, struct request_queue *q)
{
	const void *owner;

	return lock_owner(&owner, lock) && owner &&
	       sleeps_on(&q->mq_freeze_wq, owner) &&
	       READ_ONCE(q->mq_freeze_depth) > 0;
}
