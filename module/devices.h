/* SPDX-License-Identifier: GPL-2.0 */
/* Which nbd disks exist. */
#ifndef NBDDIAG_DEVICES_H
#define NBDDIAG_DEVICES_H

#include <linux/types.h>

struct dentry;
struct nbd_snap;

/**
 * devices_register() - find all nbd disks, now and in future
 * @dir: debugfs directory in which each gets a file
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int devices_register(struct dentry *dir);

/**
 * devices_unregister() - forget all disks and remove their files
 *
 * Context: may sleep; waits for reads in progress.
 */
void devices_unregister(void);

/**
 * devices_next() - a brief snapshot of a device
 * @pos: number to begin at; set to the number after the device found
 * @snap: filled
 *
 * Context: may sleep, see nbd_snap_brief(). Holds up the removal of a disk for
 * as long as one snapshot takes.
 * Return: false if there is no device at or after @pos.
 */
bool devices_next(unsigned long *pos, struct nbd_snap *snap);

#endif /* NBDDIAG_DEVICES_H */
