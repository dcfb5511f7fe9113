/* SPDX-License-Identifier: GPL-2.0 */
/* Takes a snapshot of all AIO contexts. */
#ifndef NBDDIAG_AIO_TAKE_H
#define NBDDIAG_AIO_TAKE_H

#include "snapshot/aio.h"

/*
 * Find all contexts.
 *
 * Takes no reference and no lock but those of a task and its table of files,
 * for moments.
 *
 * Context: may sleep; a deep scan takes seconds on a large host and ends
 * early on a fatal signal.
 * Return: a snapshot for aio_snap_free(), or an ERR_PTR().
 */
struct aio_snap *aio_snap_take(enum aio_scan scan);

/*
 * Fill in whose AIO requests a device has.
 *
 * Context: may sleep, see aio_snap_take(). Looks at all tasks of the host, so
 * nothing may be held that others wait for; the device may go meanwhile.
 */
void aio_name_owners(struct requests_snap *requests);

#endif /* NBDDIAG_AIO_TAKE_H */
