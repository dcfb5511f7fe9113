/* SPDX-License-Identifier: GPL-2.0 */
/* What the test programs share. */
#ifndef TOOL_H
#define TOOL_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 64
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Without exit handlers: it may be a child or a thread that gives up. */
static void __attribute__((noreturn, format(printf, 2, 3)))
quit(int status, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(status);
}

#define die_errno(what) quit(1, "%s: %s", what, strerror(errno))
#define bad_usage(...) quit(EXIT_USAGE, __VA_ARGS__)

static uint64_t parse_number(const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		bad_usage("'%s' is not a number", text);
	return value;
}

static inline void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		quit(1, "no memory");
	return memory;
}

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static inline void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

#endif /* TOOL_H */
