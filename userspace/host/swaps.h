/* SPDX-License-Identifier: GPL-2.0 */
/* Where the host swaps to. */
#ifndef NBDDIAG_SWAPS_H
#define NBDDIAG_SWAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/disks.h"

/**
 * struct swap - a device or file that is swapped to
 * @path: as the kernel says it
 * @on: the block device that this is, or whose filesystem has it; without a
 *	name if that is not known
 */
struct swap {
	char *path;
	struct disk on;
};

/**
 * struct swaps - all of them
 * @swap: in the order of the kernel
 * @nr: how many
 */
struct swaps {
	struct swap *swap;
	size_t nr;
};

/**
 * swaps_read() - find all that is swapped to
 * @swaps: filled, for swaps_free(); empty if it cannot be read
 */
void swaps_read(const struct source *source, struct swaps *swaps);

/**
 * swaps_take_apart() - the same of a text
 * @mounts: from mounts_own()
 * @data: as /proc/swaps has it, with its first line
 */
void swaps_take_apart(const struct source *source, struct mounts *mounts,
		      struct swaps *swaps, const char *data, size_t size);

/* Is it a device, and not a file of a filesystem? */
bool swap_is_device(const char *path);

/* Give back what swaps_read() took. */
void swaps_free(struct swaps *swaps);

#endif /* NBDDIAG_SWAPS_H */
