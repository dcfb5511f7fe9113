// SPDX-License-Identifier: GPL-2.0
/* The file uring: every io_uring, and who owes its requests. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "facts/uring.h"

/* ---- reading ---- */

/* The head says how many rings and requests there are. */
static bool is_whole(const struct text *text)
{
	uint64_t rings, owed;

	return text_get(text, "complete").kind != VALUE_MISSING &&
	       value_number(text_key_field(text, "rings", "shown"), &rings) &&
	       value_number(text_key_field(text, "rings", "owed"), &owed) &&
	       text_count(text, "ring") == rings &&
	       text_count(text, "owed") == owed;
}

void uring_read(const struct source *source, struct text *text)
{
	modfile_read_whole(source, text, "uring", is_whole);
}

enum modfile_found uring_look(const struct source *source, struct text *text)
{
	return modfile_look_whole(source, text, "uring", is_whole);
}

/* ---- rings ---- */

static uint64_t ring_of(const char *line)
{
	return value_or_zero(text_field(line, "ring"));
}

/* The requests are in the order of their rings, so nothing is looked at twice. */
static void skip_owed(const struct text *text, struct uring_ring *ring)
{
	const char *line;
	size_t at = ring->owed;

	while ((line = text_next(text, "owed", &at)) &&
	       ring_of(line) < ring->number)
		ring->owed = at;
	if (!line)
		ring->owed = text->nr;
}

bool uring_next(const struct text *text, struct uring_ring *ring)
{
	ring->line = text_next(text, "ring", &ring->at);
	if (!ring->line)
		return false;
	ring->number = ring_of(ring->line);
	skip_owed(text, ring);
	return true;
}

const char *uring_owed(const struct text *text, const struct uring_ring *ring,
		       size_t *at)
{
	const char *line = text_next(text, "owed", at);

	return line && ring_of(line) == ring->number ? line : NULL;
}

void uring_rests(const struct text *text, const struct uring_ring *ring,
		 struct rests *rests)
{
	size_t at = ring->owed;
	const char *line;

	memset(rests, 0, sizeof(*rests));
	while ((line = uring_owed(text, ring, &at)))
		rests_add(rests, line);
}

unsigned int uring_count_at(const struct text *text,
			    const struct uring_ring *ring, const char *device)
{
	size_t at = ring->owed;
	unsigned int nr = 0;
	const char *line;

	while ((line = uring_owed(text, ring, &at)))
		nr += rest_concerns(line, device);
	return nr;
}

bool uring_is_unowned(const struct uring_ring *ring)
{
	return value_is(text_field(ring->line, "owner"), "none");
}

/* Who has its number by now need not be it, so /proc cannot tell. */
bool uring_is_closed(const struct uring_ring *ring)
{
	return uring_is_unowned(ring) &&
	       value_is(text_field(ring->line, "ended"), "no");
}

pid_t uring_pid(const struct uring_ring *ring)
{
	uint64_t pid = value_or_zero(text_field(ring->line, "pid"));

	return pid <= INT_MAX ? (pid_t)pid : 0;
}

uint64_t uring_waits_for(const struct uring_ring *ring)
{
	uint64_t inflight, owed;

	owed = value_or_zero(text_field(ring->line, "owed"));
	if (!value_number(text_field(ring->line, "inflight"), &inflight))
		return owed;
	return inflight > owed ? inflight : owed;
}

char *uring_name(const struct uring_ring *ring)
{
	struct value comm = text_field(ring->line, "comm");
	pid_t pid = uring_pid(ring);

	if (!pid || comm.kind != VALUE_GIVEN)
		return say("a process that is not known");
	return say("%.*s[%d]", (int)comm.len, comm.at, (int)pid);
}

char *uring_name_unowned(const struct uring_ring *ring)
{
	char *name, *text;

	if (text_field(ring->line, "ended").kind != VALUE_GIVEN)
		return say("ring that no process has open");
	name = uring_name(ring);
	if (uring_is_closed(ring))
		text = say("ring that %s has closed", name);
	else
		text = say("ring of %s, which is gone,", name);
	free(name);
	return text;
}
