// SPDX-License-Identifier: GPL-2.0
/* Gone in 5.17, in the series of d122019bf061 ("mm: Split slab into its own type") */
#include <linux/mm_types.h>

const void *probe(const struct page *page);
const void *probe(const struct page *page)
{
	return page->slab_cache;
}
