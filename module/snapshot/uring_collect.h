/* SPDX-License-Identifier: GPL-2.0 */
/* The steps of uring_snap_take(), each in a file of its own. */
#ifndef NBDDIAG_URING_COLLECT_H
#define NBDDIAG_URING_COLLECT_H

#include "snapshot/uring.h"

/**
 * uring_walk() - rings that processes have, and those that workers free
 * @snap: gets them
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -E2BIG, or -EINTR after a fatal signal.
 */
int uring_walk(struct uring_snap *snap);

/**
 * uring_add() - put a ring into a snapshot
 * @ring: as it was met; one that is there already is told apart later
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM or -E2BIG.
 */
int uring_add(struct uring_snap *snap, const struct uring_ring *ring);

/* Bring rings into order, and make one of those that were met several times. */
void uring_settle(struct uring_snap *snap);

/**
 * uring_owed_collect() - requests of rings that disks have outstanding
 * @snap: gets them, and the rings that were met by them alone
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM or -E2BIG.
 */
int uring_owed_collect(struct uring_snap *snap);

#endif /* NBDDIAG_URING_COLLECT_H */
