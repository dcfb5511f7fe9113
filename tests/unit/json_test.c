// SPDX-License-Identifier: GPL-2.0
/* JSON strings: of any bytes, a string that any parser takes. */
#include <stdint.h>
#include <stdlib.h>
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

/* Commas, and what is not known. */
static void members(void **unused)
{
	char *got = NULL;
	size_t size;
	struct json json = { .out = open_memstream(&got, &size) };

	assert_non_null(json.out);
	json_object(&json, NULL);
	json_array(&json, "a");
	json_end(&json);
	json_array(&json, "b\"");
	json_number(&json, NULL, UINT64_MAX);
	json_text(&json, NULL, NULL);
	json_object(&json, NULL);
	json_bool(&json, "c", false);
	json_end(&json);
	json_end(&json);
	json_unknown(&json, "d", "un\"proved");
	json_unknown(&json, "e", NULL);
	json_plain(&json, "f", "-1");
	json_end(&json);
	assert_int_equal(json.depth, 0);
	fclose(json.out);
	assert_string_equal(got,
			    "{\"a\":[],\"b\\\"\":[18446744073709551615,null,{\"c\":false}],\"d\":null,\"d_unknown\":\"un\\\"proved\",\"e\":null,\"f\":-1}");
	free(got);
}

/* Texts with commas as arrays. */
static void lists(void **unused)
{
	char *got = NULL;
	size_t size;
	struct json json = { .out = open_memstream(&got, &size) };

	assert_non_null(json.out);
	json_object(&json, NULL);
	json_names(&json, "a", "loop0,dm-0");
	json_names(&json, "b", "-(more),dm-0");
	json_names(&json, "c", "-");
	json_names(&json, "d", NULL);
	json_numbers(&json, "e", "3,5-7,9");
	json_numbers(&json, "f", "0");
	json_numbers(&json, "g", NULL);
	json_flags(&json, "h", "0x5 READ bit2");
	json_flags(&json, "i", "0x0");
	json_flags(&json, "j", "");
	json_end(&json);
	fclose(json.out);
	assert_string_equal(got,
			    "{\"a\":[\"loop0\",\"dm-0\"],\"b\":[null,\"dm-0\"],\"c\":[\"-\"],\"d\":null,\"e\":[3,5,6,7,9],\"f\":[0],\"g\":null,\"h\":[\"READ\",\"bit2\"],\"i\":[],\"j\":[]}");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(others),
		cmocka_unit_test(members),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
