/* SPDX-License-Identifier: GPL-2.0 */
/* The steps of taking a snapshot of a device, for device_take.c. */
#ifndef NBDDIAG_DEVICE_COPY_H
#define NBDDIAG_DEVICE_COPY_H

#include "snapshot/device.h"

/**
 * nbd_snap_clear() - begin anew: fill what needs no layout, nothing else is known
 * @snap: whatever was in it; its room for sockets stays
 * @disk: an nbd disk that cannot go away
 */
void nbd_snap_clear(struct nbd_snap *snap, struct gendisk *disk);

/**
 * nbd_proved_lock() - the device's config_lock, if its layout is right
 *
 * Return: the lock, or NULL, with the reason, if nothing more can be known.
 */
struct mutex *nbd_proved_lock(struct nbd_snap *snap, struct gendisk *disk);

/**
 * nbd_copy() - copy all but sockets, requests and what tasks have open
 *
 * Return: address of the configuration, NULL if there is none.
 */
const void *nbd_copy(struct nbd_snap *snap, struct gendisk *disk);

/*
 * Copy some sockets; without room they are counted.
 *
 * @snap: gets those that come next
 * @config: the configuration, not trusted
 *
 * Return: false if not all of them could be read.
 */
bool nbd_copy_sockets(struct nbd_snap *snap, const void *config,
		      u32 from, u32 to);

/**
 * nbd_copy_requests() - copy what is in flight
 * @functions: from kiocb_functions_alloc(), or NULL
 *
 * Context: no lock keeps requests, so none is to be held.
 */
void nbd_copy_requests(struct nbd_snap *snap, struct gendisk *disk,
		       struct symbol_cache *functions);

/* Has @nbd still the configuration that was copied? */
bool nbd_is_same_config(const struct nbd_snap *snap, const void *nbd,
			const void *config);

/* Does @nbd still name the task that was copied, where that matters? */
bool nbd_is_same_starter(const struct nbd_snap *snap, const void *nbd);

/* How many sockets there are now; without a lock, so only to allocate. */
u32 nbd_sockets_now(struct gendisk *disk);

/* How many sockets are looked at, at most. */
u32 nbd_socket_limit(void);

#endif /* NBDDIAG_DEVICE_COPY_H */
