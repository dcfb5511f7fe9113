// SPDX-License-Identifier: GPL-2.0
/* Everything that keeps an nbd device: puts it together; swap, dm, md, loop. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/array_size.h"
#include "base/escape.h"
#include "base/fail.h"
#include "facts/device.h"
#include "facts/text.h"
#include "holders/search.h"

/* The inode number of the first pid namespace is fixed in the kernel. */
#define INITIAL_PID_NS "pid:[4026531836]"

const char *holder_kind_name(enum holder_kind kind)
{
	static const char *const names[] = {
		[HOLDER_PROCESS] = "process", [HOLDER_THREAD] = "thread",
		[HOLDER_MOUNT] = "mount", [HOLDER_SWAP] = "swap",
		[HOLDER_PARTITION] = "partition", [HOLDER_DEVICE] = "holder",
	};

	return names[kind];
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

/* Return: the name, which has nothing in it that would not fit a path. */
static char *device_name(const struct text *text)
{
	char *name = value_copy(text_get(text, "device"));

	if (!name || strncmp(name, "nbd", 3) || !name[3] ||
	    name[3 + strspn(name + 3, "0123456789")] || strlen(name) > 16)
		fail(EXIT_DATA, "the device's file does not say which it is");
	return name;
}

static void find_blocks(struct search *search, const struct text *text,
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

/* ---- swap ---- */

void unescape_octal(char *path)
{
	char *to = path;
	unsigned int c;

	while (*path) {
		if (*path == '\\' && strspn(path + 1, "01234567") >= 3 &&
		    sscanf(path + 1, "%3o", &c) == 1 && c) {
			*to++ = c;
			path += 4;
		} else {
			*to++ = *path++;
		}
	}
	*to = '\0';
}

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
	char *data, *line, *save = NULL;
	struct block *block;
	size_t size;

	data = source_read(search->source, "proc/swaps", &size);
	for (line = data ? strtok_r(data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, " \t")] = '\0';
		unescape_octal(line);
		block = find_swap(search, line);
		if (!block)
			continue;
		search_add(search, HOLDER_SWAP, block)->what =
			escape_copy(line, strlen(line));
		search->holders->opens++;
	}
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

static void search_devices(struct search *search)
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

static void search_partitions(struct search *search)
{
	size_t i;

	for (i = 1; i < search->nr_blocks; i++)
		if (search->block[i].used)
			search_add(search, HOLDER_PARTITION, &search->block[i]);
}

/* ---- all of it ---- */

static int by_kind(const void *a, const void *b)
{
	const struct holder *first = a, *second = b;
	int kind = (first->kind > HOLDER_THREAD ? first->kind : 0) -
		   (second->kind > HOLDER_THREAD ? second->kind : 0);

	if (kind)
		return kind;
	if (first->task.tgid != second->task.tgid)
		return first->task.tgid < second->task.tgid ? -1 : 1;
	if (first->task.tid != second->task.tid)
		return first->task.tid < second->task.tid ? -1 : 1;
	kind = strverscmp(first->device, second->device);
	return kind ? kind : strcmp(first->what, second->what);
}

static void finish(struct search *search)
{
	struct holders *holders = search->holders;
	struct holder *holder = holders->holder;
	size_t i;

	for (i = 0; i < holders->nr; i++)
		if (!holder[i].what)
			holder[i].what =
				check_memory(strdup(holder[i].device));
	if (holders->nr)
		qsort(holder, holders->nr, sizeof(*holder), by_kind);
}

/* Who closed it since it was read is none of those that were not found. */
static void count_again(struct search *search, const struct text *text)
{
	struct holders *holders = search->holders;
	struct text later;
	size_t nr;

	holders->openers = value_or_zero(text_get(text, "openers"));
	if (holders->openers <= holders->opens ||
	    !device_try_read(search->source, &later, search->block->name))
		return;
	nr = value_or_zero(text_get(&later, "openers"));
	text_free(&later);
	if (nr < holders->openers)
		holders->openers = nr;
}

static bool is_foreign_pids(const struct source *source)
{
	char *link = source_link(source, "proc/self/ns/pid");
	bool foreign = !link || strcmp(link, INITIAL_PID_NS);

	free(link);
	return foreign;
}

void holders_find(const struct source *source, struct holders *holders,
		  const struct text *text)
{
	struct search search = { .source = source, .holders = holders };
	char *name = device_name(text);

	memset(holders, 0, sizeof(*holders));
	find_blocks(&search, text, name);
	search.tasks = task_list(source, &search.nr_tasks);
	search_tasks(&search);
	search_mounts(&search);
	search_swap(&search);
	search_devices(&search);
	search_loops(&search);
	search_partitions(&search);
	finish(&search);
	count_again(&search, text);
	holders->foreign_pids = is_foreign_pids(source);
	free(search.tasks);
	free(search.block);
	free(name);
}

bool holders_complete(const struct holders *holders)
{
	return !holders->unreadable && !holders->foreign_pids &&
	       holders->openers <= holders->opens;
}

void holders_free(struct holders *holders)
{
	size_t i;

	for (i = 0; i < holders->nr; i++) {
		task_free(&holders->holder[i].task);
		free(holders->holder[i].fds);
		free(holders->holder[i].what);
		free(holders->holder[i].path);
	}
	free(holders->holder);
	memset(holders, 0, sizeof(*holders));
}
