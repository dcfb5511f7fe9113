// SPDX-License-Identifier: GPL-2.0
/* What the search for holders has found, and what it looks for. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "holders/search.h"
#include "host/loops.h"

static const char *name_of(const struct block *block)
{
	return block->map ? block->map : block->disk.name;
}

/* From the lowest up. */
static char *say_via(const struct search *search, size_t i)
{
	const struct block *block = &search->block[i];
	char *below, *via;

	if (i < search->nr_own)
		return NULL;
	below = say_via(search, block->below);
	if (!below && block->below)
		below = check_memory(strdup(name_of(&search->block[block->below])));
	via = say("%s%s%s", below ? below : "", below ? "," : "",
		  name_of(block));
	free(below);
	return via;
}

struct holder *search_add(struct search *search, enum holder_kind kind,
			  struct block *block)
{
	struct holders *holders = search->holders;
	struct holder *holder;

	if (holders->nr == holders->room) {
		holders->room = holders->room ? holders->room * 2 : 16;
		holders->holder = check_memory(reallocarray(holders->holder,
							    holders->room,
							    sizeof(*holder)));
	}
	holder = &holders->holder[holders->nr++];
	memset(holder, 0, sizeof(*holder));
	holder->kind = kind;
	memcpy(holder->device, block->disk.name, sizeof(holder->device));
	holder->via = say_via(search, block - search->block);
	block->used = true;
	return holder;
}

void search_blind(struct search *search, pid_t tgid)
{
	search->holders->unreadable++;
	search->holders->unreadable_pid = tgid;
}

/* ---- the device and its partitions ---- */

struct block *search_number(const struct search *search, unsigned int major,
			    unsigned int minor)
{
	struct block *block;

	for (block = search->block; block < search->block + search->nr_blocks;
	     block++)
		if (block->disk.major == major && block->disk.minor == minor)
			return block;
	return NULL;
}

struct block *search_path(const struct search *search, const char *path)
{
	struct block *block;

	if (strncmp(path, "/dev/", 5))
		return NULL;
	for (block = search->block; block < search->block + search->nr_blocks;
	     block++)
		if (!strcmp(path + 5, block->disk.name) ||
		    (block->map && !strncmp(path + 5, "mapper/", 7) &&
		     !strcmp(path + 12, block->map)))
			return block;
	return NULL;
}

bool search_is_own(const struct search *search, const struct block *block)
{
	return block < search->block + search->nr_own;
}

/* Return: its index; it may be there already. */
static size_t add_block(struct search *search, const struct disk *disk,
			size_t below)
{
	struct block *block;
	size_t i;

	for (i = 0; i < search->nr_blocks; i++)
		if (!strcmp(search->block[i].disk.name, disk->name))
			return i;
	search->block = check_memory(reallocarray(search->block, i + 1,
						  sizeof(*block)));
	block = &search->block[search->nr_blocks++];
	*block = (struct block){ .disk = *disk, .below = below };
	block->map = disk_map_name(search->source, disk->name);
	return i;
}

static void add_partitions(struct search *search, size_t i)
{
	const struct disk whole = search->block[i].disk;
	char **names = disk_partitions(search->source, &whole), **name;
	struct disk disk;

	for (name = names; name && *name; name++)
		if (disk_named(search->source, *name, &disk))
			add_block(search, &disk, i);
	source_free_names(names);
}

/* ---- what lies on them ---- */

static void add_above(struct search *search, size_t below,
		      const char *name, bool is_open)
{
	struct edge *edge;
	struct disk disk;

	if (!disk_is_name(name))
		return;
	if (!disk_named(search->source, name, &disk)) {
		/* It just goes; then nothing is found on it. */
		disk = (struct disk){ .major = UINT_MAX, .minor = UINT_MAX };
		snprintf(disk.name, sizeof(disk.name), "%s", name);
		memcpy(disk.whole, disk.name, sizeof(disk.whole));
	}
	search->edge = check_memory(reallocarray(search->edge,
						 search->nr_edges + 1,
						 sizeof(*edge)));
	edge = &search->edge[search->nr_edges++];
	edge->below = below;
	edge->above = add_block(search, &disk, below);
	edge->is_open = is_open;
}

/* Loop devices are not among the holders; the kernel names their file. */
static void add_loops(struct search *search, const struct loops *loops,
		      size_t below)
{
	const struct disk disk = search->block[below].disk;
	const struct loop *loop;
	size_t at = 0;

	while ((loop = loops_on(loops, disk.name, &at)))
		add_above(search, below, loop->name, loop_is_on_device(loop));
}

static void add_holders(struct search *search, size_t below)
{
	const struct disk disk = search->block[below].disk;
	char **names = disk_names(search->source, &disk, "holders"), **name;

	for (name = names; name && *name; name++)
		add_above(search, below, *name, true);
	source_free_names(names);
}

/* A device is added once, so that this ends. */
void search_blocks(struct search *search, const struct disk *disk)
{
	struct loops loops;
	size_t i;

	add_block(search, disk, 0);
	add_partitions(search, 0);
	search->nr_own = search->nr_blocks;
	loops_read(search->source, &loops);
	for (i = 0; i < search->nr_blocks; i++) {
		if (i >= search->nr_own)
			add_partitions(search, i);
		add_holders(search, i);
		add_loops(search, &loops, i);
	}
	loops_free(&loops);
}

void search_free(struct search *search)
{
	size_t i;

	for (i = 0; i < search->nr_blocks; i++)
		free(search->block[i].map);
	free(search->block);
	free(search->edge);
	free(search->tasks);
}
