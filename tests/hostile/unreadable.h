/* SPDX-License-Identifier: GPL-2.0 */
/* Included before aio_rings.c: the description of one page cannot be read. */
#ifndef NBDDIAG_UNREADABLE_H
#define NBDDIAG_UNREADABLE_H

#include <linux/mm.h>

#include "access/peek.h"

extern unsigned long unreadable_pfn;

static inline bool peek_unless_unreadable(void *dst, const void *src,
					  size_t size)
{
	const void *page = pfn_to_page(unreadable_pfn);

	if (unreadable_pfn && page >= src && page < src + size) {
		memset(dst, 0, size);
		return false;
	}
	return peek_bytes(dst, src, size);
}

#define peek_bytes peek_unless_unreadable

#endif /* NBDDIAG_UNREADABLE_H */
