// SPDX-License-Identifier: GPL-2.0
/*
 * Follows a started request to the AIO requests that wait for it: request,
 * bio, descriptor of direct I/O on a block device, kiocb, context. All of them
 * can complete meanwhile, so each step is read with fault tolerance, and the
 * end is believed only if it proves to be an AIO request of a real context.
 */
#include <linux/bio.h>

#include "kiocb.h"
#include "kioctx.h"

/* A request of nbd has far fewer; a list that was cut loose might be a ring. */
#define MAX_BIOS 4096
#define MAX_SPLITS 16
#define NAME_LEN 48

/* ---- functions, told by their names ---- */

static bool is_function(const void *fn, const char *name)
{
	char text[NAME_LEN];

	snprintf(text, sizeof(text), "%ps", fn);
	return !strcmp(text, name);
}

/* Most requests have the same function: look a name up once. */
struct known_function {
	const char *name;
	const void *fn;
};

static bool is_known(struct known_function *known, const void *fn)
{
	if (!fn)
		return false;
	if (READ_ONCE(known->fn) == fn)
		return true;
	if (!is_function(fn, known->name))
		return false;
	WRITE_ONCE(known->fn, fn);
	return true;
}

static struct known_function chain_end = { .name = "bio_chain_endio" };
static struct known_function aio_end = { .name = "aio_complete_rw" };
static struct known_function direct_end = { .name = "blkdev_bio_end_io" };
static struct known_function direct_end_async = {
	.name = "blkdev_bio_end_io_async",
};

/* ---- the steps ---- */

/* The part of a bio that was split off points to the bio that it was. */
static const struct bio *unsplit(const struct bio *bio)
{
	const void *end;
	int i;

	for (i = 0; i < MAX_SPLITS; i++) {
		if (!peek(&end, (const void **)&bio->bi_end_io))
			return NULL;
		if (!is_known(&chain_end, end))
			return bio;
		if (!peek(&bio, (const struct bio **)&bio->bi_private))
			return NULL;
	}
	return NULL;
}

/* The descriptor of direct I/O: it has the bio in it, or the bio names it. */
static const void *dio_of(const struct bio *bio)
{
	const void *end, *dio;

	if (!peek(&end, (const void **)&bio->bi_end_io))
		return NULL;
	if (is_known(&direct_end_async, end)) {
		if (layout_status_of(LM_BLKDEV_DIO_BIO) != LAYOUT_OK)
			return NULL;
		return (const void *)bio -
			(layout_at(NULL, LM_BLKDEV_DIO_BIO) - NULL);
	}
	if (!is_known(&direct_end, end) ||
	    !peek(&dio, (const void **)&bio->bi_private))
		return NULL;
	return dio;
}

/* In place of a kiocb there may be a task, if the request is synchronous. */
static bool find_context(struct kiocb_found *found, const void *dio)
{
	const void *complete, *aio;

	if (layout_status_of(LM_AIO_KIOCB_RW) != LAYOUT_OK ||
	    !layout_get(&found->kiocb, dio, LM_BLKDEV_DIO_IOCB) ||
	    !peek(&complete, (const void **)&found->kiocb->ki_complete) ||
	    !is_known(&aio_end, complete))
		return false;
	aio = (const void *)found->kiocb -
		(layout_at(NULL, LM_AIO_KIOCB_RW) - NULL);
	return layout_get(&found->ctx, aio, LM_AIO_KIOCB_KI_CTX) &&
	       kioctx_is_real(found->ctx);
}

static bool find_kiocb(struct kiocb_found *found, const struct bio *bio)
{
	struct bvec_iter iter;
	const void *dio;

	if (!peek(&iter, &bio->bi_iter))
		return false;
	found->sector = iter.bi_sector;
	found->bytes = iter.bi_size;
	bio = unsplit(bio);
	dio = bio ? dio_of(bio) : NULL;
	return dio && find_context(found, dio);
}

void kiocb_each(const struct request *rq,
		void (*fn)(const struct kiocb_found *found, void *data),
		void *data)
{
	struct kiocb_found found;
	const struct bio *bio;
	int i;

	if (!peek(&bio, (const struct bio **)&rq->bio))
		return;
	for (i = 0; bio && i < MAX_BIOS; i++) {
		if (find_kiocb(&found, bio))
			fn(&found, data);
		if (!peek(&bio, (const struct bio **)&bio->bi_next))
			return;
	}
}

const void *kiocb_end_io(const struct request *rq)
{
	const struct bio *bio;
	const void *end;

	if (!peek(&bio, (const struct bio **)&rq->bio) || !bio)
		return NULL;
	bio = unsplit(bio);
	if (!bio || !peek(&end, (const void **)&bio->bi_end_io))
		return NULL;
	return end;
}
