/* SPDX-License-Identifier: GPL-2.0 */
/* Where the facts come from: the live host, or a tree captured on one. */
#ifndef NBDDIAG_SOURCE_H
#define NBDDIAG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct archive_tree;

/**
 * struct source - an open root
 * @fd: its directory, -1 with @archive
 * @archive: in place of a directory, or NULL
 * @live: it is the host itself, not a captured tree
 */
struct source {
	int fd;
	const struct archive_tree *archive;
	bool live;
};

/**
 * source_open() - open the host, or a captured tree
 * @root: a directory, a tar archive, or NULL for the host
 *
 * Ends the program with a message if it cannot be opened.
 */
void source_open(struct source *source, const char *root);

/**
 * source_can_open() - is there a file, and may it be read?
 * @path: below the root, without a slash before it
 *
 * Return: false with errno if not. Nothing is read.
 */
bool source_can_open(const struct source *source, const char *path);

/**
 * source_read() - read a file whole
 * @path: below the root, without a slash before it
 * @size: set to its length
 *
 * Return: its bytes and a NUL, for free(); NULL with errno if it cannot be
 * read.
 */
char *source_read(const struct source *source, const char *path, size_t *size);

/**
 * source_line() - read the first line of a file
 * @path: below the root
 *
 * Return: the line without its end, for free(); NULL with errno.
 */
char *source_line(const struct source *source, const char *path);

/**
 * source_link() - where a symbolic link points to
 * @path: below the root
 *
 * Return: the target, for free(); NULL with errno.
 */
char *source_link(const struct source *source, const char *path);

/**
 * source_names() - the names in a directory, in the order of their numbers
 * @path: below the root
 * @prefix: only names that begin so and go on with digits only; "" for
 *	numbers alone, NULL for all names
 *
 * Return: an array of strings that NULL ends, for source_free_names(); NULL
 * with errno.
 */
char **source_names(const struct source *source, const char *path,
		    const char *prefix);

/**
 * source_wants_name() - is a name one of those asked for?
 * @prefix: as for source_names()
 *
 * For source_names() itself, of each kind of source.
 */
bool source_wants_name(const char *name, const char *prefix);

/**
 * source_sort_names() - bring names into the order of their numbers
 * @names: an array of strings
 *
 * For source_names() itself, of each kind of source.
 */
void source_sort_names(char **names, size_t nr);

/**
 * source_count_names() - how many names source_names() returned
 * @names: the array, or NULL
 */
size_t source_count_names(char **names);

/**
 * source_free_names() - give back what source_names() returned
 * @names: the array, or NULL
 */
void source_free_names(char **names);

#endif /* NBDDIAG_SOURCE_H */
