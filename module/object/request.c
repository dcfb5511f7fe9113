// SPDX-License-Identifier: GPL-2.0
/* Walks the started requests of an nbd device and keeps the oldest. */
#include <linux/blk-mq.h>
#include <linux/ktime.h>

#include "layout/layout.h"
#include "object/kiocb.h"
#include "object/request.h"
#include "object/tags.h"

/* A bit of nbd_cmd.flags, from 5.16 on and in some older kernels of vendors. */
#define CMD_INFLIGHT 2

static void snap_cmd(struct request_snap *snap, const void *cmd)
{
	unsigned long flags;

	snap->has_inflight = layout_get(&flags, cmd, LM_NBD_CMD_FLAGS) &&
			     flags & BIT(CMD_INFLIGHT);
	snap->socket = layout_count(cmd, LM_NBD_CMD_INDEX);
	snap->retries = layout_count(cmd, LM_NBD_CMD_RETRIES);
}

bool request_is_older(u64 start_ns, u64 than_ns)
{
	if (!start_ns || !than_ns)
		return start_ns && !than_ns;
	return start_ns < than_ns;
}

static void keep_if_old(struct requests_snap *all,
			const struct request_snap *new)
{
	u32 i = all->shown;

	if (i == REQUESTS_SHOWN) {
		if (!request_is_older(new->start_ns,
				      all->oldest[i - 1].start_ns))
			return;
		i--;
	} else {
		all->shown++;
	}
	for (; i && request_is_older(new->start_ns,
				     all->oldest[i - 1].start_ns); i--)
		all->oldest[i] = all->oldest[i - 1];
	all->oldest[i] = *new;
}

static void add_aio(const struct kiocb_found *found, void *data)
{
	struct request_snap *snap = data;

	if (snap->aio++ && snap->ctx != found->ctx)
		snap->several_ctx = true;
	else
		snap->ctx = found->ctx;
}

bool requests_copy(struct request_snap *snap, const struct request *rq)
{
	unsigned int flags;

	memset(snap, 0, sizeof(*snap));
	if (!peek(&flags, (__force const unsigned int *)&rq->cmd_flags) ||
	    !peek(&snap->sector, &rq->__sector) ||
	    !peek(&snap->bytes, &rq->__data_len) ||
	    !peek(&snap->start_ns, &rq->start_time_ns))
		return false;
	snap->op = flags & (__force u32)REQ_OP_MASK;
	snap_cmd(snap, rq + 1);
	return true;
}

static bool is_same(const struct request_snap *before,
		    const struct request *rq)
{
	struct request_snap now;

	return requests_copy(&now, rq) && !memcmp(before, &now, sizeof(now));
}

struct taking {
	struct requests_snap *all;
	bool saw_inflight;
	struct symbol_cache *functions;
};

static void add_request(struct request *rq, void *data)
{
	struct taking *taking = data;
	struct request_snap before, snap;

	taking->all->inflight++;
	if (!requests_copy(&before, rq))
		return;
	snap = before;
	if (taking->functions) {
		snap.end_io = kiocb_end_io(taking->functions, rq);
		kiocb_each(taking->functions, rq, add_aio, &snap);
	}
	/* Of a request that is done, and another one by now, no mixture. */
	if (!is_same(&before, rq))
		return;
	taking->saw_inflight |= snap.has_inflight;
	keep_if_old(taking->all, &snap);
}

static void forget_all(void *data)
{
	struct taking *taking = data;

	taking->saw_inflight = false;
	memset(taking->all, 0, sizeof(*taking->all));
}

void requests_snap_take(struct requests_snap *snap, struct gendisk *disk,
			struct symbol_cache *functions)
{
	struct taking taking = { .all = snap, .functions = functions };
	const struct requests_visitor visitor = {
		.restart = forget_all,
		.visit = add_request,
		.data = &taking,
	};
	const char *why_unknown = requests_each(disk, &visitor);

	/* Only of a walk that saw requests, and not memory that was freed. */
	if (!why_unknown && taking.saw_inflight)
		layout_saw_inflight();
	snap->why_unknown = why_unknown;
	snap->now_ns = ktime_get_ns();
}

/* ---- the walk ---- */

struct nbd_walk {
	const struct requests_visitor *visitor;
	const void *nbd;
	bool disproved;
};

/* nbd has each request that is allocated for a device name it, always. */
static void visit_own(struct request *rq, void *data)
{
	struct nbd_walk *walk = data;
	const void *its_nbd;

	if (layout_get(&its_nbd, rq + 1, LM_NBD_CMD_NBD) &&
	    its_nbd == walk->nbd)
		walk->visitor->visit(rq, walk->visitor->data);
	else
		walk->disproved = true;
}

static void restart_own(void *data)
{
	struct nbd_walk *walk = data;

	walk->disproved = false;
	walk->visitor->restart(walk->visitor->data);
}

const char *requests_each(struct gendisk *disk,
			  const struct requests_visitor *visitor)
{
	struct nbd_walk walk = {
		.visitor = visitor,
		.nbd = disk->queue->tag_set->driver_data,
	};
	const struct requests_visitor own = {
		.restart = restart_own,
		.visit = visit_own,
		.data = &walk,
	};
	const char *why_not;

	why_not = tags_each_started(disk->queue, &own);
	return !why_not && walk.disproved ? "unreadable" : why_not;
}
