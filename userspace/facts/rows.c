// SPDX-License-Identifier: GPL-2.0
/* Tables of facts: which key or field of a file goes where in a structure. */
#include <string.h>

#include "facts/rows.h"

void rows_copy_text(char *to, struct value value)
{
	size_t len = 0;

	if (value.kind == VALUE_GIVEN || value.kind == VALUE_UNKNOWN)
		len = value.len < FACT_LEN ? value.len : FACT_LEN - 1;
	if (len)
		memcpy(to, value.at, len);
	to[len] = '\0';
}

static void read_row(const struct fact_row *row, struct value value, void *to)
{
	switch (row->kind) {
	case FACT_COUNT:
		*(struct count *)to = value_count(value);
		break;
	case FACT_TEXT:
		rows_copy_text(to, value);
		break;
	case FACT_IS:
		*(bool *)to = value_is(value, row->word);
		break;
	case FACT_HAS:
		*(bool *)to = value_has_word(value, row->word);
		break;
	case FACT_NONE:
		*(bool *)to = value.kind == VALUE_NONE;
		break;
	}
}

void rows_read(const struct fact_row *rows, size_t nr, const struct text *text,
	       void *facts)
{
	size_t i;

	for (i = 0; i < nr; i++)
		read_row(&rows[i], rows[i].field ?
			 text_key_field(text, rows[i].key, rows[i].field) :
			 text_get(text, rows[i].key),
			 (char *)facts + rows[i].at);
}
