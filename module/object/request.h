/* SPDX-License-Identifier: GPL-2.0 */
/* The requests which a device has in flight. */
#ifndef NBDDIAG_REQUEST_H
#define NBDDIAG_REQUEST_H

#include <linux/types.h>

#include "access/known.h"

struct gendisk;
struct request;
struct symbol_cache;

#define REQUESTS_SHOWN 16

/**
 * struct request_snap - a request at one moment
 * @op: REQ_OP_*
 * @sector: first sector, of 512 bytes
 * @bytes: length
 * @start_ns: when it began, by ktime_get_ns(); 0 if not known
 * @socket: index of the socket that it was sent on
 * @retries: how often its timer expired
 * @has_inflight: its flags are known, and INFLIGHT is one of them
 * @end_io: kernel function that its bio calls when it is done, or NULL
 * @aio: how many AIO requests are in it
 * @ctx: context of the first of them, only to compare it
 * @several_ctx: they are of several contexts
 * @aio_pid: process that has the context or waits for it, 0 if not known
 * @aio_user_id: its aio_context_t, valid with @aio_pid; see aio_name_owners()
 */
struct request_snap {
	u32 op;
	u64 sector;
	u32 bytes;
	u64 start_ns;
	struct known socket;
	struct known retries;
	bool has_inflight;
	const void *end_io;
	u32 aio;
	const void *ctx;
	bool several_ctx;
	pid_t aio_pid;
	unsigned long aio_user_id;
};

/**
 * struct requests_snap - all of them at one moment
 * @why_unknown: NULL, or why the rest is not known
 * @inflight: how many were started and not completed
 * @now_ns: when this was taken, to compute ages
 * @shown: number of entries in @oldest
 * @oldest: the oldest ones, oldest first
 */
struct requests_snap {
	const char *why_unknown;
	u32 inflight;
	u64 now_ns;
	u32 shown;
	struct request_snap oldest[REQUESTS_SHOWN];
};

/**
 * struct requests_visitor - who wants to see the requests of a device
 * @restart: forget what was seen: the walk begins, or begins anew
 * @visit: called for each; the request may complete at any moment, so it is to
 *	be read with fault tolerance
 * @data: the second argument of @visit, the only one of @restart
 */
struct requests_visitor {
	void (*restart)(void *data);
	void (*visit)(struct request *rq, void *data);
	void *data;
};

/*
 * Show a visitor each started request.
 *
 * @disk: an nbd disk that cannot go away
 *
 * With and without nbd's locks, because none of them keeps the tables of tags:
 * since 6.16 nbd drops config_lock while the block layer replaces and frees
 * them. See tags_each_started().
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: NULL, or why not all of them were found.
 */
const char *requests_each(struct gendisk *disk,
			  const struct requests_visitor *visitor);

/*
 * Copy one request, but not what is behind its bio.
 *
 * @rq: a request that may complete at any moment
 *
 * Return: false if it cannot be read.
 */
bool requests_copy(struct request_snap *snap, const struct request *rq);

/* By when two requests began; those of unknown age, 0, sort last. */
bool request_is_older(u64 start_ns, u64 than_ns);

/*
 * Count a device's requests, keep the oldest.
 *
 * @disk: an nbd disk that cannot go away
 * @functions: from kiocb_functions_alloc(), to tell what waits for them; NULL:
 *	bios are not looked at
 *
 * Context: may sleep for a moment, never for I/O. To be called without a lock:
 * a full queue of large requests takes some milliseconds.
 */
void requests_snap_take(struct requests_snap *snap, struct gendisk *disk,
			struct symbol_cache *functions);

#endif /* NBDDIAG_REQUEST_H */
