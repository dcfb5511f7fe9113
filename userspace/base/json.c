// SPDX-License-Identifier: GPL-2.0
/*
 * Strings of JSON. Control characters are escaped, those above 0x7f too, as
 * JSON may end up on a terminal.
 */
#include <stdint.h>
#include <stddef.h>

#include "base/json.h"

/* How many bytes follow the first one, and its bits; -1 if it begins nothing. */
static int follows(unsigned char first, uint32_t *code)
{
	if (first >= 0xc2 && first <= 0xdf) {
		*code = first & 0x1f;
		return 1;
	}
	if (first >= 0xe0 && first <= 0xef) {
		*code = first & 0x0f;
		return 2;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		*code = first & 0x07;
		return 3;
	}
	return -1;
}

/* Return: the length of a character of two to four bytes; 0 if it is none. */
static size_t decode(const char *text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	int more = follows(*text, code), i;

	for (i = 1; i <= more; i++) {
		/* This ends at the NUL too. */
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (more < 0 || *code < least[more] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return more + 1;
}

static void put_ascii(FILE *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		fprintf(out, "\\u%04x", c);
	else
		fputc(c, out);
}

void json_string(FILE *out, const char *text)
{
	uint32_t code;
	size_t len;

	fputc('"', out);
	while (*text) {
		if (!(*text & 0x80)) {
			put_ascii(out, *text++);
			continue;
		}
		len = decode(text, &code);
		if (!len)
			fprintf(out, "\\\\x%02x", (unsigned char)*text);
		else if (code < 0xa0)
			fprintf(out, "\\u%04x", code);
		else
			fwrite(text, 1, len, out);
		text += len ? len : 1;
	}
	fputc('"', out);
}
