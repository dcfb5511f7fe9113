// SPDX-License-Identifier: GPL-2.0
/* Writes a tar archive; whatever ends the program early removes it. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "capture/tarfile.h"

/* ---- no half file ---- */

/* What to remove when the program ends; "" if nothing. */
static char unfinished[PATH_MAX];

static void remove_unfinished(void)
{
	if (*unfinished)
		unlink(unfinished);
	*unfinished = '\0';
}

static void on_signal(int number)
{
	remove_unfinished();
	signal(number, SIG_DFL);
	raise(number);
}

static void remove_if_ended(const char *path)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
	struct sigaction action = { .sa_handler = on_signal }, before;
	size_t i;

	snprintf(unfinished, sizeof(unfinished), "%s", path);
	atexit(remove_unfinished);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		/* As nohup(1) has it, what is ignored stays so. */
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

/* ---- the file ---- */

__attribute__((noreturn))
static void fail_to_write(const struct tarfile *tar)
{
	fail(EXIT_SYSTEM, "cannot write %s: %s",
	     tar->path ? tar->path : "to standard output",
	     archive_error_string(tar->archive));
}

static void make_file(struct tarfile *tar, const char *path)
{
	/* A limit of its size (ulimit -f) is then an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	if (!strcmp(path, "-")) {
		if (isatty(STDOUT_FILENO))
			fail(EXIT_USAGE, "an archive is not written to a terminal: give a file");
		tar->fd = STDOUT_FILENO;
		return;
	}
	tar->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (tar->fd < 0 && errno == EEXIST)
		fail(EXIT_USAGE, "%s is there already and is not overwritten: give another name",
		     path);
	if (tar->fd < 0)
		fail(EXIT_SYSTEM, "cannot make %s: %s", path, strerror(errno));
	tar->path = path;
	remove_if_ended(path);
}

void tarfile_begin(struct tarfile *tar, const char *path, char *top,
		   time_t time)
{
	memset(tar, 0, sizeof(*tar));
	tar->top = top;
	tar->time = time;
	make_file(tar, path);
	tar->archive = check_memory(archive_write_new());
	if (archive_write_set_format_gnutar(tar->archive) ||
	    archive_write_open_fd(tar->archive, tar->fd))
		fail_to_write(tar);
}

void tarfile_end(struct tarfile *tar)
{
	if (archive_write_close(tar->archive))
		fail_to_write(tar);
	archive_write_free(tar->archive);
	free(tar->top);
	/* A disk may say that it is full only now. */
	if (tar->path && (fsync(tar->fd) || close(tar->fd)))
		fail(EXIT_SYSTEM, "cannot write %s: %s", tar->path,
		     strerror(errno));
	*unfinished = '\0';
}

/* ---- what is in it ---- */

static struct archive_entry *new_entry(const struct tarfile *tar,
				       const char *path, mode_t type,
				       mode_t mode)
{
	struct archive_entry *entry = check_memory(archive_entry_new());

	char *full = say("%s/%s", tar->top, path);

	archive_entry_set_pathname(entry, full);
	free(full);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, mode);
	archive_entry_set_mtime(entry, tar->time, 0);
	return entry;
}

static void put_entry(struct tarfile *tar, struct archive_entry *entry,
		      const char *data, size_t size)
{
	archive_entry_set_size(entry, size);
	if (archive_write_header(tar->archive, entry) ||
	    archive_write_data(tar->archive, data, size) != (ssize_t)size)
		fail_to_write(tar);
	archive_entry_free(entry);
}

void tarfile_put_file(struct tarfile *tar, const char *path, const char *data,
		      size_t size)
{
	put_entry(tar, new_entry(tar, path, S_IFREG, 0644), data, size);
}

void tarfile_put_directory(struct tarfile *tar, const char *path)
{
	put_entry(tar, new_entry(tar, path, S_IFDIR, 0755), "", 0);
}

void tarfile_put_link(struct tarfile *tar, const char *path,
		      const char *target)
{
	struct archive_entry *entry = new_entry(tar, path, S_IFLNK, 0777);

	archive_entry_set_symlink(entry, target);
	put_entry(tar, entry, "", 0);
}
