// SPDX-License-Identifier: GPL-2.0
/* Tells functions by their names, and looks few names up. */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "access/symbol_text.h"
#include "access/symbols.h"

/* What is longer is cut off, and none of the functions that are asked for. */
#define TEXT_LEN 128

/* Places in which an address may be remembered. */
#define PROBES 8

static int look_up(const struct symbol_cache *cache, const void *address)
{
	char text[TEXT_LEN];
	int i;

	snprintf(text, sizeof(text), "%pS", address);
	for (i = 0; cache->names[i]; i++)
		if (symbol_text_is(text, cache->names[i], cache->inside))
			return i;
	return SYMBOL_NONE;
}

int symbol_which(struct symbol_cache *cache, const void *address)
{
	u32 first = hash_ptr(address, SYMBOL_CACHE_BITS), at = first, i;

	if (!address)
		return SYMBOL_NONE;
	for (i = 0; i < PROBES; i++) {
		at = (first + i) % ARRAY_SIZE(cache->known);
		if (cache->known[at].address == address)
			return cache->known[at].which;
		if (!cache->known[at].address)
			break;
	}
	/* If all places are taken, another one is forgotten each time. */
	if (i == PROBES)
		at = (first + cache->lookups % PROBES) %
			ARRAY_SIZE(cache->known);
	cache->lookups++;
	cache->known[at].address = address;
	cache->known[at].which = look_up(cache, address);
	return cache->known[at].which;
}

bool symbol_is(const void *fn, const char *name)
{
	char text[TEXT_LEN];

	snprintf(text, sizeof(text), "%pS", fn);
	return fn && symbol_text_is(text, name, false);
}

void symbol_name(char *text, size_t size, const void *address)
{
	snprintf(text, size, "%ps", address);
}

unsigned long symbol_function(char *text, size_t size, unsigned long address)
{
	char whole[TEXT_LEN];
	unsigned long offset;
	char *plus;

	*text = '\0';
	snprintf(whole, sizeof(whole), "%pS", (void *)address);
	plus = strstr(whole, "+0x");
	if (!plus || sscanf(plus, "+0x%lx/", &offset) != 1)
		return 0;
	*plus = '\0';
	strscpy(text, whole, size);
	return address - offset;
}
