// SPDX-License-Identifier: GPL-2.0
/* Shuts the sockets of a device that nobody serves. */
#include <linux/net.h>

#include "access/lock.h"
#include "knob/actions.h"
#include "layout/layout.h"

struct shut {
	atomic_t *live;
	u32 nr;
};

/* What is written here must be known, and each member of its right size. */
static bool can_write(void)
{
	static const enum layout_member_id needed[] = {
		LM_NBD_SOCK_SOCK, LM_NBD_SOCK_TX_LOCK, LM_NBD_SOCK_DEAD,
		LM_NBD_CONFIG_LIVE_CONNECTIONS,
	};

	return layout_status_of_all(needed, ARRAY_SIZE(needed)) == LAYOUT_OK;
}

/*
 * nbd counts the sockets that are not dead itself: if it comes to another
 * number than we do, one of us looks at the wrong place.
 */
static bool counts_agree(const struct nbd_snap *snap)
{
	const struct nbd_facts *f = &snap->facts;

	return snap->config.num_connections.value == f->sockets &&
	       snap->config.live_connections.value == f->sockets - f->dead;
}

/* Where nothing is half sent there is nothing to be written. */
static bool clear_pending(const void *nsock)
{
	static const enum layout_member_id needed[] = {
		LM_NBD_SOCK_PENDING, LM_NBD_SOCK_SENT,
	};
	void *pending;
	int sent;

	if (!layout_get(&pending, nsock, LM_NBD_SOCK_PENDING) ||
	    !layout_get(&sent, nsock, LM_NBD_SOCK_SENT))
		return false;
	if (!pending && !sent)
		return true;
	if (layout_status_of_all(needed, ARRAY_SIZE(needed)) != LAYOUT_OK)
		return false;
	*(void **)layout_at(nsock, LM_NBD_SOCK_PENDING) = NULL;
	*(int *)layout_at(nsock, LM_NBD_SOCK_SENT) = 0;
	return true;
}

/* As nbd_mark_nsock_dead(), under tx_lock. */
static void mark_dead(struct shut *shut, const void *nsock)
{
	bool *dead = (bool *)layout_at(nsock, LM_NBD_SOCK_DEAD);

	if (*dead || socket_has_worker(nsock) || !clear_pending(nsock))
		return;
	atomic_dec(shut->live);
	*dead = true;
	shut->nr++;
}

static bool is_stray(const void *nsock)
{
	return socket_is_dead(nsock) == NO && socket_file_refs(nsock) == 1;
}

/* A mutex is free or held by a task that lives; anything else is no mutex. */
static bool holder_lives(const struct mutex *tx_lock)
{
	struct task_snap holder;

	lock_snap_holder(&holder, tx_lock);
	return holder.found == TASK_ALIVE || holder.found == TASK_NONE;
}

static struct mutex *tx_lock_of(const void *nsock)
{
	return (struct mutex *)layout_at(nsock, LM_NBD_SOCK_TX_LOCK);
}

static bool is_proved(const void *nsock, void *unused)
{
	return !is_stray(nsock) ||
	       (socket_of(nsock) && holder_lives(tx_lock_of(nsock)));
}

static bool shut_stray(const void *nsock, void *data)
{
	struct mutex *tx_lock = tx_lock_of(nsock); /* nbd's, for sending */
	struct socket *sock = socket_of(nsock);
	struct lock_hold hold;

	if (!is_stray(nsock) || !sock)
		return true;
	kernel_sock_shutdown(sock, SHUT_RDWR);
	if (lock_try(&hold, tx_lock, false) == LOCK_MINE)
		mark_dead(data, nsock);
	lock_give_back(&hold);
	return true;
}

enum cleanup_verdict cleanup_shut_strays(struct gendisk *disk,
					 const struct nbd_snap *snap,
					 u32 *shut)
{
	u32 nr = snap->facts.sockets;
	struct shut pass = {};
	void *config;

	if (!can_write() || !layout_get(&config, disk->private_data,
					LM_NBD_DEVICE_CONFIG) || !config)
		return CLEANUP_LAYOUT;
	if (!counts_agree(snap) ||
	    !nbd_each_socket(config, nr, is_proved, NULL))
		return CLEANUP_INCONSISTENT;

	pass.live = (atomic_t *)layout_at(config,
					  LM_NBD_CONFIG_LIVE_CONNECTIONS);
	nbd_each_socket(config, nr, shut_stray, &pass);
	*shut += pass.nr;
	return CLEANUP_OK;
}
