// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for the parser of the module's files: whatever it accepts
 * is taken apart by all the functions that the commands use.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "facts/text.h"
#include "fuzz.h"

/* What it says must lie in the line; copying it lets the sanitizer look. */
static void use_value(const char *line, struct value value)
{
	uint64_t number;
	char *copy;

	if (value.kind == VALUE_MISSING)
		return;
	if (value.at < line || value.at + value.len > line + strlen(line))
		abort();
	copy = value_copy(value);
	if (copy && value.kind != VALUE_GIVEN)
		abort();
	free(copy);
	value_number(value, &number);
	value_has_word(value, "DISCONNECTED");
	value_is(value, "free");
}

static void use_line(const struct text_line *line)
{
	static const char * const fields[] = {
		"index", "peer", "total", "pid", "comm", "held_by", "ring", "",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		use_value(line->value, text_field(line->value, fields[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buffer = malloc(size + 1);
	struct text text;
	size_t i, at, found;

	memcpy(buffer, data, size);
	if (text_parse(&text, buffer, size) != TEXT_OK)
		return 0;
	for (i = 0; i < text.nr; i++) {
		use_line(&text.line[i]);
		text_get(&text, text.line[i].key);
		text_key_field(&text, text.line[i].key, "live");
	}
	for (at = 0, found = 0; text_next(&text, "socket", &at); found++)
		;
	if (found > text.nr)
		abort();
	text_free(&text);
	return 0;
}
