/* SPDX-License-Identifier: GPL-2.0 */
/* Which nbd disks exist. */
#ifndef NBDDIAG_DISKS_H
#define NBDDIAG_DISKS_H

#include <linux/fs.h>
#include <linux/types.h>

struct dentry;
struct gendisk;

/**
 * disks_register() - find all nbd disks, now and in future
 * @dir: debugfs directory in which each gets a file
 * @fops: of these files; the inode's i_private is the struct gendisk
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int disks_register(struct dentry *dir, const struct file_operations *fops);

/**
 * disks_unregister() - forget all disks and remove their files
 *
 * Context: may sleep; waits for reads in progress.
 */
void disks_unregister(void);

/*
 * Call a function for a device.
 *
 * @pos: number to begin at; set to the number after the device found
 * @fn: the function; it must not wait for memory, which may be wanted from
 *	pages that are being written to the device
 *
 * Context: may sleep. The removal of that disk waits for @fn, under the mutex of
 * the block class, so that no other disk comes or goes then either.
 * Return: false if there is no device at or after @pos.
 */
bool disks_call(unsigned long *pos,
		void (*fn)(struct gendisk *disk, void *data), void *data);

/*
 * Call a function for the device of a name.
 *
 * @fn: the function, as above
 *
 * Context: as above.
 * Return: false if there is no such device.
 */
bool disks_call_named(const char *name,
		      void (*fn)(struct gendisk *disk, void *data),
			void *data);

#endif /* NBDDIAG_DISKS_H */
