// SPDX-License-Identifier: GPL-2.0
/* Which names block devices can have. */
#include <ctype.h>
#include <string.h>

#include "host/disks.h"

bool disk_is_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= DISK_NAME_LEN || *name == '.')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_!.+:-", *name))
			return false;
	return true;
}
