// SPDX-License-Identifier: GPL-2.0
/* The paths of multipath maps in a table. */
#include <stdlib.h>

#include "base/say.h"
#include "commands/paths.h"
#include "facts/io.h"
#include "host/disks.h"

char *paths_add(const struct source *source, const struct text *io, char *said,
		const char *map)
{
	char *paths = io_paths(io, map), *name, *all;

	if (!paths)
		return said;
	name = disk_map_name(source, map);
	all = say("%s%s%s: %s", said ? said : "", said ? "; " : "",
		  name ? name : map, paths);
	free(name);
	free(paths);
	free(said);
	return all;
}
