// SPDX-License-Identifier: GPL-2.0
/* Messages on standard error, and exit statuses. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/fail.h"

#define MESSAGE_LEN 1024

static enum exit_status same(enum exit_status status)
{
	return status;
}

enum exit_status (*fail_status)(enum exit_status status) = same;

static void vcomplain(const char *format, va_list args)
{
	char message[MESSAGE_LEN];

	fflush(stdout);
	vsnprintf(message, sizeof(message), format, args);
	fputs("nbddiag: ", stderr);
	/* What was given on the command line may be anything. */
	escape_print(stderr, message);
	fputc('\n', stderr);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vcomplain(format, args);
	va_end(args);
}

void fail(enum exit_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vcomplain(format, args);
	va_end(args);
	exit(fail_status(status));
}

void *check_memory(void *pointer)
{
	if (!pointer)
		fail(EXIT_SYSTEM, "out of memory");
	return pointer;
}
