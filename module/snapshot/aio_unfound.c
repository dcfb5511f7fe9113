// SPDX-License-Identifier: GPL-2.0
/*
 * Gives every AIO request in flight its place (the deep scan): those that were
 * found at a device have one already, the others get one below their context.
 *
 * Looking at all pages takes long, and requests come and go meanwhile. It told
 * in which slabs requests are. These slabs are looked at again here, just before
 * and after the devices, so that what is counted is of one moment if nothing
 * changes, and of few milliseconds if something does.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "object/slab_free.h"
#include "snapshot/aio_collect.h"

#define ROOM_AT_FIRST 256
#define MAX_REQUESTS 262144

/* ---- an array of requests ---- */

static int make_room(struct aio_snap *snap)
{
	u32 room = snap->room_requests ? snap->room_requests * 4 : ROOM_AT_FIRST;
	struct aio_request *more;

	if (room > MAX_REQUESTS)
		return -E2BIG;
	more = kvmalloc_array(room, sizeof(*more), GFP_READ);
	if (!more)
		return -ENOMEM;
	if (snap->nr_requests)
		memcpy(more, snap->requests, snap->nr_requests * sizeof(*more));
	kvfree(snap->requests);
	snap->requests = more;
	snap->room_requests = room;
	return 0;
}

/* Return: 0, also if there is no request; -ENOMEM or -E2BIG. */
static int add_if_live(struct aio_snap *snap, struct symbol_cache *functions,
		       const void *aio)
{
	struct aio_request request;
	int err;

	if (!aio_request_take(&request, functions, aio))
		return 0;
	if (snap->nr_requests == snap->room_requests) {
		err = make_room(snap);
		if (err)
			return err;
	}
	snap->requests[snap->nr_requests++] = request;
	return 0;
}

/* Both begin with the address, so one comparison does for the search too. */
static int by_address(const void *a, const void *b)
{
	const struct aio_request *x = a, *y = b;

	if (x->aio != y->aio)
		return x->aio < y->aio ? -1 : 1;
	return 0;
}

static struct aio_request *find_request(struct aio_snap *snap, u32 nr,
					const void *aio)
{
	u32 from = 0, to = nr;

	while (from < to) {
		u32 at = from + (to - from) / 2;

		if (snap->requests[at].aio == aio)
			return &snap->requests[at];
		if (snap->requests[at].aio < aio)
			from = at + 1;
		else
			to = at;
	}
	return NULL;
}

struct aio_request *aio_request_find(struct aio_snap *snap, const void *aio)
{
	return find_request(snap, snap->nr_requests, aio);
}

/* ---- all that are in flight ---- */

static int look_at_slab(struct aio_snap *snap, struct symbol_cache *functions,
			const struct aio_slab *slab)
{
	int err = 0;
	u32 i;

	for (i = 0; i < slab->nr && !err; i++)
		err = add_if_live(snap, functions,
				  slab->first + i * slab->stride);
	return err;
}

int aio_unfound_collect(struct aio_snap *snap, const struct aio_slabs *slabs)
{
	struct symbol_cache *functions;
	int err = 0;
	u32 i;

	snap->nr_requests = 0;
	snap->why_no_requests = slabs->why_not;
	if (snap->scan != AIO_SCAN_DEEP || slabs->why_not)
		return 0;
	functions = aio_request_functions_alloc();
	if (!functions)
		return -ENOMEM;
	for (i = 0; i < slabs->nr && !err; i++) {
		err = look_at_slab(snap, functions, &slabs->slab[i]);
		cond_resched();
	}
	kvfree(functions);
	sort(snap->requests, snap->nr_requests, sizeof(*snap->requests),
	     by_address, NULL);
	return err;
}

/* ---- those that a device was found to owe ---- */

static const void *aio_of(const struct aio_owed *owed)
{
	return (const void *)owed->kiocb - layout_offset(LM_AIO_KIOCB_RW);
}

/*
 * What a device has and the slabs had not came since, or was done when the
 * device was looked at. An owed request that is done by now is forgotten.
 */
static int match_owed(struct aio_snap *snap, struct symbol_cache *functions)
{
	u32 before = snap->nr_requests, kept = 0, i;
	struct aio_request *request;
	int err;

	for (i = 0; i < snap->nr_owed; i++) {
		const void *aio = aio_of(&snap->owed[i]);

		request = find_request(snap, before, aio);
		if (!request) {
			u32 nr = snap->nr_requests;

			/* A large one is owed several times in succession. */
			if (nr > before && snap->requests[nr - 1].aio == aio) {
				snap->owed[kept++] = snap->owed[i];
				continue;
			}
			err = add_if_live(snap, functions, aio);
			if (err)
				return err;
			if (snap->nr_requests == nr)
				continue;
			request = &snap->requests[nr];
		}
		if (request->ctx != snap->owed[i].ctx)
			continue;
		request->found = true;
		snap->owed[kept++] = snap->owed[i];
	}
	snap->nr_owed = kept;
	return 0;
}

/* Some were done before the devices were looked at. */
static void forget_done(struct aio_snap *snap, struct symbol_cache *functions)
{
	u32 kept = 0, i;

	for (i = 0; i < snap->nr_requests; i++) {
		struct aio_request *request = &snap->requests[i], now;

		if (!request->found) {
			if (!aio_request_take(&now, functions, request->aio) ||
			    !aio_request_is_same(request, &now))
				continue;
			*request = now;
		}
		snap->requests[kept++] = *request;
	}
	snap->nr_requests = kept;
	/* Those that came last were put at the end. */
	sort(snap->requests, snap->nr_requests, sizeof(*snap->requests),
	     by_address, NULL);
}

/* ---- does it add up? ---- */

static int count_lines(struct aio_snap *snap)
{
	struct aio_context *context;
	int err;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(snap->by_ctx); i++)
		hlist_for_each_entry(context, &snap->by_ctx[i], hash)
			context->nr_lines = 0;
	for (i = 0; i < snap->nr_requests; i++) {
		err = aio_context_adopt(snap, snap->requests[i].ctx);
		if (err)
			return err;
		context = aio_context_find(snap, snap->requests[i].ctx);
		if (context)
			context->nr_lines++;
	}
	return 0;
}

/*
 * What io_submit() refused looks like a request when its memory is free again.
 * Such a context seems to have too many.
 */
static void forget_refused(struct aio_snap *snap)
{
	u32 kept = 0, i;

	for (i = 0; i < snap->nr_requests; i++) {
		struct aio_request *request = &snap->requests[i];
		struct aio_context *context;

		context = aio_context_find(snap, request->ctx);
		if (!request->found && !request->submitting && context &&
		    context->nr_lines > context->figures.inflight.value &&
		    slab_free_has(request->aio)) {
			context->nr_lines--;
			continue;
		}
		snap->requests[kept++] = *request;
		cond_resched();
	}
	snap->nr_requests = kept;
}

static bool adds_up(const struct aio_context *context)
{
	return context->figures.inflight.why_not ||
	       context->figures.inflight.value == context->nr_lines;
}

/* The figures were read before the requests. */
static bool adds_up_now(struct aio_context *context)
{
	struct kioctx_snap now;

	if (adds_up(context))
		return true;
	if (kioctx_snap_take(&now, context->ctx) && !now.drained &&
	    now.dead == context->figures.dead &&
	    now.user_id.value == context->figures.user_id.value &&
	    kioctx_is_real(context->ctx))
		context->figures = now;
	return adds_up(context);
}

static bool all_add_up(struct aio_snap *snap)
{
	struct aio_context *context;
	bool all = true;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(snap->by_ctx); i++) {
		hlist_for_each_entry(context, &snap->by_ctx[i], hash)
			all &= adds_up_now(context);
		cond_resched();
	}
	return all;
}

int aio_unfound_settle(struct aio_snap *snap)
{
	struct symbol_cache *functions;
	int err;

	if (snap->scan != AIO_SCAN_DEEP || snap->why_no_requests)
		return 0;
	functions = aio_request_functions_alloc();
	if (!functions)
		return -ENOMEM;
	aio_owed_sort(snap);
	err = match_owed(snap, functions);
	if (!err)
		forget_done(snap, functions);
	kvfree(functions);
	if (!err)
		err = count_lines(snap);
	if (err)
		return err;
	if (all_add_up(snap))
		return 0;
	forget_refused(snap);
	return all_add_up(snap) ? 0 : -EAGAIN;
}

/* ---- each to its context ---- */

void aio_unfound_assign(struct aio_snap *snap)
{
	struct aio_context *context;
	u32 i;

	for (i = 0; i < snap->nr_requests; i++) {
		struct aio_request *request = &snap->requests[i];

		context = aio_context_find(snap, request->ctx);
		if (!context || request->found)
			continue;
		list_add_tail(&request->in_context, &context->unfound);
		context->nr_unfound++;
	}
}

static bool has_all_lines(const struct aio_context *context)
{
	struct known missing = aio_context_missing(context);

	return context->figures.inflight.why_not ||
	       (!missing.why_not && !missing.value);
}

const char *aio_unfound_why_incomplete(const struct aio_snap *snap)
{
	const struct aio_context *context;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(snap->by_ctx); i++)
		hlist_for_each_entry(context, &snap->by_ctx[i], hash)
			if (!has_all_lines(context))
				return snap->why_no_requests ?
					snap->why_no_requests :
					"requests-changed";
	return NULL;
}
