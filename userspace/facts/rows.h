/* SPDX-License-Identifier: GPL-2.0 */
/* Tables of facts: which key or field of a file goes where in a structure. */
#ifndef NBDDIAG_ROWS_H
#define NBDDIAG_ROWS_H

#include <stddef.h>

#include "facts/text.h"

/* Enough for a unix path of which each byte is escaped. */
#define FACT_LEN 512

enum fact_kind {
	FACT_COUNT,		/* a number: struct count */
	FACT_TEXT,		/* its bytes, or those of a reason: char [FACT_LEN] */
	FACT_IS,		/* is it this word? bool */
	FACT_HAS,		/* is this word one of its words? bool */
	FACT_NONE,		/* is it "-"? bool */
};

/**
 * struct fact_row - a fact
 * @key: key of the line, the first one that has it
 * @field: field of it, NULL for all of it
 * @kind: what it is
 * @at: where it goes
 * @word: the word, of FACT_IS and FACT_HAS
 */
struct fact_row {
	const char *key;
	const char *field;
	enum fact_kind kind;
	size_t at;
	const char *word;
};

/**
 * rows_read() - take facts from a file
 * @rows: which
 * @text: the file, which may be anything
 * @facts: the structure that they go into, which is zeroed
 */
void rows_read(const struct fact_row *rows, size_t nr, const struct text *text,
	       void *facts);

/**
 * rows_copy_text() - keep a value, as far as there is room
 * @to: FACT_LEN bytes; empty if the value is neither given nor has a reason
 */
void rows_copy_text(char *to, struct value value);

#endif /* NBDDIAG_ROWS_H */
