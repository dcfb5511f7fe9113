// SPDX-License-Identifier: GPL-2.0
/* What the test programs share, see tool.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>

#include "tool.h"

#define ALIGNMENT 4096
#define STACK (256 * 1024)

void quit(int status, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(status);
}

uint64_t parse_number(const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		bad_usage("'%s' is not a number", text);
	return value;
}

size_t decode_hex(char *text)
{
	char *from = text, *to = text, hex[3] = "";

	while (*from) {
		if (*from == '%') {
			if (!from[1] || !from[2])
				bad_usage("'%s': %%HH is cut short", text);
			memcpy(hex, from + 1, 2);
			*to++ = strtoul(hex, NULL, 16);
			from += 3;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return to - text;
}

void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		quit(1, "no memory");
	return memory;
}

void *allocate_aligned(size_t size, int byte)
{
	void *memory;

	if (posix_memalign(&memory, ALIGNMENT, size))
		quit(1, "no memory");
	return memset(memory, byte, size);
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void say(const char *text)
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

const char *error_name(int error)
{
	static char number[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(error_names); i++)
		if (error_names[i].error == error)
			return error_names[i].name;
	snprintf(number, sizeof(number), "E%d", error);
	return number;
}

int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die_errno(path);
	return fd;
}

void start_detached(void *(*function)(void *), void *data, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (priority) {
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		pthread_attr_setschedparam(&attr, &param);
	}
	errno = pthread_create(&thread, &attr, function, data);
	if (errno)
		die_errno("pthread_create");
	pthread_attr_destroy(&attr);
}

sigset_t block_signals(int signo, ...)
{
	sigset_t signals;
	va_list ap;

	sigemptyset(&signals);
	va_start(ap, signo);
	for (; signo; signo = va_arg(ap, int))
		sigaddset(&signals, signo);
	va_end(ap);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return signals;
}

static void do_nothing(int signo)
{
	(void)signo;
}

void let_interrupt(int signo)
{
	struct sigaction interrupt = { .sa_handler = do_nothing };

	sigaction(signo, &interrupt, NULL);
}
