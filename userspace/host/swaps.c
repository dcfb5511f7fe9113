// SPDX-License-Identifier: GPL-2.0
/* Where the host swaps to. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fail.h"
#include "host/swaps.h"

bool swap_is_device(const char *path)
{
	return !strncmp(path, "/dev/", 5);
}

/* A device of swap may have any name in /dev, where looking is harmless. */
static bool find_disk(const struct source *source, struct mounts *mounts,
		      const char *path, struct disk *disk)
{
	struct stat stat_of;

	if (disk_of_path(source, mounts, path, disk))
		return true;
	return source->live && swap_is_device(path) && !stat(path, &stat_of) &&
	       S_ISBLK(stat_of.st_mode) &&
	       disk_numbered(source, major(stat_of.st_rdev),
			     minor(stat_of.st_rdev), disk);
}

void swaps_take_apart(const struct source *source, struct mounts *mounts,
		      struct swaps *swaps, const char *data, size_t size)
{
	struct mounts lines;
	struct mount line;
	struct swap swap;

	memset(swaps, 0, sizeof(*swaps));
	mounts_open(&lines, data, size);
	while (mounts_next(&lines, &line)) {
		memset(&swap, 0, sizeof(swap));
		swap.path = check_memory(strdup(line.source));
		if (!find_disk(source, mounts, swap.path, &swap.on))
			memset(&swap.on, 0, sizeof(swap.on));
		swaps->swap = check_memory(reallocarray(swaps->swap,
							swaps->nr + 1,
							sizeof(swap)));
		swaps->swap[swaps->nr++] = swap;
	}
	mounts_close(&lines);
}

void swaps_read(const struct source *source, struct swaps *swaps)
{
	size_t size = 0;
	char *data = source_read(source, "proc/swaps", &size);
	struct mounts mounts;

	mounts_own(source, &mounts);
	swaps_take_apart(source, &mounts, swaps, data, data ? size : 0);
	mounts_close(&mounts);
	free(data);
}

void swaps_free(struct swaps *swaps)
{
	size_t i;

	for (i = 0; i < swaps->nr; i++)
		free(swaps->swap[i].path);
	free(swaps->swap);
	memset(swaps, 0, sizeof(*swaps));
}
