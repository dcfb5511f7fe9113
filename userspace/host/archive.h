/* SPDX-License-Identifier: GPL-2.0 */
/* A captured tree in a tar archive, read into memory. */
#ifndef NBDDIAG_ARCHIVE_H
#define NBDDIAG_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

struct archive_tree;

/**
 * archive_open() - read an archive
 * @path: of it; it may be compressed
 *
 * It may come from a stranger: nothing is unpacked, and no link in it is
 * followed. The program ends with a message if it is no archive, or too large.
 *
 * Return: for the rest of the program.
 */
const struct archive_tree *archive_open(const char *path);

/* As source_can_open(), source_read(), source_link() and source_names(). */
bool archive_has(const struct archive_tree *tree, const char *path);
char *archive_file(const struct archive_tree *tree, const char *path,
		   size_t *size);
char *archive_link(const struct archive_tree *tree, const char *path);
char **archive_names(const struct archive_tree *tree, const char *path,
		     const char *prefix);

#endif /* NBDDIAG_ARCHIVE_H */
