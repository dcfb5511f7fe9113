// SPDX-License-Identifier: GPL-2.0
/* Whatever a string holds, a line stays one line. */
#include "unit.h"

#include "access/escape.h"

/* Escape into exactly @size bytes, so that ASan sees any byte too many. */
static void check(const void *src, size_t len, size_t size, const char *want,
		  size_t taken)
{
	char *dst = malloc(size);

	assert_non_null(dst);
	assert_int_equal(escape_string(dst, size, src, len), taken);
	assert_string_equal(dst, want);
	free(dst);
}

static void keeps_printable_ascii(void **state)
{
	char all[0x7f - 0x20];
	char dst[4 * sizeof(all) + 3];
	int i, n = 0;

	for (i = 0x20; i < 0x7f; i++)
		if (i != '"' && i != '\\')
			all[n++] = i;
	assert_int_equal(escape_string(dst, sizeof(dst), all, n), n);
	assert_int_equal(strlen(dst), n + 2);
	assert_memory_equal(dst + 1, all, n);
	assert_int_equal(dst[0], '"');
	assert_int_equal(dst[n + 1], '"');
}

static void quotes_quotes(void **state)
{
	check("a\"b\\c", 5, 23, "\"a\\\"b\\\\c\"", 5);
}

static void writes_other_bytes_in_hex(void **state)
{
	char dst[7], want[7];
	int i;
	u8 c;

	for (i = 0; i < 256; i++) {
		if (i >= 0x20 && i < 0x7f)
			continue;
		c = i;
		snprintf(want, sizeof(want), "\"\\x%02x\"", i);
		assert_int_equal(escape_string(dst, sizeof(dst), &c, 1), 1);
		assert_string_equal(dst, want);
	}
}

static void takes_nul_as_a_byte(void **state)
{
	check("\0ab\0", 4, 19, "\"\\x00ab\\x00\"", 4);
}

static void writes_empty_string(void **state)
{
	check("", 0, 3, "\"\"", 0);
	check(NULL, 0, 3, "\"\"", 0);
}

static void cuts_between_escapes(void **state)
{
	check("ab", 2, 3, "\"\"", 0);
	check("ab", 2, 4, "\"a\"", 1);
	check("ab", 2, 5, "\"ab\"", 2);
	check("a\n", 2, 7, "\"a\"", 1);
	check("a\n", 2, 8, "\"a\\x0a\"", 2);
	check("a\"", 2, 5, "\"a\"", 1);
	check("a\"", 2, 6, "\"a\\\"\"", 2);
	/* What comes after the first that does not fit stays out too. */
	check("\nb", 2, 5, "\"\"", 0);
}

static void writes_no_quotes_where_none_fit(void **state)
{
	char dst[2] = "xx";

	assert_int_equal(escape_string(dst, 2, "a", 1), 0);
	assert_string_equal(dst, "");
	assert_int_equal(escape_string(dst, 1, "a", 1), 0);
	assert_string_equal(dst, "");
	assert_int_equal(escape_string(NULL, 0, "a", 1), 0);
}

/* Every size, worst input: always quoted, terminated and within bounds. */
static void fits_any_size(void **state)
{
	u8 src[64];
	size_t size, taken;
	char *dst;

	memset(src, 0xff, sizeof(src));
	for (size = 3; size < 4 * sizeof(src) + 10; size++) {
		dst = malloc(size);
		assert_non_null(dst);
		taken = escape_string(dst, size, src, sizeof(src));
		assert_int_equal(strlen(dst), 4 * taken + 2);
		assert_int_equal(dst[4 * taken + 1], '"');
		assert_true(taken == sizeof(src) || (size - 3) / 4 == taken);
		free(dst);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(keeps_printable_ascii),
	cmocka_unit_test(quotes_quotes),
	cmocka_unit_test(writes_other_bytes_in_hex),
	cmocka_unit_test(takes_nul_as_a_byte),
	cmocka_unit_test(writes_empty_string),
	cmocka_unit_test(cuts_between_escapes),
	cmocka_unit_test(writes_no_quotes_where_none_fit),
	cmocka_unit_test(fits_any_size),
};

int main(void)
{
	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
