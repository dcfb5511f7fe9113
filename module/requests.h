/* SPDX-License-Identifier: GPL-2.0 */
/* The requests which a device has in flight. */
#ifndef NBDDIAG_REQUESTS_H
#define NBDDIAG_REQUESTS_H

#include <linux/types.h>

struct gendisk;

#define REQUESTS_SHOWN 16

/**
 * struct request_snap - a request at one moment
 * @op: REQ_OP_*
 * @sector: first sector, of 512 bytes
 * @bytes: length
 * @start_ns: when it began, by ktime_get_ns(); 0 if not known
 * @socket: index of the socket that it was sent on, -1 if not known
 * @retries: how often its timer expired, -1 if not known
 */
struct request_snap {
	u32 op;
	u64 sector;
	u32 bytes;
	u64 start_ns;
	int socket;
	int retries;
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
