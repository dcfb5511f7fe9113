// SPDX-License-Identifier: GPL-2.0
/* 5.14 to 5.19, f525464a8000 ("block: add blk_alloc_disk and blk_cleanup_disk APIs") */
#include <linux/blkdev.h>

void probe(struct gendisk *disk);
void probe(struct gendisk *disk)
{
	blk_cleanup_disk(disk);
}
