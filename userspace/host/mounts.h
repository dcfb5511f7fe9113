/* SPDX-License-Identifier: GPL-2.0 */
/* Takes mountinfo and swaps of /proc apart, by libmount. */
#ifndef NBDDIAG_MOUNTS_H
#define NBDDIAG_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/source.h"

struct libmnt_iter;
struct libmnt_table;

/**
 * struct mounts - a file that is being taken apart
 * @table: of libmount; NULL if there is nothing in it
 * @iter: where it is
 */
struct mounts {
	struct libmnt_table *table;
	struct libmnt_iter *iter;
};

/**
 * struct mount - a line of it; the strings are not escaped
 * @major: of the filesystem, 0 in swaps
 * @minor: of the filesystem
 * @point: where it is mounted; "" in swaps
 * @type: kind of filesystem, or of swap
 * @source: what it is said to be mounted from; of swap, where that is
 */
struct mount {
	unsigned int major;
	unsigned int minor;
	const char *point;
	const char *type;
	const char *source;
};

/**
 * mounts_open() - take a file apart
 * @mounts: filled, for mounts_close()
 * @data: the file, or a line of mountinfo alone
 */
void mounts_open(struct mounts *mounts, const char *data, size_t size);

/**
 * mounts_own() - take the mounts of this mount namespace apart
 * @mounts: filled, for mounts_close(); of a captured tree, those that process 1
 *	had; empty if they cannot be read
 */
void mounts_own(const struct source *source, struct mounts *mounts);

/* Begin again with the first line. */
void mounts_rewind(struct mounts *mounts);

/**
 * mounts_next() - the next line that can be understood
 * @mount: filled; its strings last until mounts_close()
 *
 * Return: false at the end.
 */
bool mounts_next(struct mounts *mounts, struct mount *mount);

/* Give back what mounts_open() took. */
void mounts_close(struct mounts *mounts);

#endif /* NBDDIAG_MOUNTS_H */
