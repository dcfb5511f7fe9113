// SPDX-License-Identifier: GPL-2.0
/* 6.10, 1116b9fa15c0 ("bdev: infrastructure for flags") */
#include <linux/blkdev.h>

int probe(const struct block_device *bdev);
int probe(const struct block_device *bdev)
{
	return (atomic_read(&bdev->__bd_flags) & BD_PARTNO) ==
		bdev_partno(bdev);
}
