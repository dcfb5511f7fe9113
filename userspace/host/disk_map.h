/* SPDX-License-Identifier: GPL-2.0 */
/* Block devices by their numbers, for many questions. */
#ifndef NBDDIAG_DISK_MAP_H
#define NBDDIAG_DISK_MAP_H

#include <stddef.h>

#include "host/disks.h"

/**
 * struct disk_map - the disks and partitions of a captured tree
 * @source: where they are
 * @disk: in the order of their numbers; the host itself answers at once instead
 * @nr: how many
 * @is_filled: they have been read
 */
struct disk_map {
	const struct source *source;
	struct disk *disk;
	size_t nr;
	bool is_filled;
};

/**
 * disk_map_find() - disk_numbered(), at a cost that does not grow with the disks
 * @map: zeroed at first but for @map->source, for disk_map_free()
 * @disk: filled, if true is returned
 */
bool disk_map_find(struct disk_map *map, unsigned int major,
		   unsigned int minor, struct disk *disk);

void disk_map_free(struct disk_map *map);

#endif /* NBDDIAG_DISK_MAP_H */
