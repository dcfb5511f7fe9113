/* SPDX-License-Identifier: GPL-2.0 */
/* The paths of multipath maps in a table. */
#ifndef NBDDIAG_PATHS_H
#define NBDDIAG_PATHS_H

#include "base/json.h"
#include "facts/text.h"
#include "host/source.h"

/**
 * paths_add() - put the paths of a map behind those of others
 * @source: for names
 * @io: the file io, or empty
 * @said: from malloc(), or NULL; is taken
 * @map: a disk, by the kernel's name
 *
 * Return: "mpatha: sda failed, sdb works; mpathb: ..." for free(); @said if it is no
 * such map.
 */
char *paths_add(const struct source *source, const struct text *io, char *said,
		const char *map);

/* The same into the array that is open. */
void paths_json(struct json *json, const struct text *io, const char *map);

#endif /* NBDDIAG_PATHS_H */
