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
	FILE *out = fdopen(fd, "w");
	bool good;

	if (!out)
		return false;
	good = fwrite(data, 1, size, out) == size && !fflush(out) &&
	       !fchmod(fd, mode) && !fsync(fd);
	return !fclose(out) && good;
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

void save(const char *path, const char *data, size_t size, mode_t mode)
{
	char *beside = say("%s.XXXXXX", path);
	int fd, err;

	refuse_other(path);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		fail(EXIT_SYSTEM, "cannot make a file beside %s: %s", path,
		     strerror(errno));
	if (!fill(fd, data, size, mode) || rename(beside, path)) {
		err = errno;
		unlink(beside);
		fail(EXIT_SYSTEM, "cannot write %s: %s", path, strerror(err));
	}
	free(beside);
	if (!sync_directory(path))
		fail(EXIT_SYSTEM, "cannot write the directory of %s: %s", path,
		     strerror(errno));
}
