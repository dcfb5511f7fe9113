// SPDX-License-Identifier: GPL-2.0
/*
 * Follows a request to the AIO requests that wait for it, through whatever is
 * above the disk. All of them can complete meanwhile, so each step is read with
 * fault tolerance, and the end is believed only if it proves to be an AIO
 * request of a real context.
 */
#include <linux/bio.h>
#include <linux/sched.h>

#include "access/peek.h"
#include "object/chain.h"
#include "object/kiocb.h"

/* A request of nbd has far fewer; a list that was cut loose might be a ring. */
#define MAX_BIOS 4096

struct following {
	struct kiocb_found found;
	void (*fn)(const struct kiocb_found *found, void *data);
	void *data;
};

struct symbol_cache *kiocb_functions_alloc(void)
{
	return chain_functions_alloc();
}

static void add_chain(const struct chain *chain, void *data)
{
	struct following *following = data;

	if (chain->waiter != CHAIN_AIO)
		return;
	following->found.kiocb = chain->kiocb;
	following->found.ctx = chain->ctx;
	following->fn(&following->found, following->data);
}

static void follow(struct symbol_cache *known, struct following *following,
		   const struct bio *bio)
{
	struct bvec_iter iter;

	if (!peek(&iter, &bio->bi_iter))
		return;
	following->found.sector = iter.bi_sector;
	following->found.bytes = iter.bi_size;
	chain_each(known, bio, add_chain, following);
}

void kiocb_each(struct symbol_cache *known, const struct request *rq,
		void (*fn)(const struct kiocb_found *found, void *data),
		void *data)
{
	struct following following = { .fn = fn, .data = data };
	const struct bio *bio;
	int i;

	if (!peek(&bio, (const struct bio **)&rq->bio))
		return;
	for (i = 0; bio && i < MAX_BIOS; i++) {
		follow(known, &following, bio);
		cond_resched();
		if (!peek(&bio, (const struct bio **)&bio->bi_next))
			return;
	}
}

const void *kiocb_end_io(struct symbol_cache *known, const struct request *rq)
{
	const struct bio *bio;

	if (!peek(&bio, (const struct bio **)&rq->bio) || !bio)
		return NULL;
	return chain_end_io(known, bio);
}
