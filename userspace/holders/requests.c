// SPDX-License-Identifier: GPL-2.0
/*
 * Requests in flight that alone keep a device: their process has closed it, or
 * has nothing left but the wait for them. What is kept then is in use, and no
 * descriptor says so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "facts/aio.h"
#include "facts/io.h"
#include "facts/uring.h"
#include "holders/search.h"

/**
 * struct asked - requests that a block was asked for
 * @requests: how many
 * @of_device: of these, such as have the device open and not a file on it
 */
struct asked {
	unsigned int requests;
	unsigned int of_device;
};

static bool is_shown(const struct search *search, pid_t tgid,
		     const struct block *block)
{
	const struct holder *holder = search->holders->holder;
	size_t i;

	for (i = 0; i < search->holders->nr; i++, holder++)
		if ((holder->kind == HOLDER_PROCESS ||
		     holder->kind == HOLDER_THREAD) &&
		    (block ? !strcmp(holder->device, block->disk.name) :
			     holder->task.tgid == tgid))
			return true;
	return false;
}

static void count_line(const struct search *search, struct asked *asked,
		       const char *line)
{
	struct value device = text_field(line, "asked");
	size_t i;

	/* An older module only knows requests that nbd itself was asked for. */
	if (device.kind == VALUE_MISSING)
		device = text_field(line, "device");
	for (i = 0; i < search->nr_blocks; i++) {
		if (!value_is(device, search->block[i].disk.name))
			continue;
		asked[i].requests++;
		if (text_field(line, "fs").kind != VALUE_GIVEN)
			asked[i].of_device++;
	}
}

static struct holder *add_requests(struct search *search, size_t i,
				   enum holder_kind kind, const char *what,
				   const struct asked *asked)
{
	struct block *block = &search->block[i];
	struct holder *holder = search_add(search, kind, block);

	holder->what = say("%u %s request%s in flight", asked->requests, what,
			   asked->requests == 1 ? "" : "s");
	if (asked->of_device && search_is_own(search, block))
		search->holders->opens++;
	return holder;
}

/* ---- AIO ---- */

static void read_owner(const struct search *search,
		       const struct aio_owner *owner, struct task *task)
{
	bool waits = owner->kind == AIO_WAITER;
	uint64_t tgid = value_or_zero(text_field(owner->line,
						 waits ? "tgid" : "pid"));
	uint64_t tid = waits ? value_or_zero(text_field(owner->line, "tid")) :
			       tgid;

	memset(task, 0, sizeof(*task));
	if (tid && task_read(search->source, task, tgid, tid))
		task_read_sleep(search->source, task);
}

static void search_owner(struct search *search, const struct text *text,
			 const struct aio_owner *owner)
{
	struct asked *asked = check_memory(calloc(search->nr_blocks,
						  sizeof(*asked)));
	struct task task;
	size_t i;

	for (i = owner->first; i < owner->end; i++)
		if (!strcmp(text->line[i].key, "owed") ||
		    !strcmp(text->line[i].key, "unfound"))
			count_line(search, asked, text->line[i].value);
	for (i = 0; i < search->nr_blocks; i++) {
		if (!asked[i].requests)
			continue;
		read_owner(search, owner, &task);
		if (task.tid && is_shown(search, task.tgid, NULL))
			task_free(&task);
		else
			add_requests(search, i, HOLDER_AIO, "AIO",
				     &asked[i])->task = task;
	}
	free(asked);
}

static void search_aio(struct search *search)
{
	struct aio_owner owner;
	struct text text;
	size_t at = 0;

	if (aio_look(search->source, &text) == MODFILE_BROKEN)
		search->holders->broken = "aio";
	while (aio_next(&text, &at, &owner))
		search_owner(search, &text, &owner);
	text_free(&text);
}

/* ---- io_uring ---- */

static bool has_requests(const struct asked *asked, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (asked[i].requests)
			return true;
	return false;
}

/* A ring that no process has any more is named by the one that had it. */
static void add_ring(struct search *search, const struct uring_ring *ring,
		     size_t i, const struct asked *asked)
{
	struct holder *holder;
	char *whose;

	if (!uring_is_unowned(ring)) {
		holder = add_requests(search, i, HOLDER_URING, "io_uring",
				      asked);
		if (task_read(search->source, &holder->task, uring_pid(ring),
			      uring_pid(ring)))
			task_read_sleep(search->source, &holder->task);
		return;
	}
	whose = uring_name_unowned(ring);
	holder = add_requests(search, i, HOLDER_RING_UNOWNED, "io_uring", asked);
	free(holder->what);
	holder->what = say("a %s has %u request%s in flight", whose,
			   asked->requests, asked->requests == 1 ? "" : "s");
	free(whose);
}

/* Who has the ring and the device is shown by its descriptor. */
static void search_ring(struct search *search, const struct text *text,
			const struct uring_ring *ring)
{
	struct asked *asked = check_memory(calloc(search->nr_blocks,
						  sizeof(*asked)));
	size_t at = ring->owed, i;
	const char *line;

	while ((line = uring_owed(text, ring, &at)))
		count_line(search, asked, line);
	if (has_requests(asked, search->nr_blocks) &&
	    (uring_is_unowned(ring) ||
	     !is_shown(search, uring_pid(ring), NULL)))
		for (i = 0; i < search->nr_blocks; i++)
			if (asked[i].requests)
				add_ring(search, ring, i, &asked[i]);
	free(asked);
}

static void search_rings(struct search *search, const struct text *text)
{
	struct uring_ring ring = {};

	while (uring_next(text, &ring))
		search_ring(search, text, &ring);
}

/* Of an older module: whose ring it is the file io does not say. */
static void search_rings_by_io(struct search *search)
{
	struct asked *asked = check_memory(calloc(search->nr_blocks,
						  sizeof(*asked)));
	const char *line;
	struct text text;
	size_t at = 0, i;

	if (io_look(search->source, &text) == MODFILE_BROKEN)
		search->holders->broken = "io";
	while ((line = text_next(&text, "request", &at)))
		if (value_is(text_field(line, "who"), "io-uring"))
			count_line(search, asked, line);
	for (i = 0; i < search->nr_blocks; i++)
		if (asked[i].requests &&
		    !is_shown(search, 0, &search->block[i]))
			add_requests(search, i, HOLDER_URING, "io_uring",
				     &asked[i]);
	text_free(&text);
	free(asked);
}

static void search_all_rings(struct search *search)
{
	struct text text;

	switch (uring_look(search->source, &text)) {
	case MODFILE_READ:
		search_rings(search, &text);
		break;
	case MODFILE_ABSENT:
		search_rings_by_io(search);
		break;
	case MODFILE_BROKEN:
		search->holders->broken = "uring";
		search_rings_by_io(search);
		break;
	}
	text_free(&text);
}

void search_requests(struct search *search)
{
	search_aio(search);
	search_all_rings(search);
}
