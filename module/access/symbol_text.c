// SPDX-License-Identifier: GPL-2.0
/* Reads what "%pS" prints, and tells functions by their names in the source. */
#include "access/symbol_text.h"

size_t symbol_text_name_len(const char *text)
{
	return strcspn(text, ".$+ ");
}

/* The name in the source against "NAME" or "*NAME", of @wanted characters. */
static bool is_name(const char *name, size_t len, const char *function,
		    size_t wanted)
{
	if (*function == '*') {
		function++;
		wanted--;
		if (len < wanted)
			return false;
		name += len - wanted;
		len = wanted;
	}
	return len == wanted && !memcmp(name, function, wanted);
}

/* From "+0x" on; a text without it is an address that has no name. */
static bool is_place(const char *offset, bool inside)
{
	return !strncmp(offset, "+0x", 3) &&
	       (inside || !strncmp(offset, "+0x0/", 5));
}

bool symbol_text_is(const char *text, const char *function, bool inside)
{
	const char *module = function + strcspn(function, " ");
	const char *offset = text + strcspn(text, "+ ");

	return is_name(text, symbol_text_name_len(text), function,
		       module - function) &&
	       is_place(offset, inside) &&
	       !strcmp(offset + strcspn(offset, " "), module);
}
