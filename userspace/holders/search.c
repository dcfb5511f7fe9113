// SPDX-License-Identifier: GPL-2.0
/* What the search for holders has found, and what it looks for. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/text.h"
#include "holders/search.h"

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
	memcpy(holder->device, block->name, sizeof(holder->device));
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
		if (block->major == major && block->minor == minor)
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
		if (!strcmp(path + 5, block->name))
			return block;
	return NULL;
}

static void add_block(struct search *search, const char *name,
		      const char *number)
{
	struct block block = {};

	if (!number || strlen(name) >= sizeof(block.name) ||
	    sscanf(number, "%u:%u", &block.major, &block.minor) != 2)
		return;
	snprintf(block.name, sizeof(block.name), "%s", name);
	search->block = check_memory(reallocarray(search->block,
						  search->nr_blocks + 1,
						  sizeof(block)));
	search->block[search->nr_blocks++] = block;
}

void search_blocks(struct search *search, const struct text *text,
		   const char *name)
{
	char path[PATH_MAX], prefix[32], **names, **at, *number;

	number = value_copy(text_get(text, "dev"));
	add_block(search, name, number);
	free(number);
	if (!search->nr_blocks)
		fail(EXIT_DATA, "the file of %s does not say its number", name);
	snprintf(path, sizeof(path), "sys/block/%s", name);
	snprintf(prefix, sizeof(prefix), "%sp", name);
	names = source_names(search->source, path, prefix);
	for (at = names; at && *at; at++) {
		snprintf(path, sizeof(path), "sys/block/%s/%s/dev", name, *at);
		number = source_line(search->source, path);
		add_block(search, *at, number);
		free(number);
	}
	source_free_names(names);
}
