// SPDX-License-Identifier: GPL-2.0
/* Takes the file aio apart into owners, and adds up what each of them has. */
#include <stdio.h>
#include <string.h>

#include "facts/aio.h"
#include "facts/modfile.h"
#include "facts/text.h"

/* ---- reading ---- */

/* As many as the head says, or it does not know how many. */
static bool has_contexts(const struct text *text)
{
	static const char * const states[] = { "live", "dying", "ownerless" };
	uint64_t want = 0;
	struct value nr;
	size_t i;

	for (i = 0; i < 3; i++) {
		nr = text_key_field(text, "contexts", states[i]);
		if (nr.kind == VALUE_UNKNOWN)
			return true;
		want += value_or_zero(nr);
	}
	return text_count(text, "context") == want;
}

static bool is_whole(const struct text *text)
{
	return text_get(text, "complete").kind != VALUE_MISSING &&
	       has_contexts(text) &&
	       value_allows(text_get(text, "waiters"),
			    text_count(text, "waiter"));
}

void aio_read(const struct source *source, struct text *text, bool deep)
{
	modfile_read_whole(source, text, deep ? "aio_scan" : "aio", is_whole);
}

enum modfile_found aio_look(const struct source *source, struct text *text)
{
	return modfile_look_whole(source, text, "aio", is_whole);
}

/* ---- adding up ---- */

static struct aio_device *device_of(struct aio_owner *owner, struct value name)
{
	unsigned int i;

	for (i = 0; i < owner->nr_devices; i++)
		if (value_is(name, owner->device[i].name))
			return &owner->device[i];
	if (name.kind != VALUE_GIVEN || name.len >= AIO_DEVICE_LEN)
		return NULL;
	if (owner->nr_devices == AIO_DEVICES) {
		owner->has_others = true;
		return NULL;
	}
	memcpy(owner->device[i].name, name.at, name.len);
	owner->nr_devices++;
	return &owner->device[i];
}

static void note_unknown(struct value *why, struct value value)
{
	if (value.kind == VALUE_UNKNOWN && why->kind == VALUE_MISSING)
		*why = value;
}

static void add_context(struct aio_owner *owner, const char *line)
{
	uint64_t inflight, oldest;

	owner->contexts++;
	owner->max_reqs += value_or_zero(text_field(line, "max_reqs"));
	owner->unreaped += value_or_zero(text_field(line, "unreaped"));
	note_unknown(&owner->why_no_unreaped, text_field(line, "unreaped"));
	note_unknown(&owner->why_no_inflight, text_field(line, "inflight"));
	if (value_number(text_field(line, "inflight"), &inflight))
		owner->inflight += inflight;
	else
		owner->inflight_known = false;
	owner->owed += value_or_zero(text_field(line, "owed"));
	oldest = value_or_zero(text_field(line, "oldest_age_ns"));
	if (oldest > owner->oldest_ns)
		owner->oldest_ns = oldest;
}

static void add_line(struct aio_owner *owner, const struct text_line *line)
{
	struct aio_device *device;

	if (!strcmp(line->key, "context")) {
		add_context(owner, line->value);
	} else if (!strcmp(line->key, "owed")) {
		device = device_of(owner, text_field(line->value, "device"));
		if (device)
			device->requests++;
		else
			owner->others++;
	} else if (!strcmp(line->key, "candidate")) {
		device_of(owner, text_field(line->value, "device"));
	} else if (!strcmp(line->key, "unfound")) {
		device = device_of(owner, text_field(line->value, "asked"));
		if (device)
			device->unfound++;
	} else if (!strcmp(line->key, "owed_by")) {
		const char *reason = strstr(line->value, " -(");

		owner->not_found +=
			value_or_zero(text_field(line->value, "requests"));
		if (reason)
			owner->why_not_found = (struct value){
				VALUE_GIVEN, reason + 3, strlen(reason) - 4,
			};
	}
}

/* ---- blocks ---- */

/* Return: whether a line starts_block a block, and of which kind. */
static bool starts_block(const struct text_line *line, enum aio_owner_kind *kind)
{
	if (!strcmp(line->key, "waiter"))
		*kind = AIO_WAITER;
	else if (!strcmp(line->key, "space"))
		*kind = AIO_SPACE;
	else if (!strcmp(line->key, "context") &&
		 text_field(line->value, "pid").kind != VALUE_GIVEN)
		*kind = AIO_UNOWNED;
	else
		return false;
	return true;
}

bool aio_next(const struct text *text, size_t *at, struct aio_owner *owner)
{
	enum aio_owner_kind kind;
	size_t i = *at;

	memset(owner, 0, sizeof(*owner));
	owner->inflight_known = true;
	while (i < text->nr && !starts_block(&text->line[i], &owner->kind))
		i++;
	if (i == text->nr)
		return false;
	owner->line = text->line[i].value;
	owner->first = owner->kind == AIO_UNOWNED ? i : i + 1;
	if (owner->kind == AIO_UNOWNED)
		add_line(owner, &text->line[i]);
	for (i++; i < text->nr && !starts_block(&text->line[i], &kind); i++)
		add_line(owner, &text->line[i]);
	owner->end = i;
	*at = i;
	return true;
}

void aio_rests(const struct text *text, const struct aio_owner *owner,
	       struct rests *rests)
{
	size_t i;

	memset(rests, 0, sizeof(*rests));
	for (i = owner->first; i < owner->end; i++)
		if (!strcmp(text->line[i].key, "owed"))
			rests_add(rests, text->line[i].value);
}

bool aio_concerns(const struct text *text, const struct aio_owner *owner,
		  const char *device)
{
	const struct text_line *line;
	size_t i;

	for (i = owner->first; i < owner->end; i++) {
		line = &text->line[i];
		if ((!strcmp(line->key, "owed") ||
		     !strcmp(line->key, "unfound") ||
		     !strcmp(line->key, "candidate")) &&
		    rest_concerns(line->value, device))
			return true;
	}
	return false;
}
