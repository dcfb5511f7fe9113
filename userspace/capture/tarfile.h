/* SPDX-License-Identifier: GPL-2.0 */
/* Writes a tar archive, by libarchive; an unfinished one does not stay. */
#ifndef NBDDIAG_TARFILE_H
#define NBDDIAG_TARFILE_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct archive;

/**
 * struct tarfile - an archive that is being written
 * @archive: of libarchive
 * @path: where it is; NULL for standard output
 * @fd: the open file
 * @top: the directory in which all of it is
 * @time: of all that is in it
 */
struct tarfile {
	struct archive *archive;
	const char *path;
	int fd;
	char *top;
	time_t time;
};

/**
 * tarfile_begin() - make the file, readable by its owner only
 * @tar: filled, for tarfile_end()
 * @path: a file that is not there yet, or "-" for standard output
 * @top: a directory for all that is in it; from malloc(), belongs to @tar
 * @time: of all that is in it
 *
 * Ends the program if there is such a file, or it cannot be made. From here on
 * whatever ends the program also removes the file.
 */
void tarfile_begin(struct tarfile *tar, const char *path, char *top,
		   time_t time);

/**
 * tarfile_put_file() - add a file
 * @path: without a slash before it
 */
void tarfile_put_file(struct tarfile *tar, const char *path, const char *data,
		      size_t size);

/**
 * tarfile_put_directory() - add a directory; needed only for an empty one
 * @path: without a slash before it
 */
void tarfile_put_directory(struct tarfile *tar, const char *path);

/**
 * tarfile_put_link() - add a symbolic link
 * @path: without a slash before it
 * @target: where it points to
 */
void tarfile_put_link(struct tarfile *tar, const char *path,
		      const char *target);

/* Write what is left; the file stays from here on. */
void tarfile_end(struct tarfile *tar);

#endif /* NBDDIAG_TARFILE_H */
