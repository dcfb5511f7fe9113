// SPDX-License-Identifier: GPL-2.0
/* What a snapshot of all AIO contexts consists of; aio_take.c fills it. */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "snapshot/aio_collect.h"

static struct hlist_head *contexts_like(const struct aio_snap *snap,
					const void *ctx)
{
	return (struct hlist_head *)&snap->by_ctx[hash_ptr(ctx, AIO_HASH_BITS)];
}

struct aio_context *aio_context_find(const struct aio_snap *snap,
				     const void *ctx)
{
	struct aio_context *context;

	hlist_for_each_entry(context, contexts_like(snap, ctx), hash)
		if (context->ctx == ctx)
			return context;
	return NULL;
}

struct aio_context *aio_context_add(struct aio_snap *snap, const void *ctx)
{
	struct aio_context *context = aio_context_find(snap, ctx);

	if (context)
		return context;
	context = kzalloc(sizeof(*context), GFP_READ);
	if (!context)
		return NULL;
	context->ctx = ctx;
	INIT_LIST_HEAD(&context->in_owner);
	INIT_LIST_HEAD(&context->owed);
	INIT_LIST_HEAD(&context->unfound);
	hlist_add_head(&context->hash, contexts_like(snap, ctx));
	snap->nr_found += snap->nr_wanted > 0;
	return context;
}

bool aio_is_wanted(const struct aio_snap *snap, const void *ctx)
{
	u32 i;

	for (i = 0; i < snap->nr_wanted; i++)
		if (snap->wanted[i] == ctx)
			return true;
	return !snap->nr_wanted;
}

pid_t aio_context_pid(const struct aio_context *context)
{
	if (context->wait)
		return context->wait->waiter.tgid;
	if (context->space)
		return aio_first_group(context->space)->pid;
	return 0;
}

const struct block_files *aio_candidates(const struct aio_context *context)
{
	if (context->wait)
		return context->wait->candidates;
	return context->space ? context->space->candidates : NULL;
}

struct known aio_context_missing(const struct aio_context *context)
{
	struct known inflight = context->figures.inflight;
	s64 found = (s64)context->nr_owed + context->nr_unfound;

	if (inflight.why_not)
		return inflight;
	return known_unless(inflight.value < found ? "too-many-lines" : NULL,
			    inflight.value - found);
}

/* ---- memory ---- */

struct aio_snap *aio_snap_alloc(enum aio_scan scan)
{
	struct aio_snap *snap = kvzalloc(sizeof(*snap), GFP_READ);

	if (!snap)
		return NULL;
	snap->scan = scan;
	INIT_LIST_HEAD(&snap->spaces);
	INIT_LIST_HEAD(&snap->waits);
	INIT_LIST_HEAD(&snap->unowned);
	return snap;
}

static void free_contexts(struct aio_snap *snap)
{
	struct aio_context *context;
	struct hlist_node *next;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(snap->by_ctx); i++) {
		hlist_for_each_entry_safe(context, next, &snap->by_ctx[i], hash)
			kfree(context);
	}
}

void aio_space_drop(struct aio_space *space)
{
	struct aio_group *group, *next;

	list_for_each_entry_safe(group, next, &space->groups, in_space) {
		hlist_del(&group->hash);
		kfree(group);
	}
	hlist_del(&space->hash);
	list_del(&space->in_snap);
	kfree(space->candidates);
	kfree(space);
}

static void drop_wait(struct aio_wait_for *wait)
{
	list_del(&wait->in_snap);
	kfree(wait->candidates);
	kfree(wait);
}

void aio_snap_free(struct aio_snap *snap)
{
	struct aio_wait_for *wait, *next_wait;
	struct aio_space *space, *next;

	if (IS_ERR_OR_NULL(snap))
		return;
	free_contexts(snap);
	list_for_each_entry_safe(space, next, &snap->spaces, in_snap)
		aio_space_drop(space);
	list_for_each_entry_safe(wait, next_wait, &snap->waits, in_snap)
		drop_wait(wait);
	kvfree(snap->owed);
	kvfree(snap->names);
	kvfree(snap->requests);
	kvfree(snap);
}
