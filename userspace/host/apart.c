// SPDX-License-Identifier: GPL-2.0
/* Reads a file that may keep its readers waiting, by a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/apart.h"
#include "host/patience.h"

/*
 * It ends with the program, if it can. Who waits for the end of the output must not wait
 * for this process.
 */
__attribute__((noreturn))
static void read_in_child(const struct source *source, const char *path, int to)
{
	FILE *out;
	size_t size;
	char *data;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = fdopen(fcntl(to, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), "w");
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	data = source_read(source, path, &size);
	if (!data)
		_exit(errno);
	if (!out || (size && !fwrite(data, size, 1, out)) || fclose(out))
		_exit(EIO);
	_exit(0);
}

static bool is_in_d(pid_t child)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
	return patience_is_in_d(path);
}

/* Return: is there something to read, or the end? If not, there was no news. */
static bool wait_for(pid_t child, int from)
{
	struct pollfd waiting = { .fd = from, .events = POLLIN };
	unsigned int tries = PATIENCE_TRIES;

	while (poll(&waiting, 1, PATIENCE_MS) <= 0)
		if (is_in_d(child) || !--tries)
			return false;
	return true;
}

static bool take(pid_t child, int from, FILE *to)
{
	char part[4096];
	ssize_t got;

	do {
		if (!wait_for(child, from)) {
			errno = ETIMEDOUT;
			return false;
		}
		got = read(from, part, sizeof(part));
		if (got > 0)
			fwrite(part, got, 1, to);
	} while (got > 0);
	return !got;
}

/* Whatever is in @data is whole only if the child says so. */
static char *end_child(pid_t child, char *data)
{
	int status;

	if (waitpid(child, &status, 0) == child && WIFEXITED(status)) {
		if (!WEXITSTATUS(status))
			return data;
		errno = WEXITSTATUS(status);
	} else {
		errno = EIO;
	}
	free(data);
	return NULL;
}

static char *take_all(pid_t child, int from, size_t *size)
{
	char *data = NULL;
	FILE *file = check_memory(open_memstream(&data, size));
	int error = take(child, from, file) ? 0 : errno;

	if (fclose(file))
		fail(EXIT_SYSTEM, "out of memory");
	if (!error)
		return end_child(child, data);
	free(data);
	errno = error;
	return NULL;
}

static char *read_live(const struct source *source, const char *path,
		       size_t *size)
{
	char *data = NULL;
	pid_t child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	child = fork();
	if (!child)
		read_in_child(source, path, ends[1]);
	close(ends[1]);
	if (child > 0)
		data = take_all(child, ends[0], size);
	close(ends[0]);
	return data;
}

char *apart_read(const struct source *source, const char *path, size_t *size)
{
	static bool hangs;
	char *data;

	if (!source->live)
		return source_read(source, path, size);
	if (hangs) {
		errno = ETIMEDOUT;
		return NULL;
	}
	data = read_live(source, path, size);
	hangs = !data && errno == ETIMEDOUT;
	if (hangs) {
		complain("/%s keeps who reads it waiting: what is mounted is not known",
			 path);
		errno = ETIMEDOUT;
	}
	return data;
}
