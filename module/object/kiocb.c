// SPDX-License-Identifier: GPL-2.0
/*
 * Follows a started request to the AIO requests that wait for it: request,
 * bio, descriptor of direct I/O on a block device, kiocb, context. All of them
 * can complete meanwhile, so each step is read with fault tolerance, and the
 * end is believed only if it proves to be an AIO request of a real context.
 */
#include <linux/bio.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "object/kiocb.h"
#include "object/kioctx.h"

/* A request of nbd has far fewer; a list that was cut loose might be a ring. */
#define MAX_BIOS 4096
#define MAX_SPLITS 16

/* ---- functions, told by their names ---- */

enum function {
	CHAIN_END,
	AIO_END,
	DIRECT_END,
	DIRECT_END_ASYNC,
};

static const char * const functions[] = {
	[CHAIN_END] = "bio_chain_endio",
	[AIO_END] = "aio_complete_rw",
	[DIRECT_END] = "blkdev_bio_end_io",
	[DIRECT_END_ASYNC] = "blkdev_bio_end_io_async",
	NULL
};

struct symbol_cache *kiocb_functions_alloc(void)
{
	struct symbol_cache *cache;

	cache = kvzalloc(sizeof(*cache), GFP_READ);
	if (cache)
		cache->names = functions;
	return cache;
}

/* ---- the steps ---- */

/* The part of a bio that was split off points to the bio that it was. */
static const struct bio *unsplit(struct symbol_cache *known,
				 const struct bio *bio)
{
	const void *end;
	int i;

	for (i = 0; i < MAX_SPLITS; i++) {
		if (!peek(&end, (const void **)&bio->bi_end_io))
			return NULL;
		if (symbol_which(known, end) != CHAIN_END)
			return bio;
		if (!peek(&bio, (const struct bio **)&bio->bi_private))
			return NULL;
	}
	return NULL;
}

/* The descriptor of direct I/O: it has the bio in it, or the bio names it. */
static const void *dio_of(struct symbol_cache *known, const struct bio *bio)
{
	const void *end, *dio;

	if (!peek(&end, (const void **)&bio->bi_end_io))
		return NULL;
	switch (symbol_which(known, end)) {
	case DIRECT_END_ASYNC:
		if (layout_status_of(LM_BLKDEV_DIO_BIO) != LAYOUT_OK)
			return NULL;
		return (const void *)bio - layout_offset(LM_BLKDEV_DIO_BIO);
	case DIRECT_END:
		return peek(&dio, (const void **)&bio->bi_private) ? dio : NULL;
	default:
		return NULL;
	}
}

/* In place of a kiocb there may be a task, if the request is synchronous. */
static bool find_context(struct symbol_cache *known, struct kiocb_found *found,
			 const void *dio)
{
	const void *complete, *aio;

	if (layout_status_of(LM_AIO_KIOCB_RW) != LAYOUT_OK ||
	    !layout_get(&found->kiocb, dio, LM_BLKDEV_DIO_IOCB) ||
	    !peek(&complete, (const void **)&found->kiocb->ki_complete) ||
	    symbol_which(known, complete) != AIO_END)
		return false;
	aio = (const void *)found->kiocb - layout_offset(LM_AIO_KIOCB_RW);
	return layout_get(&found->ctx, aio, LM_AIO_KIOCB_KI_CTX) &&
	       kioctx_is_real(found->ctx);
}

static bool find_kiocb(struct symbol_cache *known, struct kiocb_found *found,
		       const struct bio *bio)
{
	struct bvec_iter iter;
	const void *dio;

	if (!peek(&iter, &bio->bi_iter))
		return false;
	found->sector = iter.bi_sector;
	found->bytes = iter.bi_size;
	bio = unsplit(known, bio);
	dio = bio ? dio_of(known, bio) : NULL;
	return dio && find_context(known, found, dio);
}

void kiocb_each(struct symbol_cache *known, const struct request *rq,
		void (*fn)(const struct kiocb_found *found, void *data),
		void *data)
{
	struct kiocb_found found;
	const struct bio *bio;
	int i;

	if (!peek(&bio, (const struct bio **)&rq->bio))
		return;
	for (i = 0; bio && i < MAX_BIOS; i++) {
		if (find_kiocb(known, &found, bio))
			fn(&found, data);
		if (!peek(&bio, (const struct bio **)&bio->bi_next))
			return;
	}
}

const void *kiocb_end_io(struct symbol_cache *known, const struct request *rq)
{
	const struct bio *bio;
	const void *end;

	if (!peek(&bio, (const struct bio **)&rq->bio) || !bio)
		return NULL;
	bio = unsplit(known, bio);
	if (!bio || !peek(&end, (const void **)&bio->bi_end_io))
		return NULL;
	return end;
}
