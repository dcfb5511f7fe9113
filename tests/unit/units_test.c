// SPDX-License-Identifier: GPL-2.0
/* Sizes for people, as lsblk writes them. */
#include "base/units.h"
#include "unit.h"

#define K 1024ull
#define M (K * K)
#define G (K * M)
#define T (K * G)

static void expect(uint64_t bytes, const char *want)
{
	char text[UNITS_LEN];

	units_size(text, bytes);
	assert_string_equal(text, want);
}

static void sizes(void **unused)
{
	expect(0, "0B");
	expect(1, "1B");
	expect(1023, "1023B");
	expect(K, "1K");
	expect(K + 51, "1K");
	expect(K + 52, "1.1K");
	expect(G + G / 2, "1.5G");
	/* Rounded, not cut off: 1.95 GiB, 1.96 GiB. */
	expect(G * 195 / 100 + 1, "2G");
	expect(G * 196 / 100, "2G");
	expect(G * 194 / 100, "1.9G");
	expect(T - G, "1023G");
	expect(T - G / 100, "1T");
	expect(T - 1, "1T");
	expect(UINT64_MAX, "16E");
}

static void ages(void **unused)
{
	char text[UNITS_LEN];

	units_age(text, 999999999);
	assert_string_equal(text, "999ms");
	units_age(text, 61 * 1000000000ull);
	assert_string_equal(text, "1m 1s");
	units_age(text, 90000 * 1000000000ull);
	assert_string_equal(text, "1d 1h");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(ages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
