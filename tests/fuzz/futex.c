// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for the file "futex" of a captured process, and for what is
 * taken for a mutex: any words. What is printed of it again says the same.
 */
#include <stdlib.h>
#include <string.h>

#include "locks/futex.h"
#include "fuzz.h"

static void compare(const struct futexes *one, const struct futexes *two)
{
	struct futex_lock a, b;
	size_t i;

	if (one->nr != two->nr || one->memory != two->memory)
		abort();
	for (i = 0; i < one->nr; i++) {
		a = futex_decode(one, &one->thread[i]);
		b = futex_decode(two, &two->thread[i]);
		if (a.kind != b.kind || a.owner != b.owner || a.used != b.used)
			abort();
		if (a.owner != FUTEX_NOBODY && a.owner >= one->nr)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct futexes futexes = { 0 }, again = { 0 };
	char *copy = malloc(size + 1), *text = NULL;
	size_t len;
	FILE *out;

	memcpy(copy, data, size);
	futex_parse(&futexes, copy, size);
	out = open_memstream(&text, &len);
	futex_print(&futexes, out);
	fclose(out);
	futex_parse(&again, text, len);
	compare(&futexes, &again);
	futex_free(&futexes);
	futex_free(&again);
	return 0;
}
