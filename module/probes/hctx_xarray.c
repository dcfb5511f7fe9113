// SPDX-License-Identifier: GPL-2.0
/* 5.18 to 6.16 or later, 4e5cc99e1e48 ("blk-mq: manage hctx map via xarray") */
#include <linux/blkdev.h>

const struct xarray *probe(const struct request_queue *q);
const struct xarray *probe(const struct request_queue *q)
{
	return &q->hctx_table;
}
