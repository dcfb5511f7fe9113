// SPDX-License-Identifier: GPL-2.0
/*
 * A captured tree has no link for each number, so that each question would be
 * a look at all disks. Here they are read once, at the first question.
 */
#include <stdlib.h>

#include "base/fail.h"
#include "host/disk_map.h"

static void add(struct disk_map *map, const char *name)
{
	struct disk disk;

	if (!disk_named(map->source, name, &disk))
		return;
	if (!(map->nr & (map->nr - 1)))
		map->disk = check_memory(reallocarray(map->disk,
						      map->nr ? map->nr * 2 : 1,
						      sizeof(disk)));
	map->disk[map->nr++] = disk;
}

static int by_number(const void *a, const void *b)
{
	const struct disk *x = a, *y = b;

	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return x->minor < y->minor ? -1 : x->minor > y->minor;
}

static void fill(struct disk_map *map)
{
	char **names = source_names(map->source, "sys/block", NULL), **name;
	char **parts, **part;
	size_t disks, i;

	for (name = names; name && *name; name++)
		add(map, *name);
	source_free_names(names);
	disks = map->nr;
	for (i = 0; i < disks; i++) {
		parts = disk_partitions(map->source, &map->disk[i]);
		for (part = parts; part && *part; part++)
			add(map, *part);
		source_free_names(parts);
	}
	if (map->nr)
		qsort(map->disk, map->nr, sizeof(*map->disk), by_number);
	map->is_filled = true;
}

bool disk_map_find(struct disk_map *map, unsigned int major,
		   unsigned int minor, struct disk *disk)
{
	const struct disk want = { .major = major, .minor = minor };
	const struct disk *found;

	if (map->source->live)
		return disk_numbered(map->source, major, minor, disk);
	if (!map->is_filled)
		fill(map);
	if (!map->nr)
		return false;
	found = bsearch(&want, map->disk, map->nr, sizeof(want), by_number);
	if (found)
		*disk = *found;
	return found;
}

void disk_map_free(struct disk_map *map)
{
	free(map->disk);
	map->disk = NULL;
	map->nr = 0;
	map->is_filled = false;
}
