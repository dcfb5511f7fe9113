/* SPDX-License-Identifier: GPL-2.0 */
/* Which pages of memory the slab allocator has, and for which of its caches. */
#ifndef NBDDIAG_SLAB_PAGES_H
#define NBDDIAG_SLAB_PAGES_H

#include <linux/types.h>

struct page;

/* The allocator uses 8 pages at most for a slab, more only if it is told to. */
#define SLAB_PAGES_MAX 32

/* Does a page begin a slab? @copy: copy of its description */
bool slab_pages_begin(struct page *copy);

/**
 * slab_pages_cache() - which of the allocator's caches a slab belongs to
 * @copy: copy of the description of its first page
 *
 * Return: address of a struct kmem_cache, NULL if that is not known.
 */
const void *slab_pages_cache(const struct page *copy);

/**
 * slab_pages_bytes() - how large a slab is
 * @pfn: number of its first page
 *
 * Context: any; does not sleep.
 * Return: bytes of it that may be read, if the first page may.
 */
size_t slab_pages_bytes(unsigned long pfn);

/**
 * slab_pages_object() - which object of the slab allocator is at an address?
 * @address: any address in it
 * @size: set to how far it is from there to where the next one begins
 *
 * The object may be free.
 *
 * Context: any; does not sleep.
 * Return: where it begins; NULL if there is none, or that is not known.
 */
const void *slab_pages_object(const void *address, size_t *size);

#endif /* NBDDIAG_SLAB_PAGES_H */
