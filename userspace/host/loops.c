// SPDX-License-Identifier: GPL-2.0
/* Loop devices: sysfs names the file of each, and not the device below. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/loops.h"

static void add_loop(const struct source *source, struct loops *loops,
		     struct mounts *mounts, const char *name)
{
	char path[PATH_MAX], *file;
	struct loop loop = {};

	if (!disk_is_name(name))
		return;
	snprintf(path, sizeof(path), "sys/block/%s/loop/backing_file", name);
	file = source_line(source, path);
	if (!file)
		return;
	snprintf(loop.name, sizeof(loop.name), "%s", name);
	loop.file = file;
	/* To read them may hang, so not without need. */
	if (!loops->nr)
		mounts_own(source, mounts);
	if (!disk_of_path(source, mounts, file, &loop.on))
		memset(&loop.on, 0, sizeof(loop.on));
	loops->loop = check_memory(reallocarray(loops->loop, loops->nr + 1,
						sizeof(loop)));
	loops->loop[loops->nr++] = loop;
}

void loops_read(const struct source *source, struct loops *loops)
{
	char **names = source_names(source, "sys/block", "loop"), **name;
	struct mounts mounts = {};

	memset(loops, 0, sizeof(*loops));
	for (name = names; name && *name; name++)
		add_loop(source, loops, &mounts, *name);
	mounts_close(&mounts);
	source_free_names(names);
}

bool loop_is_on_device(const struct loop *loop)
{
	return !strncmp(loop->file, "/dev/", 5);
}

const struct loop *loops_find(const struct loops *loops, const char *name)
{
	size_t i;

	for (i = 0; i < loops->nr; i++)
		if (!strcmp(loops->loop[i].name, name))
			return &loops->loop[i];
	return NULL;
}

const struct loop *loops_on(const struct loops *loops, const char *device,
			    size_t *at)
{
	while (*at < loops->nr)
		if (!strcmp(loops->loop[(*at)++].on.name, device))
			return &loops->loop[*at - 1];
	return NULL;
}

void loops_free(struct loops *loops)
{
	size_t i;

	for (i = 0; i < loops->nr; i++)
		free(loops->loop[i].file);
	free(loops->loop);
	memset(loops, 0, sizeof(*loops));
}
