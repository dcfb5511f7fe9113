// SPDX-License-Identifier: GPL-2.0
/*
 * Finds AIO contexts by the pages of their rings: of every page of memory that
 * belongs to a file, is the file the ring of a context? That finds contexts
 * which no task leads to. Pages of slabs are looked at for requests, by the way.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "access/sound.h"
#include "object/slab_pages.h"
#include "snapshot/aio_collect.h"

/*
 * So many descriptions of pages lie side by side, as memory is made up of whole
 * subsections. With pages of 64 KiB such a one has 32.
 */
#if defined(PAGES_PER_SUBSECTION)
#define PAGES_AT_ONCE min_t(unsigned long, 64, PAGES_PER_SUBSECTION)
#else
#define PAGES_AT_ONCE 64UL
#endif
#define MOST_AT_ONCE 64

#define ROOM_AT_FIRST 256
#define MAX_RINGS 1048576

/* A page's mapping has flags in its low bits if it is no file's. */
#define MAPPING_FLAGS 3UL

/*
 * A copy may look like the first page of a huge one; then the kernel's own tests
 * may look at the description that follows it, so one more is there.
 */
struct scan {
	struct aio_rings *rings;
	const struct address_space *last;
	struct page pages[MOST_AT_ONCE + 1];
};

static int make_room(struct aio_rings *rings)
{
	u32 room = rings->room ? rings->room * 4 : ROOM_AT_FIRST;
	const void **more;

	if (room > MAX_RINGS)
		return -E2BIG;
	more = kvmalloc_array(room, sizeof(*more), GFP_READ);
	if (!more)
		return -ENOMEM;
	if (rings->nr)
		memcpy(more, rings->ctx, rings->nr * sizeof(*more));
	kvfree(rings->ctx);
	rings->ctx = more;
	rings->room = room;
	return 0;
}

static int look_at_mapping(struct scan *scan,
			   const struct address_space *mapping)
{
	struct aio_rings *rings = scan->rings;
	const struct inode *host;
	const void *ctx;
	int err;

	if (!is_sound(mapping) ||
	    !peek(&host, (const struct inode **)&mapping->host))
		return 0;
	ctx = kioctx_of_inode(host);
	if (!ctx)
		return 0;
	if (rings->nr == rings->room) {
		err = make_room(rings);
		if (err)
			return err;
	}
	rings->ctx[rings->nr++] = ctx;
	return 0;
}

static int look_at_copies(struct scan *scan, unsigned long pfn, unsigned int nr)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		struct page *copy = &scan->pages[i];
		const struct address_space *mapping = copy->mapping;

		if (slab_pages_begin(copy)) {
			err = aio_slabs_look(&scan->rings->slabs, pfn + i, copy);
			continue;
		}
		if (!mapping || mapping == scan->last ||
		    (unsigned long)mapping & MAPPING_FLAGS)
			continue;
		scan->last = mapping;
		err = look_at_mapping(scan, mapping);
	}
	return err;
}

/*
 * Memory may be unplugged meanwhile, and with it the descriptions of pages;
 * what is still there and cannot be read may have been a ring.
 */
static int look_at_one(struct scan *scan, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	if (!page)
		return 0;
	if (peek_bytes(scan->pages, page, sizeof(*page)))
		return look_at_copies(scan, pfn, 1);
	if (pfn_to_online_page(pfn))
		scan->rings->unreadable++;
	return 0;
}

static int look_at_each(struct scan *scan, unsigned long pfn)
{
	unsigned long end = pfn + PAGES_AT_ONCE;
	int err = 0;

	for (; pfn < end && !err; pfn++)
		err = look_at_one(scan, pfn);
	return err;
}

static int look_at_pages(struct scan *scan, unsigned long pfn)
{
	unsigned long last = pfn + PAGES_AT_ONCE - 1;

	if (pfn_to_online_page(pfn) && pfn_to_online_page(last) &&
	    peek_bytes(scan->pages, pfn_to_page(pfn),
		       PAGES_AT_ONCE * sizeof(struct page)))
		return look_at_copies(scan, pfn, PAGES_AT_ONCE);
	return look_at_each(scan, pfn);
}

/* Nodes may have holes of many terabytes. */
static unsigned long after_hole(unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	if (!pfn_in_present_section(pfn))
		return ALIGN(pfn + 1, PAGES_PER_SECTION);
#endif
	return pfn;
}

static int look_at_node(struct scan *scan, int nid)
{
	const pg_data_t *node = NODE_DATA(nid);
	unsigned long pfn = ALIGN_DOWN(node->node_start_pfn, PAGES_AT_ONCE);
	unsigned long end = pgdat_end_pfn((pg_data_t *)node), next;
	int err = 0;

	while (pfn < end && !err) {
		next = after_hole(pfn);
		if (next == pfn) {
			err = look_at_pages(scan, pfn);
			next += PAGES_AT_ONCE;
		}
		pfn = next;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

int aio_rings_find(struct aio_rings *rings)
{
	struct scan *scan = kvzalloc(sizeof(*scan), GFP_READ);
	int nid, err = 0;

	BUILD_BUG_ON(PAGES_AT_ONCE > MOST_AT_ONCE);
	if (!scan)
		return -ENOMEM;
	scan->rings = rings;
	for_each_online_node(nid) {
		err = look_at_node(scan, nid);
		if (err)
			break;
	}
	kvfree(scan);
	return err;
}
