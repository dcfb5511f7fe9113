/* SPDX-License-Identifier: GPL-2.0 */
/* The network namespaces of this host. */
#ifndef NBDDIAG_NET_SPACES_H
#define NBDDIAG_NET_SPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/source.h"

/**
 * net_spaces_find() - a process of each network namespace but this one
 * @source: the live host
 * @nr: set to how many
 * @more: set if there are too many, and some were left out
 *
 * A namespace that no process is in is not seen, nor one whose processes all hang
 * in execve(2).
 *
 * Return: process ids, for free().
 */
pid_t *net_spaces_find(const struct source *source, size_t *nr, bool *more);

#endif /* NBDDIAG_NET_SPACES_H */
