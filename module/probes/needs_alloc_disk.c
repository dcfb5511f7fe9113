// SPDX-License-Identifier: GPL-2.0
/* Needed by compat_watch_block_class(). */
#include <linux/blkdev.h>

struct gendisk *need_alloc_disk(void);
struct gendisk *need_alloc_disk(void)
{
#if defined(HAVE_BLK_ALLOC_DISK_LIMITS)
	return blk_alloc_disk(NULL, NUMA_NO_NODE);
#elif defined(HAVE_BLK_ALLOC_DISK_NODE)
	return blk_alloc_disk(NUMA_NO_NODE);
#else
	return alloc_disk(1);
#endif
}
