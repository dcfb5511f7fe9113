// SPDX-License-Identifier: GPL-2.0
/* Where memory may be read, what peek.h cannot say in a line. */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "access/peek.h"

#ifdef CONFIG_LOONGARCH
/*
 * A section of memory may have devices in it, whose pages are reserved. So are
 * the kernel's own text and data, which are left out with them.
 */
bool peek_is_loongarch_memory(unsigned long address)
{
	struct page *page;

	if (address >= MODULES_VADDR)
		return true;
	if (address < PAGE_OFFSET || address >= vm_map_base)
		return false;
	page = pfn_to_online_page(PFN_DOWN(PHYSADDR(address)));
	return page && !PageReserved(page);
}
#endif
