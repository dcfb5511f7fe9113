/* SPDX-License-Identifier: GPL-2.0 */
/* One AIO context: is it one, and what does it hold. */
#ifndef NBDDIAG_KIOCTX_H
#define NBDDIAG_KIOCTX_H

#include "layout/layout.h"

struct inode;

/**
 * struct kioctx_snap - a context at one moment
 * @user_id: its aio_context_t
 * @max_reqs: what io_setup() was asked for, which is what aio-nr counts
 * @nr_events: slots of its ring
 * @inflight: requests submitted and not completed
 * @unreaped: events in the ring that the process has not taken
 * @free: slots that the kernel would give out
 * @consistent: two readings, and two ways to count, agreed
 * @dead: killed by io_destroy() or exit_aio()
 * @drained: nothing holds or awaits it any more; it is being freed
 * @rq_wait: address of what waits for its requests, or NULL
 */
struct kioctx_snap {
	struct known user_id;
	struct known max_reqs;
	struct known nr_events;
	struct known inflight;
	struct known unreaped;
	struct known free;
	bool consistent;
	bool dead;
	bool drained;
	const void *rq_wait;
};

/*
 * Copy a context.
 *
 * @ctx: address of a struct kioctx
 *
 * Context: any; does not sleep.
 * Return: false if @ctx cannot be read.
 */
bool kioctx_snap_take(struct kioctx_snap *snap, const void *ctx);

/**
 * kioctx_may_be_read() - is an address in memory that may be read?
 * @ctx: any address
 *
 * To be asked for what was found on a stack or in a page, before all else.
 *
 * Context: any; does not sleep.
 */
bool kioctx_may_be_read(const void *ctx);

/**
 * kioctx_is_real() - is there a context at an address, not just its remains?
 * @ctx: any address
 *
 * A context and the inode of its ring point to each other from its making
 * until it is freed.
 *
 * Context: any; does not sleep.
 */
bool kioctx_is_real(const void *ctx);

/**
 * kioctx_of_inode() - the context whose ring an inode is
 * @inode: any address
 *
 * Context: any; does not sleep.
 * Return: its address, or NULL if @inode is no ring's.
 */
const void *kioctx_of_inode(const struct inode *inode);

/**
 * kioctx_rq_wait() - what waits for a context's requests
 * @ctx: any address
 *
 * A context keeps the address after it has drained, until it is freed, when
 * another task may have got the stack that it lay on.
 *
 * Return: address of a struct ctx_rq_wait, or NULL.
 */
const void *kioctx_rq_wait(const void *ctx);

#endif /* NBDDIAG_KIOCTX_H */
