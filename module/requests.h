/* SPDX-License-Identifier: GPL-2.0 */
/* The requests which a device has in flight. */
#ifndef NBDDIAG_REQUESTS_H
#define NBDDIAG_REQUESTS_H

#include <linux/types.h>

struct gendisk;
struct request;

#define REQUESTS_SHOWN 16

/**
 * struct request_snap - a request at one moment
 * @op: REQ_OP_*
 * @sector: first sector, of 512 bytes
 * @bytes: length
 * @start_ns: when it began, by ktime_get_ns(); 0 if not known
 * @socket: index of the socket that it was sent on, -1 if not known
 * @retries: how often its timer expired, -1 if not known
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
	int socket;
	int retries;
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
 * requests_each() - call a function for each started request, without a lock
 * @disk: an nbd disk that cannot go away
 * @fn: the function; the request may complete at any moment, so it is to be
 *	read with fault tolerance
 * @data: its second argument
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: NULL, or why not all of them were found.
 */
const char *requests_each(struct gendisk *disk,
			  void (*fn)(struct request *rq, void *data),
			  void *data);

/**
 * requests_copy() - copy one request, but not what is behind its bio
 * @snap: filled
 * @rq: a request that may complete at any moment
 *
 * Return: false if it cannot be read.
 */
bool requests_copy(struct request_snap *snap, const struct request *rq);

/**
 * requests_snap_take() - count a device's requests, keep the oldest
 * @snap: filled
 * @disk: an nbd disk that cannot go away
 * @locked: the caller holds the device's config_lock
 *
 * With the lock by way of the block layer's iterator, which before 7.2 is not
 * safe against a change of the number of queues; nbd makes such changes under
 * config_lock. Without the lock by copying the tables of tags.
 *
 * Context: may sleep for a moment, never for I/O.
 */
void requests_snap_take(struct requests_snap *snap, struct gendisk *disk,
			bool locked);

#endif /* NBDDIAG_REQUESTS_H */
