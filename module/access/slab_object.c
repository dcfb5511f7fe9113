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

/* In a struct kmem_cache, what is looked through. */
#define CACHE_BYTES 128

#define OUR_NAME "nbddiag"
#define KMALLOC "kmalloc-"

/* Of the word in struct page that points to the cache; in bytes; 0: not known. */
static u32 cache_at;

/* Of the object's size in struct kmem_cache. */
static u32 size_at;

/* Of the pointer to its name there. */
static u32 name_at;

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

static bool find_cache(const void **cache, const void *object)
{
	struct page copy[2];

	if (!cache_at || !copy_slab(copy, object))
		return false;
	memcpy(cache, (void *)copy + cache_at, sizeof(*cache));
	return IS_ALIGNED((unsigned long)*cache, sizeof(void *)) &&
	       sound_address(*cache, CACHE_BYTES);
}

size_t slab_object_size(const void *object)
{
	const void *cache;
	u32 size;

	return size_at && find_cache(&cache, object) &&
	       peek_bytes(&size, cache + size_at, sizeof(size)) ? size : 0;
}

/* Does a pointer in a struct kmem_cache lead to a text that begins so? */
static bool find_text(bool *is_it, const void *pointer, const char *text,
		      size_t size)
{
	const void *there;
	char here[16];

	if (!peek_bytes(&there, pointer, sizeof(there)) ||
	    !sound_address(there, size) || !peek_bytes(here, there, size))
		return false;
	*is_it = !memcmp(here, text, size);
	return true;
}

bool slab_object_not_kmalloc(const void *object)
{
	const void *cache;
	bool is_kmalloc;

	return name_at && find_cache(&cache, object) &&
	       find_text(&is_kmalloc, cache + name_at, KMALLOC,
			 strlen(KMALLOC)) && !is_kmalloc;
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

/* The first one: what sysfs calls the cache comes behind it. */
static u32 place_of_name(const void *cache)
{
	bool is_name;
	u32 at;

	for (at = sizeof(void *); at < CACHE_BYTES; at += sizeof(void *))
		if (find_text(&is_name, cache + at, OUR_NAME,
			      sizeof(OUR_NAME)) && is_name)
			return at;
	return 0;
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
	name_at = place_of_name(cache);
}

/* A cache with a constructor is not merged with others of about its size. */
static void construct_nothing(void *object)
{
}

void slab_object_init(void)
{
	struct kmem_cache *cache;
	void *object;

	cache = kmem_cache_create(OUR_NAME, OUR_SIZE, 0, 0, construct_nothing);
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

bool slab_object_not_kmalloc(const void *object)
{
	return false;
}

#endif
