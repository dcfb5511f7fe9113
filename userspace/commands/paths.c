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

void paths_json(struct json *json, const struct text *io, const char *map)
{
	const char *line;
	char *device;
	size_t at = 0;

	while ((line = io_next_path(io, map, &at))) {
		device = value_copy(text_field(line, "device"));
		json_object(json, NULL);
		json_text(json, "map", map);
		json_text(json, "device", device);
		json_text(json, "state", io_path_state(io, line));
		json_end(json);
		free(device);
	}
}
