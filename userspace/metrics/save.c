// SPDX-License-Identifier: GPL-2.0
/* Writes a file beside the old one, which it then takes the place of. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/say.h"
#include "metrics/save.h"

/* /dev/null and the like must not become a plain file. */
static void refuse_other(const char *path)
{
	struct stat stat;

	if (!lstat(path, &stat) && !S_ISREG(stat.st_mode))
		fail(EXIT_USAGE, "%s is no plain file, and is not replaced", path);
}

/* Return: false with errno. */
static bool fill(int fd, const char *data, size_t size, mode_t mode)
{
	size_t done = 0;
	ssize_t part;

	if (ftruncate(fd, 0))
		return false;
	for (; done < size; done += part) {
		part = write(fd, data + done, size - done);
		if (part < 0)
			return false;
	}
	return !fchmod(fd, mode) && !fsync(fd);
}

/* The new name is on the disk only when the directory is. */
static bool sync_directory(const char *path)
{
	char *copy = check_memory(strdup(path));
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	free(copy);
	return good;
}

/* Is what is open still what has the name? */
static bool is_named(int fd, const char *path)
{
	struct stat here, there;

	return !fstat(fd, &here) && !lstat(path, &there) && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

/* In a directory of others it may be anything. */
static int open_beside(const struct save *save)
{
	int fd = open(save->beside, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		      0600);
	struct stat stat;

	if (fd < 0)
		fail(EXIT_SYSTEM, "cannot make a file beside %s: %s", save->path,
		     strerror(errno));
	if (fstat(fd, &stat) || !S_ISREG(stat.st_mode) || stat.st_nlink > 1 ||
	    stat.st_uid != geteuid())
		fail(EXIT_SYSTEM, "%s is no file that nbddiag has made: remove it",
		     save->beside);
	return fd;
}

/*
 * Not flock(2), which a child would inherit, and one that hangs is left behind: see
 * apart_read(). One that has the lock may have ended, and given the file its name.
 */
static bool lock_beside(struct save *save)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	save->fd = open_beside(save);
	if (fcntl(save->fd, F_SETLK, &lock)) {
		if (errno != EAGAIN && errno != EACCES)
			fail(EXIT_SYSTEM, "cannot lock %s: %s", save->beside,
			     strerror(errno));
		fail(EXIT_SYSTEM, "another nbddiag is about to write %s", save->path);
	}
	if (is_named(save->fd, save->beside))
		return true;
	close(save->fd);
	return false;
}

void save_begin(struct save *save, const char *path)
{
	refuse_other(path);
	save->path = say("%s", path);
	/* The same name each time: what a run that was killed has left, the next one takes. */
	save->beside = say("%s.new", path);
	while (!lock_beside(save))
		;
}

static void free_save(struct save *save)
{
	free(save->path);
	free(save->beside);
}

void save_end(struct save *save, const char *data, size_t size, mode_t mode)
{
	int err;

	if (!fill(save->fd, data, size, mode) || rename(save->beside, save->path)) {
		err = errno;
		unlink(save->beside);
		fail(EXIT_SYSTEM, "cannot write %s: %s", save->path, strerror(err));
	}
	close(save->fd);
	if (!sync_directory(save->path))
		fail(EXIT_SYSTEM, "cannot write the directory of %s: %s", save->path,
		     strerror(errno));
	free_save(save);
}

void save_drop(struct save *save)
{
	unlink(save->beside);
	close(save->fd);
	free_save(save);
}
