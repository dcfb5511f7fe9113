/* SPDX-License-Identifier: GPL-2.0 */
/* What the knob does to a device; the only code that changes anything. */
#ifndef NBDDIAG_ACTIONS_H
#define NBDDIAG_ACTIONS_H

#include "knob/rules.h"
#include "snapshot/device.h"

/**
 * cleanup_shut_strays() - shut the sockets that nobody serves or holds
 * @disk: an nbd disk that cannot go away
 * @snap: of the device, which cleanup_judge() has allowed
 * @shut: increased for each socket that was marked dead
 *
 * Each is shut down, which wakes whoever hangs sending on it, and marked dead
 * as nbd does it. One whose tx_lock is not free yet is left for another pass.
 * Nothing is freed: nbd does so at the last close.
 *
 * Context: may sleep for a moment; the caller has held config_lock since @snap
 * was taken.
 * Return: CLEANUP_OK; otherwise nothing was done.
 */
enum cleanup_verdict cleanup_shut_strays(struct gendisk *disk,
					 const struct nbd_snap *snap,
					 u32 *shut);

/**
 * cleanup_fail_requests() - complete what is in flight with an I/O error
 * @disk: an nbd disk that cannot go away
 * @snap: of the device, which cleanup_judge() has allowed
 * @failed: increased for each request that was completed
 * @left: set to the number of those which somebody else was working on
 *
 * Does what nbd's own nbd_clear_que() does, but only where that cannot hang.
 *
 * Context: may sleep for a moment; the caller has a reference on the queue's
 * q_usage_counter, and since @snap was taken has held config_lock, or has
 * proved by lock_holder_awaits() that nobody can use it.
 * Return: CLEANUP_OK; otherwise nothing was done.
 */
enum cleanup_verdict cleanup_fail_requests(struct gendisk *disk,
					   const struct nbd_snap *snap,
					   u32 *failed, u32 *left);

#endif /* NBDDIAG_ACTIONS_H */
