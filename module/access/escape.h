/* SPDX-License-Identifier: GPL-2.0 */
/* Strings from elsewhere, made safe for one line of text. No kernel API. */
#ifndef NBDDIAG_ESCAPE_H
#define NBDDIAG_ESCAPE_H

#include "access/plain.h"

/*
 * Quote bytes so that a line stays one line.
 *
 * @dst: receives `"..."`, NUL-terminated; needs 4 * @len + 3 bytes for any input
 * @size: bytes in @dst, at least 3
 * @src: any bytes, NUL too
 *
 * Printable ASCII stays, but `"` and `\` get a backslash before them; every
 * other byte becomes `\xHH` with two lower-case hex digits. What does not fit
 * is cut between two escapes, and the closing quote always fits.
 *
 * Return: number of bytes of @src that went in.
 */
size_t escape_string(char *dst, size_t size, const void *src, size_t len);

#endif /* NBDDIAG_ESCAPE_H */
