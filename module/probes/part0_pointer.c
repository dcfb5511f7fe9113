// SPDX-License-Identifier: GPL-2.0
/* 5.11, 0d02129e76ed ("block: merge struct block_device and struct hd_struct") */
#include <linux/blkdev.h>

struct disk_stats __percpu *probe(const struct gendisk *disk);
struct disk_stats __percpu *probe(const struct gendisk *disk)
{
	return disk->part0->bd_stats;
}
