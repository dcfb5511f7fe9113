// SPDX-License-Identifier: GPL-2.0
/* 5.11, cb8432d650fe ("block: allocate struct hd_struct as part of struct bdev_inode") */
#include <linux/blkdev.h>
#include <linux/genhd.h>

int probe(struct gendisk *disk);
int probe(struct gendisk *disk)
{
	return disk->part0->bd_openers;
}
