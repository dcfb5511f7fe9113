// SPDX-License-Identifier: GPL-2.0
/* Needed by compat_disk_openers(). */
#include <linux/blkdev.h>
#include <linux/fs.h>

long need_openers(struct gendisk *disk, struct inode *inode);
long need_openers(struct gendisk *disk, struct inode *inode)
{
#if defined(HAVE_DISK_OPENERS)
	return disk_openers(disk);
#elif defined(HAVE_PART0_OPENERS)
	return disk->part0->bd_openers;
#else
	return I_BDEV(inode)->bd_openers;
#endif
}
