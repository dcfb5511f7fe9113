/* SPDX-License-Identifier: GPL-2.0 */
/* One AIO request, by the kernel's own record of it: a struct aio_kiocb. */
#ifndef NBDDIAG_AIO_REQUEST_H
#define NBDDIAG_AIO_REQUEST_H

#include <linux/blkdev.h>
#include <linux/list.h>

#include "access/symbols.h"
#include "object/opened.h"

struct file;
struct kiocb;

enum aio_request_kind {
	AIO_REQUEST_NEW,	/* io_submit() has not set it up yet */
	AIO_REQUEST_READ,
	AIO_REQUEST_WRITE,
	AIO_REQUEST_FSYNC,
	AIO_REQUEST_POLL,
};

/* Who has a request that was found at no device. */
enum aio_request_where {
	AIO_AT_UNKNOWN,
	AIO_AT_FS,		/* the data is written, the filesystem ends it */
	AIO_AT_DRIVER,		/* a driver of bios, in a list of its own */
};

/**
 * struct aio_request - a request in flight
 * @in_context: in aio_context.unfound, if no device was found to owe it
 * @aio: address of its struct aio_kiocb; only to tell one from another
 * @ctx: its context; proved to be one
 * @file: what it is about; only to tell one from another
 * @user_iocb: address of the struct iocb in the process
 * @kind: what it does
 * @direct: it bypasses the page cache; of a read or write
 * @submitting: io_submit() is still at work on it
 * @complete: it has its result, and will be an event in a moment
 * @found: a block request was found that it waits for
 * @where: if not, who has it; see aio_where_find()
 * @pos: where it begins, in bytes; of a read or write
 * @opened: what it asks for
 * @why_not_opened: NULL, or why there is no device in @opened
 */
struct aio_request {
	struct list_head in_context;
	const void *aio;
	const void *ctx;
	const struct file *file;
	u64 user_iocb;
	enum aio_request_kind kind;
	bool direct;
	bool submitting;
	bool complete;
	bool found;
	enum aio_request_where where;
	s64 pos;
	struct opened opened;
	const char *why_not_opened;
};

/* Can requests be recognized on this kernel? Return: NULL, or why not. */
const char *aio_request_why_unknown(void);

/**
 * aio_request_functions_alloc() - for the functions that requests end with
 *
 * Context: may sleep.
 * Return: a cache for one snapshot, to be freed by kvfree(); NULL if there is
 * no memory.
 */
struct symbol_cache *aio_request_functions_alloc(void);

/**
 * aio_request_may_be() - may there be a request in flight at an address?
 * @aio: address of an object in a slab
 *
 * Cheap. To be asked of everything in memory, before aio_request_take().
 *
 * Context: any; does not sleep.
 */
bool aio_request_may_be(const void *aio);

/**
 * aio_request_take() - copy a request
 * @request: filled; not @in_context, @found and @where
 * @known: from aio_request_functions_alloc()
 * @aio: any address that may be read
 *
 * Context: any; does not sleep.
 * Return: false if there is no request in flight at @aio, or if it changed
 * while it was read.
 */
bool aio_request_take(struct aio_request *request, struct symbol_cache *known,
		      const void *aio);

/**
 * aio_request_in_submit() - is io_submit() at work on a request?
 * @aio: any address
 *
 * Context: any; does not sleep.
 * Return: its struct kiocb if a request is there, NULL otherwise.
 */
const struct kiocb *aio_request_in_submit(const void *aio);

/* Are two copies of the same request? */
bool aio_request_is_same(const struct aio_request *a,
			 const struct aio_request *b);

#endif /* NBDDIAG_AIO_REQUEST_H */
