/* SPDX-License-Identifier: GPL-2.0 */
/* Which device or filesystem a request was meant for. */
#ifndef NBDDIAG_OPENED_H
#define NBDDIAG_OPENED_H

#include <linux/types.h>

struct address_space;
struct block_device;
struct file;
struct gendisk;
struct inode;
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

/**
 * opened_by_mapping() - find what an address space of pages is on
 * @opened: filled
 * @mapping: any address
 *
 * Context: any; does not sleep.
 * Return: false if there is none at @mapping: an inode and it name each other.
 */
bool opened_by_mapping(struct opened *opened,
		       const struct address_space *mapping);

/**
 * opened_by_inode() - find what an inode is on
 * @opened: filled
 * @inode: any address
 *
 * Context: any; does not sleep.
 * Return: false if there is none at @inode, by its mapping.
 */
bool opened_by_inode(struct opened *opened, const struct inode *inode);

/**
 * opened_by_super() - find what a filesystem is on
 * @opened: filled
 * @sb: any address
 *
 * Context: any; does not sleep.
 * Return: false if there is none at @sb: its root and it name each other.
 */
bool opened_by_super(struct opened *opened, const struct super_block *sb);

/**
 * opened_by_device() - find the disk of a block device
 * @opened: filled
 * @bdev: any address, or NULL
 *
 * Context: any; does not sleep.
 * Return: false if there is none at @bdev: its inode, which lies behind it, and
 * that one's mapping name each other, and it is of the filesystem of devices.
 */
bool opened_by_device(struct opened *opened, const struct block_device *bdev);

#endif /* NBDDIAG_OPENED_H */
