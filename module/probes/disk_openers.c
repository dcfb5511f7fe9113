// SPDX-License-Identifier: GPL-2.0
/* 5.19, dbdc1be32591 ("block: add a disk_openers helper") */
#include <linux/blkdev.h>

unsigned int probe(struct gendisk *disk);
unsigned int probe(struct gendisk *disk)
{
	return disk_openers(disk);
}
