// SPDX-License-Identifier: GPL-2.0
/* What keeps a device and is no process: swap, device mapper, md, loop. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/escape.h"
#include "base/fail.h"
#include "holders/search.h"
#include "host/mounts.h"

/* ---- swap ---- */

/* The file of a swap may have any name in /dev, where looking is harmless. */
static struct block *find_swap(const struct search *search, const char *path)
{
	struct block *block = search_path(search, path);
	struct stat stat_of;

	if (block || !search->source->live || strncmp(path, "/dev/", 5) ||
	    stat(path, &stat_of) || !S_ISBLK(stat_of.st_mode))
		return block;
	return search_number(search, major(stat_of.st_rdev),
			     minor(stat_of.st_rdev));
}

static void search_swap(struct search *search)
{
	struct mounts mounts;
	struct block *block;
	struct mount mount;
	size_t size;
	char *data;

	data = source_read(search->source, "proc/swaps", &size);
	if (!data)
		return;
	mounts_open(&mounts, data, size);
	while (mounts_next(&mounts, &mount)) {
		block = find_swap(search, mount.source);
		if (!block)
			continue;
		search_add(search, HOLDER_SWAP, block)->what =
			escape_copy(mount.source, strlen(mount.source));
		search->holders->opens++;
	}
	mounts_close(&mounts);
	free(data);
}

/* ---- other block devices ---- */

/* What people call it: dm devices have a name besides their number. */
static char *name_of_device(const struct source *source, const char *name)
{
	char path[PATH_MAX], *line;

	snprintf(path, sizeof(path), "sys/block/%s/dm/name", name);
	line = source_line(source, path);
	if (!line)
		line = check_memory(strdup(name));
	return line;
}

static void add_device(struct search *search, struct block *block,
		       const char *name)
{
	struct holder *holder = search_add(search, HOLDER_DEVICE, block);
	char *called = name_of_device(search->source, name), path[PATH_MAX];

	holder->what = escape_copy(called, strlen(called));
	snprintf(path, sizeof(path), "/dev/%s", name);
	holder->path = escape_copy(path, strlen(path));
	free(called);
	search->holders->opens++;
}

static void search_holders(struct search *search)
{
	char path[PATH_MAX], **names, **name;
	size_t i;

	for (i = 0; i < search->nr_blocks; i++) {
		if (i)
			snprintf(path, sizeof(path), "sys/block/%s/%s/holders",
				 search->block[0].name, search->block[i].name);
		else
			snprintf(path, sizeof(path), "sys/block/%s/holders",
				 search->block[0].name);
		names = source_names(search->source, path, NULL);
		for (name = names; name && *name; name++)
			add_device(search, &search->block[i], *name);
		source_free_names(names);
	}
}

/* Loop devices are not among the holders; the kernel names their file. */
static void search_loops(struct search *search)
{
	char **names = source_names(search->source, "sys/block", "loop"), **at;
	char path[PATH_MAX], *file;
	struct block *block;

	for (at = names; at && *at; at++) {
		snprintf(path, sizeof(path), "sys/block/%s/loop/backing_file",
			 *at);
		file = source_line(search->source, path);
		block = file ? search_path(search, file) : NULL;
		if (block)
			add_device(search, block, *at);
		free(file);
	}
	source_free_names(names);
}

void search_devices(struct search *search)
{
	search_swap(search);
	search_holders(search);
	search_loops(search);
}
