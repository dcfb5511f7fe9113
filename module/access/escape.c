// SPDX-License-Identifier: GPL-2.0
/*
 * Quotes strings from elsewhere: a peer's name may hold any byte, and each of
 * our lines has to stay one line.
 */
#include "access/escape.h"

/* The escape of one byte, 1 to 4 characters, not terminated. */
static size_t escape_byte(char *dst, u8 c)
{
	static const char hex[] = "0123456789abcdef";

	if (c == '"' || c == '\\') {
		dst[0] = '\\';
		dst[1] = c;
		return 2;
	}
	if (c >= 0x20 && c <= 0x7e) {
		dst[0] = c;
		return 1;
	}
	dst[0] = '\\';
	dst[1] = 'x';
	dst[2] = hex[c >> 4];
	dst[3] = hex[c & 15];
	return 4;
}

size_t escape_string(char *dst, size_t size, const void *src, size_t len)
{
	const u8 *bytes = src;
	size_t out = 0;
	size_t in, n;
	char buf[4];

	if (size < 3) {
		if (size)
			dst[0] = '\0';
		return 0;
	}
	dst[out++] = '"';
	for (in = 0; in < len; in++) {
		n = escape_byte(buf, bytes[in]);
		/* Leave room for the closing quote and the NUL. */
		if (n + 2 > size - out)
			break;
		memcpy(dst + out, buf, n);
		out += n;
	}
	dst[out++] = '"';
	dst[out] = '\0';
	return in;
}
