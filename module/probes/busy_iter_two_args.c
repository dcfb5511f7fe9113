// SPDX-License-Identifier: GPL-2.0
/* 6.0, 2dd6532e9591 ("blk-mq: Drop 'reserved' arg of busy_tag_iter_fn") */
#include <linux/blk-mq.h>

static bool iter(struct request *rq, void *data)
{
	return true;
}

busy_tag_iter_fn * const probe = iter;
