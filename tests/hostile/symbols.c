// SPDX-License-Identifier: GPL-2.0
/* Functions told by their names, and how often a name is looked up. */
#include <linux/sched.h>
#include <linux/slab.h>

#include "access/symbols.h"

#include "hostile.h"

static const char * const names[] = {
	"schedule", "*test_symbols [nbddiag_hostile]", "schedule_timeout", NULL,
};

/* Twice the same, and no name looked up the second time. */
static bool is_remembered(struct symbol_cache *cache, const void *address,
			  int which)
{
	u32 lookups;

	if (symbol_which(cache, address) != which)
		return false;
	lookups = cache->lookups;
	return symbol_which(cache, address) == which &&
	       cache->lookups == lookups;
}

static void test_cache(struct verdicts *v, struct symbol_cache *cache)
{
	const void *inside = (const void *)&schedule + 1;
	unsigned int i, wrong = 0;

	test_says(v, is_remembered(cache, &schedule, 0),
		  "a function of the kernel");
	test_says(v, is_remembered(cache, &test_symbols, 1),
		  "a function of a module");
	test_says(v, is_remembered(cache, &kfree, SYMBOL_NONE),
		  "another function is remembered as such");
	test_says(v, is_remembered(cache, inside, cache->inside ? 0 :
				   SYMBOL_NONE), "an address in a function");
	for (i = 0; i < bad_nr; i++)
		wrong += !is_remembered(cache, bad[i].address, SYMBOL_NONE) &&
			 !symbol_is(bad[i].address, "schedule");
	test_says(v, !wrong, "symbols: %u bad pointers", bad_nr);
	wrong = 0;
	/* Far more than it can remember. */
	for (i = 0; i < 4 * ARRAY_SIZE(cache->known); i++)
		wrong += symbol_which(cache, lent + 8 * i) != SYMBOL_NONE ||
			 symbol_which(cache, &schedule) != 0;
	test_says(v, !wrong, "a full cache answers right");
}

void test_symbols(struct verdicts *v)
{
	struct symbol_cache *cache;
	int inside;

	for (inside = 0; inside < 2; inside++) {
		cache = kzalloc(sizeof(*cache), GFP_KERNEL);
		test_says(v, cache, "memory for a cache");
		if (!cache)
			return;
		cache->names = names;
		cache->inside = inside;
		test_cache(v, cache);
		kfree(cache);
	}
	test_says(v, symbol_is(&schedule, "schedule") &&
		  !symbol_is(NULL, "schedule") &&
		  !symbol_is(&schedule, "schedule_timeout"), "looked up once");
}
