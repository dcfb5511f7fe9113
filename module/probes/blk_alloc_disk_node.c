// SPDX-License-Identifier: GPL-2.0
/* 5.14, f525464a8000 ("block: add blk_alloc_disk and blk_cleanup_disk APIs") */
#include <linux/blkdev.h>

struct gendisk *probe(void);
struct gendisk *probe(void)
{
	return blk_alloc_disk(NUMA_NO_NODE);
}
