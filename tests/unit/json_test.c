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

static void others(void **unused)
{
	expect("\n\t\x1b[2J\x01\x7f",
	       "\"\\\\x0a\\\\x09\\\\x1b[2J\\\\x01\\\\x7f\"");
	/* As C1: a terminal may take it for an escape. */
	expect("\302\2332J", "\"\\\\xc2\\\\x9b2J\"");
	expect("\xc3\xa9", "\"\\\\xc3\\\\xa9\"");
	expect("\xff", "\"\\\\xff\"");
	expect("\xc3\"", "\"\\\\xc3\\\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
