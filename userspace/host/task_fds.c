// SPDX-License-Identifier: GPL-2.0
/* The block devices that a thread has open. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fail.h"
#include "host/task_fds.h"
#include "host/task_file.h"

#define NAME_LEN 16

/**
 * struct fd_dir - a directory of descriptors that is being read
 * @job: reads it
 * @source: where it is
 * @path: of the directory
 * @only: the one that is to be read, "" for all
 * @fd: the directory
 * @to: where the lines go
 * @text: the lines
 * @size: of @text
 * @error: why some could not be read, 0 if all could
 */
struct fd_dir {
	struct job job;
	struct source source;
	char path[TASK_PATH_LEN];
	char only[NAME_LEN];
	int fd;
	FILE *to;
	char *text;
	size_t size;
	int error;
};

/* ---- of a live thread ---- */

/* That it has been closed meanwhile is no error. */
static void note_error(struct fd_dir *dir)
{
	if (errno != ENOENT && errno != ESRCH)
		dir->error = errno;
}

/*
 * Its node may have any name in any mount namespace, so that the name does not
 * tell. The kernel answers from what it has in memory and asks no file server,
 * which might not answer.
 */
static bool is_block(struct fd_dir *dir, const char *name, struct task_fd *fd)
{
	struct statx stat;

	if (statx(dir->fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE, &stat)) {
		note_error(dir);
		return false;
	}
	fd->major = stat.stx_rdev_major;
	fd->minor = stat.stx_rdev_minor;
	return S_ISBLK(stat.stx_mode);
}

static bool read_flags(struct fd_dir *dir, const char *name,
		       struct task_fd *fd)
{
	char path[PATH_MAX], *data;
	const char *flags;
	bool found;
	size_t size;

	snprintf(path, sizeof(path), "%sinfo/%s", dir->path, name);
	data = source_read(&dir->source, path, &size);
	if (!data) {
		note_error(dir);
		return false;
	}
	flags = strstr(data, "flags:");
	found = flags && sscanf(flags, "flags: %o", &fd->flags) == 1;
	free(data);
	return found;
}

static void print_fd(struct fd_dir *dir, const char *name)
{
	char link[PATH_MAX], *target;
	struct task_fd fd;
	ssize_t len;

	dir->job.steps++;
	if (!is_block(dir, name, &fd) || !read_flags(dir, name, &fd))
		return;
	len = readlinkat(dir->fd, name, link, sizeof(link));
	if (len < 0) {
		note_error(dir);
		return;
	}
	target = escape_copy(link, len);
	fprintf(dir->to, "%s %u:%u %#o %s\n", name, fd.major, fd.minor,
		fd.flags, target);
	free(target);
}

static void print_fds(struct fd_dir *dir)
{
	DIR *names = check_memory(fdopendir(dir->fd));
	struct dirent *entry;

	errno = 0;
	if (*dir->only)
		print_fd(dir, dir->only);
	while (!*dir->only) {
		errno = 0;
		entry = readdir(names);
		if (!entry)
			break;
		if (isdigit((unsigned char)*entry->d_name))
			print_fd(dir, entry->d_name);
	}
	if (errno)
		note_error(dir);
	closedir(names);
}

static void read_fds(struct job *job)
{
	struct fd_dir *dir = (struct fd_dir *)job;

	dir->fd = openat(dir->source.fd, dir->path,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0) {
		note_error(dir);
		return;
	}
	dir->to = check_memory(open_memstream(&dir->text, &dir->size));
	print_fds(dir);
	if (fclose(dir->to))
		fail(EXIT_SYSTEM, "out of memory");
}

/* Return: the lines of all descriptors, or of one. */
static char *read_live(const struct source *source, pid_t tgid, pid_t tid,
		       const char *only)
{
	struct fd_dir *dir = check_memory(calloc(1, sizeof(*dir)));
	char *text = NULL;

	dir->job.run = read_fds;
	dir->source = *source;
	snprintf(dir->only, sizeof(dir->only), "%s", only);
	task_path(dir->path, tgid, tid, "fd");
	if (!task_patiently(source, tgid, LOCKED_SOMETIMES, &dir->job))
		return NULL;
	if (dir->size)
		text = dir->text;
	else
		free(dir->text);
	errno = dir->error;
	free(dir);
	return text;
}

/* ---- of any ---- */

/* A captured tree may be hostile. */
static void make_printable(char *text, size_t size)
{
	for (; size; size--, text++)
		if (*text != '\n' && (*text < ' ' || *text > '~'))
			*text = '?';
}

char *task_block_fds(const struct source *source, pid_t tgid, pid_t tid)
{
	char path[TASK_PATH_LEN], *text;
	size_t size;

	if (source->live) {
		text = read_live(source, tgid, tid, "");
	} else {
		text = source_read(source,
				   task_path(path, tgid, tid, "fd.rdev"),
				   &size);
		if (text) {
			make_printable(text, size);
			errno = 0;
		}
	}
	/* It has ended meanwhile, or was captured without any. */
	if (errno == ENOENT || errno == ESRCH)
		errno = 0;
	return text;
}

bool task_next_fd(const char **lines, struct task_fd *fd)
{
	const char *line, *end;
	int used;

	while (*lines && **lines) {
		line = *lines;
		end = strchrnul(line, '\n');
		*lines = *end ? end + 1 : end;
		used = 0;
		if (sscanf(line, "%d %u:%u %o%n", &fd->fd, &fd->major,
			   &fd->minor, &fd->flags, &used) != 4 || !used ||
		    line + used >= end || line[used] != ' ' || fd->fd < 0)
			continue;
		fd->target = line + used + 1;
		fd->len = end - fd->target;
		return true;
	}
	return false;
}

char *task_block_fd(const struct source *source, pid_t tgid, pid_t tid,
		    int number, struct task_fd *fd)
{
	const char *at;
	char *text, name[NAME_LEN];

	snprintf(name, sizeof(name), "%d", number);
	text = source->live ? read_live(source, tgid, tid, name) :
			      task_block_fds(source, tgid, tid);
	at = text;
	while (task_next_fd(&at, fd))
		if (fd->fd == number)
			return text;
	free(text);
	return NULL;
}

/* ---- two threads ---- */

/**
 * struct comparison - are two tables of descriptors the same?
 * @job: asks the kernel
 * @a: a thread
 * @b: another one
 * @same: its answer
 */
struct comparison {
	struct job job;
	pid_t a;
	pid_t b;
	bool same;
};

static void compare_files(struct job *job)
{
	struct comparison *comparison = (struct comparison *)job;

	comparison->same = !syscall(SYS_kcmp, comparison->a, comparison->b,
				    KCMP_FILES, 0, 0);
}

bool task_shares_files(const struct source *source, pid_t a, pid_t b)
{
	struct comparison *comparison;
	bool same;

	if (!source->live)
		return false;
	comparison = check_memory(calloc(1, sizeof(*comparison)));
	comparison->job.run = compare_files;
	comparison->a = a;
	comparison->b = b;
	/* A process that hangs in execve() has one thread only, but who knows. */
	if (!patiently(&comparison->job))
		return false;
	same = comparison->same;
	free(comparison);
	return same;
}
