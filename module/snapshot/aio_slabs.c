// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the slabs that AIO requests are in. No pointer leads to the cache that
 * they are allocated from, and it is usually shared with others whose objects
 * are of the same size. So every slab is looked at whose objects are as large as
 * a request or were made so to be aligned.
 */
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "object/aio_request.h"
#include "object/slab_pages.h"
#include "snapshot/aio_slabs.h"

#define ROOM_AT_FIRST 256
#define MAX_SLABS 262144

const char *aio_slabs_why_unknown(void)
{
	static const enum layout_member_id needed[] = {
		LM_KMEM_CACHE_FLAGS, LM_KMEM_CACHE_SIZE,
		LM_KMEM_CACHE_OBJECT_SIZE, LM_KMEM_CACHE_ALIGN,
		LM_KMEM_CACHE_RED_LEFT_PAD,
	};
	enum layout_status status;

	status = layout_status_of_all(needed, ARRAY_SIZE(needed));
	if (status == LAYOUT_OK && !COMPAT_SLAB_IN_PAGE)
		status = layout_status_of(LM_SLAB_SLAB_CACHE);
	if (status != LAYOUT_OK)
		return layout_status_text(status);
	return aio_request_why_unknown();
}

/* ---- caches ---- */

/* Requests are aligned to a line of the processor's cache. */
static bool may_be_requests(u32 object_size)
{
	u32 size = layout_size_of(LS_AIO_KIOCB);

	return object_size >= size &&
	       object_size < ALIGN(size, cache_line_size()) + sizeof(void *);
}

/* A cache of reclaimable objects, such as names of files, is shared with no others. */
static void look_at_cache(struct slab_cache_known *known, const void *cache)
{
	slab_flags_t flags;
	u32 stride;

	memset(known, 0, sizeof(*known));
	known->cache = cache;
	if (!sound_address(cache, layout_offset(LM_KMEM_CACHE_RED_LEFT_PAD) +
			   sizeof(u32)) ||
	    !layout_get(&known->size, cache, LM_KMEM_CACHE_OBJECT_SIZE) ||
	    !may_be_requests(known->size) ||
	    !layout_get(&flags, cache, LM_KMEM_CACHE_FLAGS) ||
	    flags & SLAB_RECLAIM_ACCOUNT ||
	    !layout_get(&known->align, cache, LM_KMEM_CACHE_ALIGN) ||
	    !is_power_of_2(known->align) ||
	    !layout_get(&known->pad, cache, LM_KMEM_CACHE_RED_LEFT_PAD) ||
	    !layout_get(&stride, cache, LM_KMEM_CACHE_SIZE) ||
	    stride < known->size || known->pad >= PAGE_SIZE)
		return;
	known->stride = stride;
}

static const struct slab_cache_known *known_cache(struct aio_slabs *slabs,
						  const void *cache)
{
	struct slab_cache_known *known;

	known = &slabs->known[hash_ptr(cache, SLAB_CACHES_BITS)];
	if (known->cache != cache)
		look_at_cache(known, cache);
	return known;
}

/* ---- slabs ---- */

/* An object of KFENCE begins where its page does, or ends where that ends. */
static void shape_of(struct aio_slab *slab,
		     const struct slab_cache_known *known, unsigned long pfn)
{
	const void *start = __va(PFN_PHYS(pfn));

	if (compat_is_kfence(start)) {
		slab->first = start;
		slab->stride = ALIGN_DOWN(PAGE_SIZE - known->size, known->align);
		slab->nr = 2;
		return;
	}
	slab->first = start + known->pad;
	slab->stride = known->stride;
	slab->nr = (slab_pages_bytes(pfn) - known->pad) / known->stride;
}

static bool has_request(const struct aio_slab *slab)
{
	u32 i;

	for (i = 0; i < slab->nr; i++)
		if (aio_request_may_be(slab->first + i * slab->stride))
			return true;
	return false;
}

static int make_room(struct aio_slabs *slabs)
{
	u32 room = slabs->room ? slabs->room * 4 : ROOM_AT_FIRST;
	struct aio_slab *more;

	more = kvmalloc_array(room, sizeof(*more), GFP_READ);
	if (!more)
		return -ENOMEM;
	if (slabs->nr)
		memcpy(more, slabs->slab, slabs->nr * sizeof(*more));
	kvfree(slabs->slab);
	slabs->slab = more;
	slabs->room = room;
	return 0;
}

int aio_slabs_look(struct aio_slabs *slabs, unsigned long pfn,
		   struct page *copy)
{
	const void *cache = slabs->why_not ? NULL : slab_pages_cache(copy);
	const struct slab_cache_known *known;
	struct aio_slab slab;

	if (!cache)
		return 0;
	known = known_cache(slabs, cache);
	if (!known->stride || !sound_page_copy(copy))
		return 0;
	shape_of(&slab, known, pfn);
	if (!has_request(&slab))
		return 0;
	if (slabs->nr == MAX_SLABS) {
		slabs->full = true;
		return 0;
	}
	if (slabs->nr == slabs->room && make_room(slabs))
		return -ENOMEM;
	slabs->slab[slabs->nr++] = slab;
	return 0;
}
