/* SPDX-License-Identifier: GPL-2.0 */
/* From a request of the block layer to the AIO request behind it. */
#ifndef NBDDIAG_KIOCB_H
#define NBDDIAG_KIOCB_H

#include <linux/blk-mq.h>

#include "access/symbols.h"

struct kiocb;

/**
 * struct kiocb_found - an AIO request that waits for a block request
 * @ctx: its context; proved to be one
 * @kiocb: its struct kiocb; only to tell one from another
 * @sector: first sector of this part of the block request, of 512 bytes
 * @bytes: length of the part
 */
struct kiocb_found {
	const void *ctx;
	const struct kiocb *kiocb;
	u64 sector;
	u32 bytes;
};

/**
 * kiocb_functions_alloc() - for the functions that bios are completed by
 *
 * Context: may sleep.
 * Return: a cache for one snapshot, to be freed by kvfree(); NULL if there is
 * no memory.
 */
struct symbol_cache *kiocb_functions_alloc(void);

/*
 * Find the AIO requests that wait for a block request.
 *
 * @rq: a request that may complete at any moment
 * @fn: called for each, in the order of their sectors
 *
 * Through all that is above the disk and can be followed, see object/chain.h.
 *
 * Context: may sleep, as it lets others run between bios.
 */
void kiocb_each(struct symbol_cache *known, const struct request *rq,
		void (*fn)(const struct kiocb_found *found, void *data),
		void *data);

/*
 * What a request will call when it is done.
 *
 * Return: address of a function, NULL if the request has no bio.
 */
const void *kiocb_end_io(struct symbol_cache *known, const struct request *rq);

#endif /* NBDDIAG_KIOCB_H */
