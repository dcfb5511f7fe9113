// SPDX-License-Identifier: GPL-2.0
/* Tells by the descriptions of pages which of them are slabs, and whose. */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "access/sound.h"
#include "layout/layout.h"
#include "object/slab_pages.h"

/* What follows a slab's first page and belongs to it says so in its lowest bit. */
static bool is_tail(const struct page *page)
{
	struct list_head *next;

	return peek(&next, (struct list_head **)&page->lru.next) &&
	       (unsigned long)next & 1;
}

bool slab_pages_begin(struct page *copy)
{
	return !((unsigned long)copy->lru.next & 1) && PageSlab(copy);
}

const void *slab_pages_cache(const struct page *copy)
{
	const void *cache = compat_slab_cache(copy);

	if (!cache)
		layout_get(&cache, copy, LM_SLAB_SLAB_CACHE);
	return cache;
}

size_t slab_pages_bytes(unsigned long pfn)
{
	unsigned int nr;

	for (nr = 1; nr < SLAB_PAGES_MAX; nr++) {
		struct page *page = pfn_to_online_page(pfn + nr);

		if (!page || !is_tail(page) || !sound_page(page))
			break;
	}
	return nr * PAGE_SIZE;
}

/*
 * The page may be freed at any moment. The second element is for what looks behind
 * a page that seems to be huge.
 */
static const void *cache_of(const struct page *first)
{
	struct page copy[2];

	memset(copy, 0, sizeof(copy));
	if (!sound_page(first) || !peek(&copy[0], first) ||
	    !sound_page_copy(&copy[0]) || !slab_pages_begin(&copy[0]))
		return NULL;
	return slab_pages_cache(&copy[0]);
}

const void *slab_pages_object(const void *address, size_t *size)
{
	const struct page *first;
	const void *base, *cache;
	u32 stride, pad;

	if (!sound_address(address, 1))
		return NULL;
	/* It gives each object a page, at one end of which that lies. */
	if (compat_is_kfence(address)) {
		*size = PAGE_SIZE;
		return (const void *)((unsigned long)address & PAGE_MASK);
	}
	first = compound_head(virt_to_page(address));
	cache = cache_of(first);
	if (!cache || !layout_get(&stride, cache, LM_KMEM_CACHE_SIZE) || !stride)
		return NULL;
	if (!layout_get(&pad, cache, LM_KMEM_CACHE_RED_LEFT_PAD))
		pad = 0;
	base = page_to_virt(first) + pad;
	if (address < base)
		return NULL;
	*size = stride;
	return base + (address - base) / stride * stride;
}
