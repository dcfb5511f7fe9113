// SPDX-License-Identifier: GPL-2.0
/* Messages on standard error, and exit statuses. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/fold.h"

#define MESSAGE_LEN 1024

static enum exit_status same(enum exit_status status)
{
	return status;
}

enum exit_status (*fail_status)(enum exit_status status) = same;

void (*complain_hook)(const char *message);
void (*fail_hook)(enum exit_status status, const char *message);

/* Why the output could not be written, of the first time; an errno, or 0. */
static int write_error;

void flush_output(void)
{
	if (fflush(stdout) && !write_error)
		write_error = errno;
}

void check_output(void)
{
	flush_output();
	if (write_error)
		fail(EXIT_SYSTEM, "cannot write: %s", strerror(write_error));
	/* Its buffer was full before, and the reason is not known any more. */
	if (ferror(stdout))
		fail(EXIT_SYSTEM, "cannot write all of the output");
}

static void print_message(const char *message)
{
	flush_output();
	/* What was given on the command line may be anything. */
	fold_line(stderr, "nbddiag: ", message, "");
}

void complain(const char *format, ...)
{
	char message[MESSAGE_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	print_message(message);
	if (complain_hook)
		complain_hook(message);
}

void fail(enum exit_status status, const char *format, ...)
{
	enum exit_status as = fail_status(status);
	char message[MESSAGE_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	print_message(message);
	if (fail_hook)
		fail_hook(as, message);
	exit(as);
}

void *check_memory(void *pointer)
{
	if (!pointer)
		fail(EXIT_SYSTEM, "out of memory");
	return pointer;
}
