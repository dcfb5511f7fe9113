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

static inline uint64_t parse_number(const char *text)
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

/* What is not in here is given by its number. */
static const struct {
	int error;
	const char *name;
} error_names[] = {
#define ERROR(e) { e, #e }
	ERROR(EPERM), ERROR(ENOENT), ERROR(EINTR), ERROR(EIO), ERROR(ENXIO),
	ERROR(EAGAIN), ERROR(ENOMEM), ERROR(EACCES), ERROR(EBUSY), ERROR(ENODEV),
	ERROR(EINVAL), ERROR(ENOSPC), ERROR(EROFS), ERROR(ENOTEMPTY), ERROR(ENODATA),
	ERROR(EPROTO), ERROR(EOPNOTSUPP), ERROR(EISCONN), ERROR(ENOTCONN),
	ERROR(ETIMEDOUT), ERROR(EHOSTDOWN), ERROR(EUSERS), ERROR(EALREADY), ERROR(EINPROGRESS),
	ERROR(ESTALE), ERROR(EUCLEAN),
#undef ERROR
};

static inline const char *error_name(int error)
{
	static char number[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(error_names); i++)
		if (error_names[i].error == error)
			return error_names[i].name;
	snprintf(number, sizeof(number), "E%d", error);
	return number;
}

#endif /* TOOL_H */
