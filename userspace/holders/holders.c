// SPDX-License-Identifier: GPL-2.0
/* Everything that keeps an nbd device. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/device.h"
#include "facts/text.h"
#include "holders/search.h"

/* The inode number of the first pid namespace is fixed in the kernel. */
#define INITIAL_PID_NS "pid:[4026531836]"

/* Return: the name, which has nothing in it that would not fit a path. */
static char *device_name(const struct text *text)
{
	char *name = value_copy(text_get(text, "device"));

	if (!name || strncmp(name, "nbd", 3) || !name[3] ||
	    name[3 + strspn(name + 3, "0123456789")] || strlen(name) > 16)
		fail(EXIT_DATA, "the device's file does not say which it is");
	return name;
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

static void name_and_sort(struct search *search)
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
	search_blocks(&search, text, name);
	search.tasks = task_list(source, &search.nr_tasks);
	search_tasks(&search);
	search_mounts(&search);
	search_devices(&search);
	search_partitions(&search);
	name_and_sort(&search);
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
