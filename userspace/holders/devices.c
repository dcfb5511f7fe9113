// SPDX-License-Identifier: GPL-2.0
/* What keeps a device and is no process: swap, device mapper, md, loop. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
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
		if (search_is_own(search, block))
			search->holders->opens++;
	}
	mounts_close(&mounts);
	free(data);
}

/* ---- other block devices ---- */

static void add_device(struct search *search, const struct edge *edge)
{
	struct block *below = &search->block[edge->below];
	const struct block *above = &search->block[edge->above];
	struct holder *holder = search_add(search, HOLDER_DEVICE, below);

	/* What people call it: dm devices have a name besides their number. */
	holder->what = check_memory(strdup(above->map ? above->map :
					   above->disk.name));
	holder->path = say("/dev/%s", above->disk.name);
	if (edge->is_open && search_is_own(search, below))
		search->holders->opens++;
}

void search_devices(struct search *search)
{
	size_t i;

	search_swap(search);
	for (i = 0; i < search->nr_edges; i++)
		add_device(search, &search->edge[i]);
}
