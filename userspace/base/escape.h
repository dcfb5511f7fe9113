/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes from elsewhere, made safe for a terminal. */
#ifndef NBDDIAG_ESCAPE_H
#define NBDDIAG_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/**
 * escape_print() - print a text that may hold bytes from elsewhere
 * @text: what is not printable ASCII becomes \xHH; the rest stays as it is
 */
void escape_print(FILE *out, const char *text);

/**
 * escape_copy() - escape bytes as nbddiag(4) escapes strings
 * @bytes: anything; quotes and backslashes get a backslash
 *
 * Return: for free(); never NULL.
 */
char *escape_copy(const char *bytes, size_t len);

#endif /* NBDDIAG_ESCAPE_H */
