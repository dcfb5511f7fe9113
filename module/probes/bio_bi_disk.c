// SPDX-License-Identifier: GPL-2.0
/* Until 5.12, 309dca309fc3 ("block: store a block_device pointer in struct bio") */
#include <linux/blk_types.h>

struct gendisk *probe(const struct bio *bio);
struct gendisk *probe(const struct bio *bio)
{
	return bio->bi_disk;
}
