/* SPDX-License-Identifier: GPL-2.0 */
/* Reads some words of another process's memory, and can't hang in that. */
#ifndef NBDDIAG_MEMORY_H
#define NBDDIAG_MEMORY_H

#include <sys/types.h>

#include "locks/futex.h"

/**
 * memory_read() - read the words around the futexes of a process
 * @futexes: of the live host; words, what is known and what is missing are
 *	filled in for each thread that waits
 * @tid: a thread of it that has not ended
 *
 * Only pages that are in memory are read, so this causes no I/O, and does not
 * wait for who would fill a page of userfaultfd(2). A process of its own does
 * it, see memory.c.
 *
 * Return: what came of it.
 */
enum futex_memory memory_read(struct futexes *futexes, pid_t tid);

#endif /* NBDDIAG_MEMORY_H */
