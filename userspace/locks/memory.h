/* SPDX-License-Identifier: GPL-2.0 */
/* Reads some words of another process's memory, and can't hang in that. */
#ifndef NBDDIAG_MEMORY_H
#define NBDDIAG_MEMORY_H

#include <sys/types.h>

#include "locks/futex.h"

/**
 * memory_read() - find out which futexes the threads of a process wait in
 * @futexes: of the live host, with the threads' ids; the rest of each thread is
 *	filled in
 *
 * Only pages that are in memory are read, so this causes no I/O, and does not
 * wait for who would fill a page of userfaultfd(2). A process of its own does
 * it, see memory.c.
 *
 * Return: what came of it.
 */
enum futex_memory memory_read(struct futexes *futexes);

#endif /* NBDDIAG_MEMORY_H */
