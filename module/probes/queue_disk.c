// SPDX-License-Identifier: GPL-2.0
/* 5.15, d152c682f03c ("block: add an explicit ->disk backpointer to the request_queue") */
#include <linux/blkdev.h>

struct gendisk *probe(const struct request_queue *q);
struct gendisk *probe(const struct request_queue *q)
{
	return q->disk;
}
