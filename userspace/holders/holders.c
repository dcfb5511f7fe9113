// SPDX-License-Identifier: GPL-2.0
/* Everything that keeps a block device, and what lies on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/device.h"
#include "facts/text.h"
#include "holders/search.h"

/* The inode number of the first pid namespace is fixed in the kernel. */
#define INITIAL_PID_NS "pid:[4026531836]"

/* The file says both, so that nothing depends on sysfs. */
static void read_disk(const struct text *text, struct disk *disk)
{
	char *name = value_copy(text_get(text, "device"));
	char *number = value_copy(text_get(text, "dev"));

	if (!name || strncmp(name, "nbd", 3) || !name[3] ||
	    name[3 + strspn(name + 3, "0123456789")] || strlen(name) > 16)
		fail(EXIT_DATA, "the device's file does not say which it is");
	if (!number ||
	    sscanf(number, "%u:%u", &disk->major, &disk->minor) != 2)
		fail(EXIT_DATA, "the file of %s does not say its number", name);
	snprintf(disk->name, sizeof(disk->name), "%s", name);
	memcpy(disk->whole, disk->name, sizeof(disk->whole));
	free(number);
	free(name);
}

static bool is_partition(const struct block *block)
{
	return strcmp(block->disk.name, block->disk.whole);
}

static void search_partitions(struct search *search)
{
	size_t i;

	for (i = 1; i < search->nr_blocks; i++)
		if (search->block[i].used && is_partition(&search->block[i]))
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

static void name_and_sort(struct search *search)
{
	struct holders *holders = search->holders;
	struct holder *holder = holders->holder;
	size_t i;

	for (i = 0; i < holders->nr; i++) {
		if (holder[i].what)
			continue;
		holder[i].what = disk_map_name(search->source,
					       holder[i].device);
		if (!holder[i].what)
			holder[i].what =
				check_memory(strdup(holder[i].device));
	}
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
	    !device_try_read(search->source, &later,
			     search->block->disk.name))
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

static void search_all(struct search *search, const struct disk *disk)
{
	memset(search->holders, 0, sizeof(*search->holders));
	search_blocks(search, disk);
	search->tasks = task_list(search->source, &search->nr_tasks);
	search_tasks(search);
	search_mounts(search);
	search_devices(search);
	search_partitions(search);
	search_requests(search);
	name_and_sort(search);
	search->holders->foreign_pids = is_foreign_pids(search->source);
}

void holders_find(const struct source *source, struct holders *holders,
		  const struct text *text)
{
	struct search search = { .source = source, .holders = holders };
	struct disk disk;

	read_disk(text, &disk);
	search_all(&search, &disk);
	count_again(&search, text);
	holders->shared = !source->live && holders->openers &&
		holders->descriptors > holders->openers;
	search_free(&search);
}

void holders_find_disk(const struct source *source, struct holders *holders,
		       const struct disk *disk)
{
	struct search search = { .source = source, .holders = holders };

	search_all(&search, disk);
	search_free(&search);
}

bool holders_complete(const struct holders *holders)
{
	return !holders->unreadable && !holders->foreign_pids &&
	       !holders->broken &&
	       !holders->shared && !holders->uncompared &&
	       holders->openers <= holders->opens;
}

void holders_free(struct holders *holders)
{
	size_t i;

	for (i = 0; i < holders->nr; i++) {
		task_free(&holders->holder[i].task);
		free(holders->holder[i].via);
		free(holders->holder[i].fds);
		free(holders->holder[i].what);
		free(holders->holder[i].path);
	}
	free(holders->holder);
	memset(holders, 0, sizeof(*holders));
}
