// SPDX-License-Identifier: GPL-2.0
/*
 * For LD_PRELOAD: a directory can be read up to the name in FAULT_READDIR only;
 * then there is an error. How many files were opened below a root is written to
 * the file in FAULT_COUNT, and how many disks of the host were looked up by number.
 * A command for the knob fails with the errno in FAULT_KNOB.
 * The shell command in FAULT_PAUSE is run at each pause of 10 ms or more.
 * The program is killed when it opens the file in FAULT_DIE below a root, and stops at
 * the one in FAULT_STOP.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct dirent *readdir(DIR *dir)
{
	struct dirent *(*next)(DIR *dir) =
		(struct dirent *(*)(DIR *dir))dlsym(RTLD_NEXT, "readdir");
	const char *name = getenv("FAULT_READDIR");
	struct dirent *entry = next(dir);

	if (!entry || !name || strcmp(entry->d_name, name))
		return entry;
	errno = EIO;
	return NULL;
}

ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*next)(int fd, const void *data, size_t len) =
		(ssize_t (*)(int fd, const void *data, size_t len))
		dlsym(RTLD_NEXT, "write");
	const char *error = getenv("FAULT_KNOB");

	if (!error || len < 3 || memcmp(data, "nbd", 3))
		return next(fd, data, len);
	errno = atoi(error);
	return -1;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	int (*next)(const struct timespec *time, struct timespec *left) =
		(int (*)(const struct timespec *time, struct timespec *left))
		dlsym(RTLD_NEXT, "nanosleep");
	const char *command = getenv("FAULT_PAUSE");

	if (command && (time->tv_sec || time->tv_nsec >= 10000000)) {
		unsetenv("LD_PRELOAD");
		if (system(command))
			abort();
	}
	return next(time, left);
}

static unsigned int opened;

static void end_at(const char *path)
{
	const char *die = getenv("FAULT_DIE"), *stop = getenv("FAULT_STOP");

	if (die && !strcmp(path, die))
		raise(SIGTERM);
	if (stop && !strcmp(path, stop))
		raise(SIGSTOP);
}

/* Of the host files are opened by this. */
int openat(int dir, const char *path, int flags, ...)
{
	int (*next)(int dir, const char *path, int flags, ...) =
		(int (*)(int dir, const char *path, int flags, ...))
		dlsym(RTLD_NEXT, "openat");
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	end_at(path);
	return next(dir, path, flags, mode);
}

/* There is no openat2(3). */
long syscall(long number, ...)
{
	long (*next)(long number, ...) =
		(long (*)(long number, ...))dlsym(RTLD_NEXT, "syscall");
	long arg[6];
	va_list args;
	int i;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	opened += number == SYS_openat2;
	if (number == SYS_openat2)
		end_at((const char *)arg[1]);
	return next(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

ssize_t readlinkat(int dir, const char *path, char *target, size_t size)
{
	ssize_t (*next)(int dir, const char *path, char *target, size_t size) =
		(ssize_t (*)(int dir, const char *path, char *target,
			     size_t size))dlsym(RTLD_NEXT, "readlinkat");

	opened += !strncmp(path, "sys/dev/block/", 14);
	return next(dir, path, target, size);
}

__attribute__((destructor))
static void write_count(void)
{
	const char *path = getenv("FAULT_COUNT");
	FILE *out = path && opened ? fopen(path, "w") : NULL;

	if (!out)
		return;
	fprintf(out, "%u\n", opened);
	fclose(out);
}
