// SPDX-License-Identifier: GPL-2.0
/* JSON strings: of any bytes, a string that any parser takes. */
#include <string.h>

#include "base/json.h"
#include "unit.h"

static void expect(const char *text, const char *json)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(out);
	json_string(out, text);
	fclose(out);
	assert_string_equal(got, json);
	free(got);
}

static void plain(void **unused)
{
	expect("", "\"\"");
	expect("nbd101 / a-z", "\"nbd101 / a-z\"");
	expect("a \"b\" \\c", "\"a \\\"b\\\" \\\\c\"");
}

static void control(void **unused)
{
	expect("\n\t\x1b[2J\x01\x7f",
	       "\"\\u000a\\u0009\\u001b[2J\\u0001\\u007f\"");
	/* As C1: a terminal may take it for an escape. */
	expect("\302\2332J", "\"\\u009b2J\"");
}

static void utf8(void **unused)
{
	expect("\xc3\xa9", "\"\xc3\xa9\"");
	expect("\xc2\xa0", "\"\xc2\xa0\"");
	expect("\xe2\x82\xac", "\"\xe2\x82\xac\"");
	expect("\xf0\x9f\x92\xbe", "\"\xf0\x9f\x92\xbe\"");
	expect("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
}

static void not_utf8(void **unused)
{
	/* Alone, cut off, too long, a surrogate, beyond the last one. */
	expect("\xff", "\"\\\\xff\"");
	expect("\200a", "\"\\\\x80a\"");
	expect("\xc3", "\"\\\\xc3\"");
	expect("\xc3\"", "\"\\\\xc3\\\"\"");
	expect("\xe2\x82", "\"\\\\xe2\\\\x82\"");
	expect("\xf0\x9f\x92", "\"\\\\xf0\\\\x9f\\\\x92\"");
	expect("\xc0\xaf", "\"\\\\xc0\\\\xaf\"");
	expect("\xe0\x80\xaf", "\"\\\\xe0\\\\x80\\\\xaf\"");
	expect("\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\"");
	expect("\xf0\x80\x80\xaf", "\"\\\\xf0\\\\x80\\\\x80\\\\xaf\"");
	expect("\xf4\x90\x80\x80", "\"\\\\xf4\\\\x90\\\\x80\\\\x80\"");
	expect("\xf8\x88\x80\x80\x80",
	       "\"\\\\xf8\\\\x88\\\\x80\\\\x80\\\\x80\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(control),
		cmocka_unit_test(utf8),
		cmocka_unit_test(not_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
