// SPDX-License-Identifier: GPL-2.0
/*
 * Tells a free object from one that is in use, by looking for it where the
 * allocator keeps free objects:
 *
 * - the list of its slab, linked through the objects themselves; with
 *   CONFIG_SLAB_FREELIST_HARDENED each link is mixed with a number of the cache
 *   and with its own address;
 * - the like list of the slab that a processor allocates from (until 6.19);
 * - the arrays that each processor has ready, and those that are kept for all
 *   processors of a node (from 6.18: "sheaves" in a "barn").
 *
 * They change all the time, so an object that was found there is free, and one
 * that was not found may be so too.
 */
#include <linux/kasan.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/swab.h>

#include "access/sound.h"
#include "layout/layout.h"
#include "object/slab_free.h"
#include "object/slab_pages.h"

#define MAX_SHEAVES 64
#define MAX_SHEAF_OBJECTS 1024

/**
 * struct search - the search for an object
 * @object: what is looked for
 * @begin: its slab
 * @end: end of it
 * @cache: whose it is
 * @list: first free object by the slab's own list
 * @offset: where the link lies in a free object
 * @random: what links are mixed with
 * @hardened: whether they are
 */
struct search {
	const void *object;
	const void *begin;
	const void *end;
	const void *cache;
	const void *list;
	u32 offset;
	unsigned long random;
	bool hardened;
};

/* ---- lists through objects ---- */

static bool is_inside(const struct search *s, const void *object)
{
	return object >= s->begin && object < s->end;
}

static const void *next_free(const struct search *s, const void *object)
{
	const void *at = object + s->offset;
	unsigned long link;

	if (!is_inside(s, at) || !peek_bytes(&link, at, sizeof(link)))
		return NULL;
	if (s->hardened)
		link ^= s->random ^ swab((unsigned long)at);
	return (const void *)link;
}

static bool is_in_list(const struct search *s, const void *first)
{
	const void *object = first;
	size_t n;

	for (n = (s->end - s->begin) / sizeof(void *);
	     n && object && is_inside(s, object); n--) {
		if (object == s->object)
			return true;
		object = next_free(s, object);
	}
	return false;
}

static bool is_in_cpu_lists(const struct search *s)
{
	const void __percpu *cpu_slab;
	const void *first;
	int cpu;

	if (!layout_get(&cpu_slab, s->cache, LM_KMEM_CACHE_CPU_SLAB) ||
	    !cpu_slab)
		return false;
	for_each_possible_cpu(cpu)
		if (layout_get(&first, per_cpu_ptr(cpu_slab, cpu),
			       LM_KMEM_CACHE_CPU_FREELIST) &&
		    is_in_list(s, first))
			return true;
	return false;
}

/* ---- arrays ---- */

static bool is_in_sheaf(const struct search *s, const void *sheaf)
{
	const void * const *objects;
	const void *object;
	u32 size, i;

	if (!sheaf || !sound_address(sheaf, sizeof(long)) ||
	    layout_status_of(LM_SLAB_SHEAF_OBJECTS) != LAYOUT_OK ||
	    !layout_get(&size, sheaf, LM_SLAB_SHEAF_SIZE) ||
	    size > MAX_SHEAF_OBJECTS)
		return false;
	objects = layout_at(sheaf, LM_SLAB_SHEAF_OBJECTS);
	for (i = 0; i < size; i++) {
		if (!peek(&object, &objects[i]))
			return false;
		if (object == s->object)
			return true;
	}
	return false;
}

static bool is_in_cpu_sheaves(const struct search *s)
{
	static const enum layout_member_id members[] = {
		LM_SLUB_PERCPU_SHEAVES_MAIN, LM_SLUB_PERCPU_SHEAVES_SPARE,
		LM_SLUB_PERCPU_SHEAVES_RCU_FREE,
	};
	const void __percpu *sheaves;
	const void *sheaf;
	unsigned int i;
	int cpu;

	if (!layout_get(&sheaves, s->cache, LM_KMEM_CACHE_CPU_SHEAVES) ||
	    !sheaves)
		return false;
	for_each_possible_cpu(cpu)
		for (i = 0; i < ARRAY_SIZE(members); i++)
			if (layout_get(&sheaf, per_cpu_ptr(sheaves, cpu),
				       members[i]) && is_in_sheaf(s, sheaf))
				return true;
	return false;
}

static bool is_in_barn(const struct search *s, const void *barn)
{
	const struct list_head *head;
	struct list_head link;
	int i;

	if (!barn || !layout_get(&link, barn, LM_NODE_BARN_SHEAVES_FULL) ||
	    layout_status_of(LM_SLAB_SHEAF_BARN_LIST) != LAYOUT_OK)
		return false;
	head = layout_at(barn, LM_NODE_BARN_SHEAVES_FULL);
	for (i = 0; i < MAX_SHEAVES && link.next != head; i++) {
		const void *sheaf = (const void *)link.next -
			layout_offset(LM_SLAB_SHEAF_BARN_LIST);

		if (is_in_sheaf(s, sheaf))
			return true;
		if (!is_sound(link.next) ||
		    !layout_get(&link, sheaf, LM_SLAB_SHEAF_BARN_LIST))
			return false;
	}
	return false;
}

static bool is_in_barns(const struct search *s)
{
	u32 stride = layout_size_of(LS_KMEM_CACHE_PER_NODE_PTRS);
	const void *node_ptrs, *barn;
	int nid;

	if (layout_status_of(LM_KMEM_CACHE_PER_NODE) != LAYOUT_OK)
		return false;
	node_ptrs = layout_at(s->cache, LM_KMEM_CACHE_PER_NODE);
	for_each_online_node(nid)
		if (layout_get(&barn, node_ptrs + nid * stride,
			       LM_KMEM_CACHE_PER_NODE_PTRS_BARN) &&
		    is_in_barn(s, barn))
			return true;
	return false;
}

/* ---- the object's slab ---- */

static bool find_slab(struct search *s)
{
	unsigned long pfn = PHYS_PFN(__pa(s->object));
	unsigned int back;
	struct page copy;

	for (back = 0; back < SLAB_PAGES_MAX; back++, pfn--) {
		struct page *page = pfn_to_online_page(pfn);

		if (!page || !peek(&copy, page))
			return false;
		if (slab_pages_begin(&copy))
			break;
	}
	if (back == SLAB_PAGES_MAX)
		return false;
	s->begin = __va(PFN_PHYS(pfn));
	s->end = s->begin + slab_pages_bytes(pfn);
	s->cache = slab_pages_cache(&copy);
	s->list = compat_slab_freelist(&copy);
	if (!COMPAT_SLAB_IN_PAGE)
		layout_get(&s->list, &copy, LM_SLAB_FREELIST);
	return s->cache && is_inside(s, s->object);
}

#ifdef CONFIG_KASAN_GENERIC
/* KASAN keeps what was freed back for a while. Its shadow tells. */
static bool is_kept_back(const void *object)
{
	const s8 *shadow = kasan_mem_to_shadow(object);
	s8 byte;

	return peek(&byte, shadow) && byte < 0;
}
#else
static bool is_kept_back(const void *object)
{
	return false;
}
#endif

bool slab_free_has(const void *object)
{
	struct search s = { .object = object };

	if (!sound_address(object, sizeof(long)))
		return false;
	if (is_kept_back(object))
		return true;
	if (!find_slab(&s) ||
	    !layout_get(&s.offset, s.cache, LM_KMEM_CACHE_OFFSET))
		return false;
	s.hardened = layout_get(&s.random, s.cache, LM_KMEM_CACHE_RANDOM);
	return is_in_list(&s, s.list) || is_in_cpu_lists(&s) ||
	       is_in_cpu_sheaves(&s) || is_in_barns(&s);
}
