/* SPDX-License-Identifier: GPL-2.0 */
/* Parses the text of a file that a test has as a string. */
#ifndef TEXT_BUILD_H
#define TEXT_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "facts/text.h"
#include "unit.h"

/* @text is to be freed by text_free(). */
static inline enum text_error text_build(struct text *text, const char *file)
{
	size_t size = strlen(file);
	char *buffer = malloc(size + 1);

	assert_non_null(buffer);
	memcpy(buffer, file, size);
	return text_parse(text, buffer, size);
}

#endif /* TEXT_BUILD_H */
