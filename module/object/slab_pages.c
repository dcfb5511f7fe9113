// SPDX-License-Identifier: GPL-2.0
/* Tells by the descriptions of pages which of them are slabs, and whose. */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

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
