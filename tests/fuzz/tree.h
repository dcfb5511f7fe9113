/* SPDX-License-Identifier: GPL-2.0 */
/* A captured tree in memory, in place of userspace/host/source.c. */
#ifndef NBDDIAG_FUZZ_TREE_H
#define NBDDIAG_FUZZ_TREE_H

#include <stddef.h>
#include <stdint.h>

/* Before the path of a file, and between the path and what is in it. */
#define TREE_FILE 1
#define TREE_CONTENT 2

/**
 * tree_unpack() - have the reader find files
 * @data: the files, each a TREE_FILE, a path, a TREE_CONTENT, any bytes
 * @size: how many bytes
 */
void tree_unpack(const uint8_t *data, size_t size);

/**
 * tree_free() - forget them
 */
void tree_free(void);

#endif /* NBDDIAG_FUZZ_TREE_H */
