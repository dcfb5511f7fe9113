// SPDX-License-Identifier: GPL-2.0
/* Fields and numbers of nbddiag(4), and lines of its file devices. */
#include <string.h>

#include "facts/brief.h"
#include "facts/text.h"
#include "unit.h"

static void expect_field(const char *line, const char *name,
			 enum value_kind kind, const char *want)
{
	struct value value = text_field(line, name);

	assert_int_equal(value.kind, kind);
	assert_int_equal(value.len, strlen(want));
	assert_memory_equal(value.at ? value.at : "", want, value.len);
}

static void fields(void **unused)
{
	static const char line[] = "a=1 b=\"x y\" c=- e f=\"q\\\" g=2\" h=p:\"r s\"=t i=";

	expect_field(line, "a", VALUE_GIVEN, "1");
	expect_field(line, "b", VALUE_GIVEN, "x y");
	expect_field(line, "c", VALUE_NONE, "-");
	expect_field("d=-(no-way)", "d", VALUE_UNKNOWN, "no-way");
	expect_field(line, "e", VALUE_MISSING, "");
	expect_field(line, "f", VALUE_GIVEN, "q\\\" g=2");
	/* It is in quotes. */
	expect_field(line, "g", VALUE_MISSING, "");
	expect_field(line, "h", VALUE_GIVEN, "p:\"r s\"=t");
	expect_field(line, "i", VALUE_GIVEN, "");
	/* Of a longer name, and of a shorter one. */
	expect_field("ab=1 a=2 abc=3", "a", VALUE_GIVEN, "2");
	expect_field("ab=1 a=2 abc=3", "abc", VALUE_GIVEN, "3");
	/* Quotes that nothing ends. */
	expect_field("a=\"b c=1", "c", VALUE_MISSING, "");
	expect_field("a=\"\\", "a", VALUE_GIVEN, "\"\\");
	expect_field("=1", "", VALUE_MISSING, "");
	expect_field("", "a", VALUE_MISSING, "");
	expect_field(NULL, "a", VALUE_MISSING, "");
}

static bool is_number(const char *text, uint64_t want)
{
	uint64_t number = 0;

	return value_number((struct value){ VALUE_GIVEN, text, strlen(text) },
			    &number) && number == want;
}

static void numbers(void **unused)
{
	uint64_t number;

	assert_true(is_number("0", 0));
	assert_true(is_number("007", 7));
	assert_true(is_number("18446744073709551615", UINT64_MAX));
	assert_true(is_number("0x0", 0));
	assert_true(is_number("0xffffffffffffffff", UINT64_MAX));
	assert_false(is_number("18446744073709551616", 0));
	assert_false(is_number("184467440737095516150", 0));
	assert_false(is_number("0x10000000000000000", 0));
	assert_false(is_number("", 0));
	assert_false(is_number("0x", 0));
	assert_false(is_number("-1", -1));
	assert_false(is_number("+1", 1));
	assert_false(is_number(" 1", 1));
	assert_false(is_number("1 ", 1));
	assert_false(is_number("1x", 1));
	assert_false(value_number((struct value){ VALUE_NONE, "1", 1 },
				  &number));
}

static void free_lines(void **unused)
{
	assert_true(brief_is_free("name=nbd0 state=free attachable=yes live=0 consistent=yes"));
	/* In another order it is only looked at more closely. */
	assert_false(brief_is_free("consistent=yes attachable=yes state=free"));
	assert_false(brief_is_free("name=nbd0 state=freed attachable=yes consistent=yes"));
	assert_false(brief_is_free("name=nbd0 state=free attachable=no consistent=yes"));
	assert_false(brief_is_free("name=nbd0 state=free attachable=yes consistent=no"));
	assert_false(brief_is_free("name=nbd0 state=free attachable=yes"));
	assert_false(brief_is_free("name=nbd0 state=free consistent=yes"));
	/* Twice, and not the same. */
	assert_false(brief_is_free("state=free state=opened attachable=yes consistent=yes"));
	assert_false(brief_is_free("state=opened state=free attachable=yes consistent=yes"));
	assert_false(brief_is_free("state=free attachable=no attachable=yes consistent=yes"));
	assert_false(brief_is_free(NULL));
}

static void expect_brief(const struct text *brief, const char *key,
			 const char *want)
{
	size_t at = 0;
	const char *line = text_next(brief, key, &at);

	assert_non_null(line);
	assert_string_equal(line, want);
	assert_int_equal(text_count(brief, key), 1);
}

/* AddressSanitizer sees if there was too little room for it. */
static void brief(void **unused)
{
	struct text text;

	brief_parse(&text, "live=2 name=nbd7 sockets=3 dead=-(unknown) peer=path:\"a b\" live=9");
	expect_brief(&text, "device", "nbd7");
	expect_brief(&text, "sockets", "total=3 live=2 dead=-(unknown)");
	expect_brief(&text, "socket", "peer=path:\"a b\"");
	assert_int_equal(text.nr, 3);
	text_free(&text);
	/* No sockets are counted of a free one; each value grows by a byte. */
	brief_parse(&text, "state=free sockets= live= dead=");
	expect_brief(&text, "sockets", "total=- live=- dead=-");
	text_free(&text);
	brief_parse(&text, "live=");
	expect_brief(&text, "sockets", "live=");
	text_free(&text);
	brief_parse(&text, "");
	assert_int_equal(text.nr, 0);
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(numbers),
		cmocka_unit_test(free_lines),
		cmocka_unit_test(brief),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
