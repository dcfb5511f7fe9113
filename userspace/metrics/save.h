/* SPDX-License-Identifier: GPL-2.0 */
/* Writes a file whole, or not at all. */
#ifndef NBDDIAG_METRICS_SAVE_H
#define NBDDIAG_METRICS_SAVE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * save() - make a file, or replace it
 * @path: a name that is free, or of a plain file
 * @mode: who may read it
 *
 * Whoever reads it meanwhile has the old file or the new one. After a crash of the host
 * it is one of the two. Ends the program if it cannot be written; the old one is there then.
 */
void save(const char *path, const char *data, size_t size, mode_t mode);

#endif /* NBDDIAG_METRICS_SAVE_H */
