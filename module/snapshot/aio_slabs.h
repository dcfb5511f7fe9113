/* SPDX-License-Identifier: GPL-2.0 */
/* Where the allocator keeps the AIO requests: pages of slabs. */
#ifndef NBDDIAG_AIO_SLABS_H
#define NBDDIAG_AIO_SLABS_H

#include <linux/types.h>

struct page;

/**
 * struct aio_slab - a slab in which a request was
 * @first: address of its first object
 * @stride: bytes from one object to the next
 * @nr: how many objects
 */
struct aio_slab {
	const void *first;
	u32 stride;
	u32 nr;
};

#define SLAB_CACHES_BITS 6

/**
 * struct slab_cache_known - what one of the allocator's caches is like
 * @cache: address of its struct kmem_cache
 * @stride: bytes from one object to the next; 0 if it has no AIO requests
 * @pad: bytes before the first one
 * @size: bytes of an object
 * @align: of an object
 */
struct slab_cache_known {
	const void *cache;
	u32 stride;
	u32 pad;
	u32 size;
	u32 align;
};

/**
 * struct aio_slabs - all slabs in which a request was
 * @slab: array of them
 * @nr: how many
 * @room: entries allocated
 * @full: there are more than fit
 * @why_not: NULL, or why they are not looked for on this kernel
 * @known: remembers caches
 */
struct aio_slabs {
	struct aio_slab *slab;
	u32 nr;
	u32 room;
	bool full;
	const char *why_not;
	struct slab_cache_known known[1 << SLAB_CACHES_BITS];
};

/* Can requests be found in slabs on this kernel? Return: NULL, or why not. */
const char *aio_slabs_why_unknown(void);

/**
 * aio_slabs_look() - remember a slab if it has an AIO request
 * @slabs: all
 * @pfn: number of a page that begins a slab
 * @copy: copy of its description
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int aio_slabs_look(struct aio_slabs *slabs, unsigned long pfn,
		   struct page *copy);

#endif /* NBDDIAG_AIO_SLABS_H */
