// SPDX-License-Identifier: GPL-2.0
/* Which memory may be read, by what the kernel knows of its pages. */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

#include "access/peek.h"
#include "access/sound.h"

/* Elsewhere page_to_pfn() looks into the page, which may be anywhere. */
#define PAGE_TO_PFN_IS_ARITHMETIC \
	(IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) || IS_ENABLED(CONFIG_FLATMEM))

bool sound_page_copy(struct page *copy)
{
	return !PageOffline(copy) && !PageHWPoison(copy);
}

/* Only what sound_page_copy() looks at is copied, as this is called often. */
static bool is_one_sound(const struct page *page)
{
	struct page copy;

	return peek(&copy.flags, &page->flags) &&
	       peek(&copy.page_type, &page->page_type) &&
	       sound_page_copy(&copy);
}

/*
 * A section of memory whose pages are described can go, but not at once: what
 * was just read can be read a moment later too.
 */
static bool is_page_sound(struct page *page)
{
	const struct page *head;

	if (!page || !is_one_sound(page))
		return false;
	/* Of a huge page it is the first one that is marked. */
	head = compound_head(page);
	return head == page || is_one_sound(head);
}

bool sound_page(const struct page *page)
{
	unsigned long pfn;

	if (!PAGE_TO_PFN_IS_ARITHMETIC)
		return false;
	pfn = page_to_pfn(page);
	return pfn_to_page(pfn) == page &&
	       is_page_sound(pfn_to_online_page(pfn));
}

static bool is_address_sound(const void *address)
{
	return virt_addr_valid(address) &&
	       is_page_sound(pfn_to_online_page(PHYS_PFN(__pa(address))));
}

bool sound_address(const void *address, size_t size)
{
	const void *last = address + size - 1;

	return is_address_sound(address) &&
	       (((unsigned long)address ^ (unsigned long)last) < PAGE_SIZE ||
		is_address_sound(last));
}
