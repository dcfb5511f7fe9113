// SPDX-License-Identifier: GPL-2.0
/*
 * Strings of JSON. The module escapes all but printable ASCII; what comes from
 * elsewhere is escaped here, as JSON may end up on a terminal.
 */
#include "base/json.h"

void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (*text >= ' ' && *text <= '~')
			fputc(*text, out);
		else
			fprintf(out, "\\\\x%02x", (unsigned char)*text);
	}
	fputc('"', out);
}
