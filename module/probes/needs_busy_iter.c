// SPDX-License-Identifier: GPL-2.0
/* Needed by compat_busy_iter(). */
#include <linux/blk-mq.h>

#ifdef HAVE_BUSY_ITER_TWO_ARGS
static bool need_iter(struct request *rq, void *data)
#else
static bool need_iter(struct request *rq, void *data, bool reserved)
#endif
{
	return true;
}

void need_busy_iter(struct blk_mq_tag_set *set);
void need_busy_iter(struct blk_mq_tag_set *set)
{
	blk_mq_tagset_busy_iter(set, need_iter, NULL);
}
