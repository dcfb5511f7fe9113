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
#include "object/opened.h"

/* A page's mapping has flags in its low bits if it is no file's. */
#define MAPPING_FLAGS 3UL

static bool opened_device(struct opened *opened,
			  const struct block_device *bdev)
{
	if (!is_sound(bdev))
		return false;
	opened->part = compat_bdev_partno(bdev);
	return peek(&opened->devt, &bdev->bd_dev) &&
	       peek(&opened->disk, (const struct gendisk **)&bdev->bd_disk);
}

static void copy_name(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size; i++)
		if (!peek(&to[i], &from[i]) || !to[i])
			break;
	to[i] = '\0';
}

/* Not each has a device. */
static bool opened_fs(struct opened *opened, const struct super_block *sb)
{
	const struct file_system_type *type;
	const struct block_device *bdev;
	const char *name;

	if (!is_sound(sb) ||
	    !peek(&type, (const struct file_system_type **)&sb->s_type) ||
	    !peek(&name, &type->name) ||
	    !peek(&bdev, (const struct block_device **)&sb->s_bdev))
		return false;
	opened->sb = sb;
	copy_name(opened->fs, sizeof(opened->fs), name);
	return !bdev || opened_device(opened, bdev);
}

/*
 * The inode and its mapping name each other, so this is one. An open block device
 * has the inode of the device as its mapping's host.
 */
static bool opened_mapping(struct opened *opened,
			   const struct address_space *mapping)
{
	const struct address_space *its_mapping;
	const struct super_block *sb;
	struct inode *host;

	if (!is_sound(mapping) ||
	    !peek(&host, (struct inode **)&mapping->host) || !is_sound(host) ||
	    !peek(&its_mapping,
		  (const struct address_space **)&host->i_mapping) ||
	    its_mapping != mapping ||
	    !peek(&sb, (const struct super_block **)&host->i_sb))
		return false;
	return sb == blockdev_superblock ?
		opened_device(opened, I_BDEV(host)) : opened_fs(opened, sb);
}

bool opened_by_mapping(struct opened *opened,
		       const struct address_space *mapping)
{
	memset(opened, 0, sizeof(*opened));
	return opened_mapping(opened, mapping);
}

bool opened_by_inode(struct opened *opened, const struct inode *inode)
{
	const struct address_space *mapping;
	struct inode *host;

	memset(opened, 0, sizeof(*opened));
	return is_sound(inode) &&
	       peek(&mapping, (const struct address_space **)&inode->i_mapping) &&
	       is_sound(mapping) &&
	       peek(&host, (struct inode **)&mapping->host) && host == inode &&
	       opened_mapping(opened, mapping);
}

static bool is_root_of(const struct dentry *root, const struct super_block *sb)
{
	const struct super_block *its_super;

	return is_sound(root) &&
	       peek(&its_super, (const struct super_block **)&root->d_sb) &&
	       its_super == sb;
}

/*
 * Whoever unmounts takes the root away first, and then writes what is left. What is
 * before it in the list of all superblocks still points back, and its device has
 * its number.
 */
static bool is_unmounted(const struct super_block *sb)
{
	const struct list_head *prev, *back;
	const struct block_device *bdev;
	dev_t dev, its_dev;

	return peek(&prev, (const struct list_head **)&sb->s_list.prev) &&
	       is_sound(prev) &&
	       peek(&back, (const struct list_head **)&prev->next) &&
	       back == &sb->s_list &&
	       peek(&bdev, (const struct block_device **)&sb->s_bdev) &&
	       is_sound(bdev) && peek(&its_dev, &bdev->bd_dev) &&
	       peek(&dev, &sb->s_dev) && dev && dev == its_dev;
}

bool opened_by_super(struct opened *opened, const struct super_block *sb)
{
	const struct dentry *root;

	memset(opened, 0, sizeof(*opened));
	/* It is larger than a page on no kernel, but may lie in two. */
	return is_sound(sb) &&
	       peek(&root, (const struct dentry **)&sb->s_root) &&
	       (root ? is_root_of(root, sb) : is_unmounted(sb)) &&
	       opened_fs(opened, sb);
}

/* It lies behind the device, as far as I_BDEV() goes back; nothing is read for that. */
static const struct inode *inode_of(const struct block_device *bdev)
{
	const void *start = bdev;
	const void *before = I_BDEV((struct inode *)bdev);

	return start + (start - before);
}

bool opened_by_device(struct opened *opened, const struct block_device *bdev)
{
	return opened_by_inode(opened, inode_of(bdev)) && !opened->sb;
}

bool opened_by_file(struct opened *opened, const struct file *file)
{
	const struct address_space *mapping;

	memset(opened, 0, sizeof(*opened));
	return is_sound(file) &&
	       peek(&mapping, (const struct address_space **)&file->f_mapping) &&
	       opened_mapping(opened, mapping);
}

bool opened_by_page(struct opened *opened, const struct page *page)
{
	const struct address_space *mapping;

	memset(opened, 0, sizeof(*opened));
	if (!sound_page(page))
		return false;
	page = compound_head((struct page *)page);
	return peek(&mapping, (const struct address_space **)&page->mapping) &&
	       mapping && !((unsigned long)mapping & MAPPING_FLAGS) &&
	       opened_mapping(opened, mapping);
}
