// SPDX-License-Identifier: GPL-2.0
/* Messages on standard error, and exit statuses. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"

#define MESSAGE_LEN 1024

static enum exit_status same(enum exit_status status)
{
	return status;
}

enum exit_status (*fail_status)(enum exit_status status) = same;

void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text >= ' ' && *text <= '~')
			fputc(*text, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
	}
}

void fail(enum exit_status status, const char *format, ...)
{
	char message[MESSAGE_LEN];
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fputs("nbddiag: ", stderr);
	/* What was given on the command line may be anything. */
	print_escaped(stderr, message);
	fputc('\n', stderr);
	exit(fail_status(status));
}

void *check_memory(void *pointer)
{
	if (!pointer)
		fail(EXIT_SYSTEM, "out of memory");
	return pointer;
}
