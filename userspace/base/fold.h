/* SPDX-License-Identifier: GPL-2.0 */
/* Text on a terminal: how wide that is, and lines broken between words. */
#ifndef NBDDIAG_FOLD_H
#define NBDDIAG_FOLD_H

#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal that standard output is; 0 if it is none, or not known. */
size_t fold_width(void);

/**
 * fold_print() - print a text on standard output
 * @text: without control characters; each character is one column wide
 * @width: lines are broken at this width, between words; 0 for none
 * @indent: how far the lines after the first are indented
 *
 * A word that is wider stays whole, so that it can be copied. What is in quotes is one
 * word.
 */
void fold_print(const char *text, size_t width, size_t indent);

/**
 * fold_line() - print a line, broken between words where a terminal ends
 * @out: where to; if it is no terminal, the line is not broken
 * @before: what the line begins with; lines after the first begin below @text
 * @text: may hold any bytes; it is escaped
 * @after: what the line ends with
 *
 * It works without memory too: then the line is not broken.
 */
void fold_line(FILE *out, const char *before, const char *text,
	       const char *after);

#endif /* NBDDIAG_FOLD_H */
