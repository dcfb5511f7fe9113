// SPDX-License-Identifier: GPL-2.0
/* What lies on the devices of a cause, and whom it hurts. */
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "host/mounts.h"
#include "why/causes.h"

static void add_above(struct why *why, struct cause *cause,
		      const struct disk *disk, unsigned int height)
{
	const struct source *source = why->source;
	char **names, **name, **parts, **part;
	struct disk other;

	if (cause_is_below(cause, disk->name))
		return;
	if (height == WHY_MAX_HEIGHT || cause->nr_above == WHY_MAX_ABOVE) {
		why->cut |= WHY_CUT_ABOVE;
		return;
	}
	if (argz_add(&cause->above, &cause->above_len, disk->name))
		fail(EXIT_SYSTEM, "out of memory");
	cause->nr_above++;
	names = disk_names(source, disk, "holders");
	for (name = names; name && *name; name++)
		if (disk_named(source, *name, &other))
			add_above(why, cause, &other, height + 1);
	source_free_names(names);
	parts = disk_partitions(source, disk);
	for (part = parts; part && *part; part++)
		if (disk_named(source, *part, &other))
			add_above(why, cause, &other, height + 1);
	source_free_names(parts);
}

/* Whoever waits may have closed the device, or have only a file on it. */
static void add_waiters(struct causes *causes, const struct cause *cause,
			const struct text *text, const char *key,
			const char *pid_field)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(text, key, &at)))
		causes_add_user(causes, cause, text_field(line, "device"),
				text_field(line, pid_field));
}

void above_find(struct causes *causes, struct cause *cause)
{
	const char *name = NULL;
	struct disk disk;
	size_t i;

	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		if (disk_named(causes->why->source, name, &disk))
			add_above(causes->why, cause, &disk, 0);
	add_waiters(causes, cause, &causes->why->aio, "owed", "pid");
	add_waiters(causes, cause, &causes->why->io, "request", "aio_pid");
	add_waiters(causes, cause, &causes->why->io, "request", "tgid");
	hung_add_users(causes, cause);
	for (i = 0; i < causes->users.nr; i++)
		cause->users += cause_is_below(cause, causes->users.user[i].disk);
}

char *above_mounts(const struct causes *causes, const struct cause *cause,
		   size_t *len)
{
	struct why *why = causes->why;
	char *points = NULL, *point;
	struct mounts mounts;
	struct mount mount;
	struct disk disk;

	*len = 0;
	mounts_own(why->source, &mounts);
	while (mounts_next(&mounts, &mount)) {
		if (!disk_map_find(&why->disks, mount.major, mount.minor,
				   &disk) ||
		    !cause_is_below(cause, disk.name))
			continue;
		point = escape_copy(mount.point, strlen(mount.point));
		if (argz_add(&points, len, point))
			fail(EXIT_SYSTEM, "out of memory");
		free(point);
	}
	mounts_close(&mounts);
	return points;
}
