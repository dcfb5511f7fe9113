// SPDX-License-Identifier: GPL-2.0
/* Bytes from elsewhere, made safe for a terminal. */
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"

static void print_byte(FILE *out, unsigned char byte)
{
	if (byte >= ' ' && byte <= '~')
		fputc(byte, out);
	else
		fprintf(out, "\\x%02x", byte);
}

void escape_print(FILE *out, const char *text)
{
	for (; *text; text++)
		print_byte(out, *text);
}

char *escape_copy(const char *bytes, size_t len)
{
	char *text = NULL;
	size_t size;
	FILE *out = check_memory(open_memstream(&text, &size));

	for (; len; len--, bytes++) {
		if (*bytes == '"' || *bytes == '\\')
			fputc('\\', out);
		print_byte(out, *bytes);
	}
	if (fclose(out))
		text = NULL;
	return check_memory(text);
}
