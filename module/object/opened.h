/* SPDX-License-Identifier: GPL-2.0 */
/* Which device or filesystem a request was meant for. */
#ifndef NBDDIAG_OPENED_H
#define NBDDIAG_OPENED_H

#include <linux/types.h>

struct file;
struct gendisk;
struct page;
struct super_block;

/**
 * struct opened - what a file or page is on
 * @disk: of the block device that was opened, or that the filesystem is on; an
 *	address that may be gone, or NULL
 * @devt: number of that device
 * @part: number of the partition, 0 for the whole disk, -1 if not known
 * @sb: the filesystem; an address that may be gone, NULL if the device itself
 *	was opened
 * @fs: its type, or empty
 */
struct opened {
	const struct gendisk *disk;
	dev_t devt;
	int part;
	const struct super_block *sb;
	char fs[16];
};

/**
 * opened_by_file() - find what a file is on
 * @opened: filled
 * @file: any address
 *
 * Context: any; does not sleep.
 * Return: false if it cannot be read.
 */
bool opened_by_file(struct opened *opened, const struct file *file);

/**
 * opened_by_page() - find what the file of a page is on
 * @opened: filled
 * @page: any address
 *
 * Context: any; does not sleep.
 * Return: false if it cannot be read, or is of no file.
 */
bool opened_by_page(struct opened *opened, const struct page *page);

#endif /* NBDDIAG_OPENED_H */
