// SPDX-License-Identifier: GPL-2.0
/*
 * From a file or a page to the block device below: the device itself if it was
 * opened, else the one that its filesystem is mounted from.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include "access/peek.h"
#include "access/sound.h"
#include "object/chain.h"
#include "object/opened.h"

/* A page's mapping has flags in its low bits if it is no file's. */
#define MAPPING_FLAGS 3UL

static void opened_device(struct chain_origin *origin, const struct block_device *bdev)
{
	if (!bdev || !peek(&origin->asked,
			   (const struct gendisk **)&bdev->bd_disk))
		return;
	origin->asked_part = compat_bdev_partno(bdev);
}

static void copy_name(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size; i++)
		if (!peek(&to[i], &from[i]) || !to[i])
			break;
	to[i] = '\0';
}

static void opened_fs(struct chain_origin *origin, const struct super_block *sb)
{
	const struct file_system_type *type;
	const struct block_device *bdev;
	const char *name;

	if (!peek(&type, (const struct file_system_type **)&sb->s_type) ||
	    !peek(&name, &type->name) ||
	    !peek(&bdev, (const struct block_device **)&sb->s_bdev))
		return;
	copy_name(origin->fs, sizeof(origin->fs), name);
	opened_device(origin, bdev);
}

/* The inode and its mapping name each other, so this is one. */
static void opened_by_mapping(struct chain_origin *origin,
			      const struct address_space *mapping)
{
	const struct address_space *its_mapping;
	const struct super_block *sb;
	struct inode *host;

	if (!peek(&host, (struct inode **)&mapping->host) || !host ||
	    !peek(&its_mapping, (const struct address_space **)&host->i_mapping) ||
	    its_mapping != mapping ||
	    !peek(&sb, (const struct super_block **)&host->i_sb))
		return;
	if (sb == blockdev_superblock)
		opened_device(origin, I_BDEV(host));
	else
		opened_fs(origin, sb);
}

void opened_by_file(struct chain_origin *origin, const struct kiocb *kiocb)
{
	const struct address_space *mapping;
	const struct file *file;

	if (peek(&file, (const struct file **)&kiocb->ki_filp) &&
	    peek(&mapping, (const struct address_space **)&file->f_mapping))
		opened_by_mapping(origin, mapping);
}

void opened_by_page(struct chain_origin *origin, const struct page *page)
{
	const struct address_space *mapping;

	if (!sound_page(page))
		return;
	page = compound_head((struct page *)page);
	if (peek(&mapping, (const struct address_space **)&page->mapping) &&
	    mapping && !((unsigned long)mapping & MAPPING_FLAGS))
		opened_by_mapping(origin, mapping);
}
