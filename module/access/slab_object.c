// SPDX-License-Identifier: GPL-2.0
/*
 * How large an object is, without trust in its address: ksize() would follow
 * whatever is found there, and the page may be freed at any moment. So what
 * describes the page and its cache is copied with fault tolerance. Where in
 * these the words lie differs between kernels and is not public on most; it is
 * measured on an object of our own.
 */
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "access/peek.h"
#include "access/slab_object.h"
#include "access/sound.h"

/* Only mirrors need it, and these only where mutexes can be told apart. */
#ifdef HAVE_MUTEX_WAIT_LIST

/* No multiple of a word, so that no other size of the cache is the same. */
#define OUR_SIZE 1003U

/* In a struct kmem_cache, what is looked through for it. */
#define CACHE_BYTES 128

/* Of the word in struct page that points to the cache; in bytes; 0: not known. */
static u32 cache_at;

/* Of the object's size in struct kmem_cache. */
static u32 size_at;

/*
 * A tail page leads to its head. That one may be freed and become anything
 * before it is copied; if it is a tail by then, PageSlab() would follow it.
 * The second element is for what looks behind a page that seems to be huge.
 */
static bool copy_slab(struct page copy[2], const void *object)
{
	if (!sound_address(object, 1))
		return false;
	memset(copy, 0, 2 * sizeof(*copy));
	return peek(&copy[0], compound_head(virt_to_page(object))) &&
	       sound_page_copy(&copy[0]) &&
	       !PageTail(&copy[0]) && PageSlab(&copy[0]);
}

size_t slab_object_size(const void *object)
{
	const void *cache;
	struct page copy[2];
	u32 size;

	if (!cache_at || !size_at || !copy_slab(copy, object))
		return 0;
	memcpy(&cache, (void *)copy + cache_at, sizeof(cache));
	if (!IS_ALIGNED((unsigned long)cache, sizeof(void *)) ||
	    !sound_address(cache, size_at + sizeof(size)) ||
	    !peek_bytes(&size, cache + size_at, sizeof(size)))
		return 0;
	return size;
}

/* Return: where, or 0 if it is at no place, or at several. */
static u32 only_place(const void *in, u32 bytes, const void *value, u32 size)
{
	u32 at, found = 0;

	for (at = size; at + size <= bytes; at += size) {
		if (memcmp(in + at, value, size))
			continue;
		if (found)
			return 0;
		found = at;
	}
	return found;
}

static void measure_places(const struct kmem_cache *cache, const void *object)
{
	u32 size = OUR_SIZE;
	u8 bytes[CACHE_BYTES];
	struct page copy[2];

	if (!copy_slab(copy, object) ||
	    !peek_bytes(bytes, cache, sizeof(bytes)))
		return;
	cache_at = only_place(copy, sizeof(*copy), &cache, sizeof(cache));
	size_at = only_place(bytes, sizeof(bytes), &size, sizeof(size));
}

/* A cache with a constructor is not merged with others of about its size. */
static void construct_nothing(void *object)
{
}

void slab_object_init(void)
{
	struct kmem_cache *cache;
	void *object;

	cache = kmem_cache_create("nbddiag", OUR_SIZE, 0, 0, construct_nothing);
	if (!cache)
		return;
	object = kmem_cache_alloc(cache, GFP_LOAD);
	if (object) {
		measure_places(cache, object);
		kmem_cache_free(cache, object);
	}
	kmem_cache_destroy(cache);
}

#else

void slab_object_init(void)
{
}

size_t slab_object_size(const void *object)
{
	return 0;
}

#endif
