// SPDX-License-Identifier: GPL-2.0
/*
 * Reads files below a root: "/" on a live host, or a captured tree, of
 * directories or in an archive. Such a tree may be hostile: no name or symbolic
 * link in it leads out of it, and nothing but plain files and directories is
 * opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/archive.h"
#include "host/source.h"

#define ROOM_AT_FIRST 16384
/* More than any file of the module has; what is larger is no such file. */
#define ROOM_AT_MOST 1073741824

/* To open a block device may hang, a FIFO waits: with O_PATH nothing happens to either. */
void source_open(struct source *source, const char *root)
{
	struct stat stat;

	source->live = !root;
	source->archive = NULL;
	source->fd = open(root ? root : "/", O_PATH | O_CLOEXEC);
	if (source->fd < 0 || fstat(source->fd, &stat))
		fail(EXIT_USAGE, "cannot open the root %s: %s", root ? root : "/",
		     strerror(errno));
	if (S_ISDIR(stat.st_mode))
		return;
	close(source->fd);
	source->fd = -1;
	if (!S_ISREG(stat.st_mode))
		fail(EXIT_USAGE, "%s is neither a directory nor a file. "
		     "--root takes a captured tree, or an archive of one", root);
	source->archive = archive_open(root);
}

/* ---- below the root ---- */

/* Opens one name of a path; with O_PATH nothing happens to what it names. */
static int open_name(int dir, const char *name)
{
	struct stat stat;
	int fd;

	if (!strcmp(name, "..")) {
		errno = EXDEV;
		return -1;
	}
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &stat)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Symbolic links on the way are refused. */
static int open_by_names(int root, const char *path)
{
	char rest[PATH_MAX], *name, *save = NULL;
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 0), next;

	if (snprintf(rest, sizeof(rest), "%s", path) >= (int)sizeof(rest)) {
		close(fd);
		errno = ENAMETOOLONG;
		return -1;
	}
	for (name = strtok_r(rest, "/", &save); name && fd >= 0;
	     name = strtok_r(NULL, "/", &save)) {
		next = open_name(fd, name);
		close(fd);
		fd = next;
	}
	return fd;
}

/* Return: a descriptor that only names it; flags may have O_NOFOLLOW. */
static int open_path(const struct source *source, const char *path, int flags)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	do {
		fd = syscall(__NR_openat2, source->fd, path, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN);
	if (fd >= 0)
		return fd;
	/* Before 5.6, and in some containers, there is no openat2(). */
	fd = open_by_names(source->fd, path);
	/* A refused link on the way: nothing is there. */
	if (fd < 0 && errno == ENOTDIR)
		errno = ENOENT;
	return fd;
}

/* Is it what may be opened? Sets errno if not. */
static bool is_plain(int fd, int flags)
{
	mode_t wanted = flags & O_DIRECTORY ? S_IFDIR : S_IFREG;
	struct stat stat;

	if (fstat(fd, &stat))
		return false;
	errno = S_ISLNK(stat.st_mode) ? ELOOP : EINVAL;
	return (stat.st_mode & S_IFMT) == wanted;
}

static int open_below(const struct source *source, const char *path, int flags)
{
	char link[64];
	int named, fd = -1, err;

	flags |= O_RDONLY | O_CLOEXEC;
	if (source->live)
		return openat(source->fd, path, flags);
	named = open_path(source, path, 0);
	if (named < 0)
		return -1;
	if (is_plain(named, flags)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", named);
		fd = open(link, flags);
	}
	err = errno;
	close(named);
	errno = err;
	return fd;
}

bool source_can_open(const struct source *source, const char *path)
{
	int fd;

	if (source->archive)
		return archive_has(source->archive, path);
	fd = open_below(source, path, 0);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* ---- files ---- */

static char *read_all(int fd, size_t *size)
{
	size_t room = ROOM_AT_FIRST;
	char *data = malloc(room), *more;
	ssize_t got;

	*size = 0;
	while (data) {
		got = read(fd, data + *size, room - *size - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(data);
			return NULL;
		}
		*size += got;
		if (!got)
			break;
		if (*size + 1 < room)
			continue;
		if (room >= ROOM_AT_MOST) {
			free(data);
			errno = EFBIG;
			return NULL;
		}
		room *= 2;
		more = realloc(data, room);
		if (!more)
			free(data);
		data = more;
	}
	if (data)
		data[*size] = '\0';
	return data;
}

char *source_read(const struct source *source, const char *path, size_t *size)
{
	int fd, err;
	char *data;

	if (source->archive)
		return archive_file(source->archive, path, size);
	fd = open_below(source, path, 0);
	if (fd < 0)
		return NULL;
	data = read_all(fd, size);
	err = errno;
	close(fd);
	errno = err;
	return data;
}

char *source_link(const struct source *source, const char *path)
{
	char target[PATH_MAX];
	ssize_t len;
	int fd, err;

	if (source->archive)
		return archive_link(source->archive, path);
	if (source->live) {
		len = readlinkat(source->fd, path, target, sizeof(target) - 1);
	} else {
		fd = open_path(source, path, O_NOFOLLOW);
		if (fd < 0)
			return NULL;
		len = readlinkat(fd, "", target, sizeof(target) - 1);
		err = errno;
		close(fd);
		errno = err;
	}
	if (len < 0)
		return NULL;
	target[len] = '\0';
	return strdup(target);
}

/* ---- directories ---- */

/* Return: NULL with errno if it cannot be read to its end. */
static char **read_names(DIR *dir, const char *prefix)
{
	char **names = NULL;
	struct dirent *entry;
	size_t nr = 0, room = 0;
	int err;

	do {
		errno = 0;
		entry = readdir(dir);
		err = errno;
		if (entry && !source_wants_name(entry->d_name, prefix))
			continue;
		if (nr == room) {
			room = room ? room * 2 : 64;
			names = check_memory(reallocarray(names, room,
							  sizeof(*names)));
		}
		names[nr++] = entry ? check_memory(strdup(entry->d_name)) : NULL;
	} while (entry);
	if (err) {
		source_free_names(names);
		errno = err;
		return NULL;
	}
	source_sort_names(names, nr - 1);
	return names;
}

char **source_names(const struct source *source, const char *path,
		    const char *prefix)
{
	char **names;
	int fd, err;
	DIR *dir;

	if (source->archive)
		return archive_names(source->archive, path, prefix);
	fd = open_below(source, path, O_DIRECTORY);
	if (fd < 0)
		return NULL;
	dir = check_memory(fdopendir(fd));
	names = read_names(dir, prefix);
	err = errno;
	closedir(dir);
	errno = err;
	return names;
}
