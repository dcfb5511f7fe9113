// SPDX-License-Identifier: GPL-2.0
/* Sentences in memory. */
#include <stdarg.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/say.h"

char *say(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return check_memory(text);
}
