/* SPDX-License-Identifier: GPL-2.0 */
/* Writes a file whole, or not at all. */
#ifndef NBDDIAG_METRICS_SAVE_H
#define NBDDIAG_METRICS_SAVE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct save - a file that is to be made, or replaced
 * @path: its name
 * @beside: what takes its place, locked until then
 * @fd: that, open
 */
struct save {
	char *path;
	char *beside;
	int fd;
};

/**
 * save_begin() - lock a file for a writer
 * @save: filled, for save_end() or save_drop()
 * @path: a name that is free, or of a plain file
 *
 * Ends the program if another process has begun, which is said.
 */
void save_begin(struct save *save, const char *path);

/**
 * save_end() - write it
 * @mode: who may read it
 *
 * Whoever reads it meanwhile has the old file or the new one. After a crash of the host
 * it is one of the two. Ends the program if it cannot be written; the old one is there then.
 */
void save_end(struct save *save, const char *data, size_t size, mode_t mode);

/* Leave it as it is. */
void save_drop(struct save *save);

#endif /* NBDDIAG_METRICS_SAVE_H */
