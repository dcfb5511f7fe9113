/* SPDX-License-Identifier: GPL-2.0 */
/* Reads a file that may keep its readers waiting, and not even a kill ends that. */
#ifndef NBDDIAG_APART_H
#define NBDDIAG_APART_H

#include <stddef.h>

#include "host/source.h"

/**
 * apart_read() - read a file by a process of its own
 * @source: where it is; only on the live host anything hangs
 * @path: below the root
 * @size: set to its length
 *
 * For mountinfo. The kernel prints the options of each mount there, and for btrfs it
 * looks the name of a subvolume up in the filesystem, which may be on a device that does
 * not answer. That sleep ends by no signal. A thread in it would keep the program from
 * ending, so a process reads and is left behind. Once one hangs no other is tried, as
 * all would.
 *
 * Return: its bytes and a NUL, for free(); NULL with errno, which is ETIMEDOUT if it
 * hangs.
 */
char *apart_read(const struct source *source, const char *path, size_t *size);

#endif /* NBDDIAG_APART_H */
