// SPDX-License-Identifier: GPL-2.0
/* A reader: reads a file in some way, checks its form, and takes the time of each system call. */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>

#include "stormtool.h"

atomic_bool enough;
double end_of_reading;

bool goes_on(void)
{
	return !enough && now() < end_of_reading;
}

/* Shorter, if it is enough meanwhile. */
void nap(double seconds)
{
	double until = now() + seconds;

	for (; goes_on() && seconds > 0; seconds = until - now())
		usleep(seconds < 0.02 ? seconds * 1e6 : 20000);
}

/* What may be said about a file whose device or module has just gone. */
static bool is_gone(int error)
{
	return error == ENOENT || error == EIO || error == ENODEV || error == ENXIO;
}

static void begin_call(struct reader *r, struct span *span, const char *file,
		       const char *call)
{
	snprintf(r->way->what, sizeof(r->way->what), "%s of %s", call, file);
	span_begin(span, read_sched(r->schedstat));
	begin_way(r->way, span->start);
}

static void end_call(struct reader *r, struct span *span)
{
	double at = now();
	int error = errno;

	r->way->start = 0;
	span_end(span, at, read_sched(r->schedstat));
	if (span->wall > r->slowest)
		r->slowest = span->wall;
	if (span->held_up > r->worst.held_up) {
		r->worst = *span;
		strcpy(r->worst_by, r->way->what);
	}
	if (span->slept > r->sleepiest.slept) {
		r->sleepiest = *span;
		strcpy(r->sleepiest_by, r->way->what);
	}
	errno = error;
}

/* Return: a descriptor or -1 */
int open_file(struct reader *r, int dir, const char *name)
{
	struct span span;
	int fd;

	begin_call(r, &span, name, "open");
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	end_call(r, &span);
	return fd;
}

void close_file(struct reader *r, const char *name, int fd)
{
	struct span span;

	begin_call(r, &span, name, "close");
	close(fd);
	end_call(r, &span);
}

ssize_t read_some(struct reader *r, const char *name, int fd, char *text,
		  size_t size)
{
	struct span span;
	ssize_t n;

	begin_call(r, &span, name, "read");
	n = read(fd, text, size);
	end_call(r, &span);
	return n;
}

/* Each reading from the start begins so. */
bool check_start(const char *name, const char *text, ssize_t len)
{
	static const char first[] = "format: 1\n";
	size_t size = sizeof(first) - 1;

	if (len >= 0 && (size_t)len < size)
		size = len;
	if (len == 0 || (len > 0 && memcmp(text, first, size)))
		quit(1, "%s begins with '%.*s'", name, (int)len, text);
	return len > 0;
}

/* "key: value", all of it printable; returns its length, or 0. */
static size_t well_formed_line(const char *line, size_t len)
{
	size_t key = 0, end;

	while (key < len && (islower(line[key]) || line[key] == '_'))
		key++;
	if (!key || key + 2 >= len || line[key] != ':' || line[key + 1] != ' ')
		return 0;
	for (end = key + 2; end < len && line[end] != '\n'; end++)
		if (!isascii(line[end]) || !isprint(line[end]))
			return 0;
	return end > key + 2 && end < len ? end + 1 : 0;
}

static void check_text(const char *name, const char *text, size_t len)
{
	size_t at = 0, line;

	while (at < len) {
		line = well_formed_line(text + at, len - at);
		if (!line)
			quit(1, "%s: byte %zu of %zu: '%.200s'", name, at, len, text + at);
		at += line;
	}
}

/* Everything, in pieces of that size at most. Return: whether it came to its end */
static bool read_whole(struct reader *r, const char *name, int fd, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		if (len + size > TEXT_MAX)
			quit(1, "%s is too long", name);
		n = read_some(r, name, fd, r->text + len, size);
		len += n > 0 ? n : 0;
	} while (n > 0);
	if (n < 0)
		return false;
	r->text[len] = '\0';
	check_start(name, r->text, len);
	check_text(name, r->text, len);
	return true;
}

/* From its start, a few bytes more than once, from anywhere and from the start again. */
static bool read_anywhere(struct reader *r, const char *name, int fd)
{
	struct span span;
	char text[700];
	int i;

	for (i = 0; i < 4; i++) {
		if (lseek(fd, 0, SEEK_SET) ||
		    !check_start(name, text, read_some(r, name, fd, text, sizeof(text))))
			return false;
		begin_call(r, &span, name, "seek");
		lseek(fd, rand_r(&r->seed) % 20000, SEEK_SET);
		end_call(r, &span);
		if (read_some(r, name, fd, text, 1 + rand_r(&r->seed) % sizeof(text)) < 0)
			return false;
	}
	return true;
}

bool read_in_some_way(struct reader *r, const char *name, int fd)
{
	char text[64];

	switch (rand_r(&r->seed) % 6) {
	case 0:
		return read_whole(r, name, fd, 100 + rand_r(&r->seed) % 500);
	case 1:
		return check_start(name, text, read_some(r, name, fd, text, sizeof(text)));
	case 2:
		return read_anywhere(r, name, fd);
	case 3:
		return true;
	}
	return read_whole(r, name, fd, 65536);
}

void count_read(struct reader *r, const char *name, bool ok)
{
	if (ok)
		r->reads++;
	else if (is_gone(errno))
		r->gone++;
	else
		die_errno(name);
}

int print_result(const struct reader *readers, size_t nr)
{
	const struct reader *r, *worst = readers, *sleepiest = readers;
	unsigned long reads = 0, gone = 0;
	double slowest = 0;

	for (r = readers; r < readers + nr; r++) {
		reads += r->reads;
		gone += r->gone;
		if (r->slowest > slowest)
			slowest = r->slowest;
		if (r->worst.held_up > worst->worst.held_up)
			worst = r;
		if (r->sleepiest.slept > sleepiest->sleepiest.slept)
			sleepiest = r;
	}
	printf("reads=%lu gone=%lu slept_ms=%.0f slept_by=\"%s\" ", reads, gone,
	       sleepiest->sleepiest.slept * 1000, sleepiest->sleepiest_by);
	printf("held_up_ms=%.0f by=\"%s\" wall_ms=%.0f slowest_ms=%.0f\n",
	       worst->worst.held_up * 1000, worst->worst_by,
	       worst->worst.wall * 1000, slowest * 1000);
	return 0;
}
