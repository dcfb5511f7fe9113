// SPDX-License-Identifier: GPL-2.0
/* Takes the lines of the file "devices" apart. */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "facts/brief.h"

/*
 * The keys of a device's file, and which fields of its line they are, in the order of
 * the line as far as the fields of a key allow that: so each is found where it is
 * looked for first.
 */
static const struct {
	const char *key;
	const char *field;
	const char *of_line;
} rows[] = {
	{ "device", NULL, "name" },
	{ "state", NULL, "state" },
	{ "attachable", NULL, "attachable" },
	{ "sockets", "total", "sockets" },
	{ "sockets", "live", "live" },
	{ "sockets", "dead", "dead" },
	{ "requests", "inflight", "inflight" },
	{ "requests", "oldest_age_ns", "oldest_age_ns" },
	{ "config_refs", NULL, "config_refs" },
	{ "consistent", NULL, "consistent" },
	{ "state_reason", NULL, "state_reason" },
	{ "attachable_reason", NULL, "attachable_reason" },
	{ "capacity_bytes", NULL, "capacity_bytes" },
	{ "openers", NULL, "openers" },
	{ "socket", "peer", "peer" },
	/* These that file has not. */
	{ "peers_named", NULL, "peers_named" },
	{ "peers_differing", NULL, "peers_differing" },
	{ "device_flags", NULL, "device_flags" },
};

/*
 * The row of a field, looked for from the one on that is likely: for the most part
 * they come in this order. Return: as many as there are rows if it has none.
 */
static size_t row_of(const struct field *field, size_t likely)
{
	size_t i, row;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		row = (likely + i) % ARRAY_SIZE(rows);
		if (field_is(field, rows[row].of_line))
			return row;
	}
	return i;
}

static void find_values(struct value *values, const char *line)
{
	struct field field;
	size_t i, row = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		values[i].kind = VALUE_MISSING;
	while (text_take_field(&line, &field)) {
		i = row_of(&field, row);
		if (i == ARRAY_SIZE(rows))
			continue;
		row = i + 1;
		if (values[i].kind == VALUE_MISSING)
			values[i] = field.value;
	}
}

/* A free device has no sockets to count, whatever is counted of them. */
static void drop_sockets(struct value *values)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (values[i].kind == VALUE_GIVEN &&
		    !strcmp(rows[i].key, "sockets"))
			values[i].kind = VALUE_NONE;
}

static char *put_value(char *at, struct value value)
{
	if (value.kind == VALUE_GIVEN)
		return mempcpy(at, value.at, value.len);
	*at++ = '-';
	if (value.kind != VALUE_UNKNOWN)
		return at;
	*at++ = '(';
	at = mempcpy(at, value.at, value.len);
	*at++ = ')';
	return at;
}

/* Each key has a line, with all of its fields. */
static void put_rows(struct text *text, const struct value *values)
{
	struct text_line *line = NULL;
	char *at = text->buffer;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (values[i].kind == VALUE_MISSING)
			continue;
		if (line && !strcmp(line->key, rows[i].key)) {
			at[-1] = ' ';
		} else {
			line = &text->line[text->nr++];
			line->key = rows[i].key;
			line->value = at;
		}
		if (rows[i].field) {
			at = stpcpy(at, rows[i].field);
			*at++ = '=';
		}
		at = put_value(at, values[i]);
		*at++ = '\0';
	}
}

void brief_parse(struct text *text, const char *line)
{
	struct value values[ARRAY_SIZE(rows)];

	find_values(values, line);
	if (value_is(text_field(line, "state"), "free"))
		drop_sockets(values);
	*text = (struct text){
		.line = check_memory(calloc(ARRAY_SIZE(rows),
					    sizeof(*text->line))),
		/* No field gets longer, but that an empty one may become "-". */
		.buffer = check_memory(malloc(strlen(line) +
					      ARRAY_SIZE(rows) + 1)),
	};
	put_rows(text, values);
}

/* Most lines are of free devices: this is one pass, and ends early. */
bool brief_is_free(const char *line)
{
	bool is_free = false, is_attachable = false;
	struct field field;

	while (text_take_field(&line, &field)) {
		if (field_is(&field, "state")) {
			is_free = value_is(field.value, "free");
			if (!is_free)
				break;
		} else if (field_is(&field, "attachable")) {
			is_attachable = value_is(field.value, "yes");
			if (!is_attachable)
				break;
		} else if (field_is(&field, "consistent")) {
			return is_free && is_attachable &&
			       value_is(field.value, "yes");
		}
	}
	return false;
}

const char *brief_find(const struct text *devices, const char *name,
		       size_t *at)
{
	const char *line;
	size_t tries;

	for (tries = 0; tries < 2; tries++) {
		while ((line = text_next(devices, "device", at)))
			if (value_is(text_field(line, "name"), name))
				return line;
		*at = 0;
	}
	return NULL;
}

bool brief_peers(const struct text *text, struct device_peers *peers)
{
	struct value peer = text_key_field(text, "socket", "peer");
	uint64_t all = value_or_zero(text_key_field(text, "sockets", "live")) +
		       value_or_zero(text_key_field(text, "sockets", "dead"));
	uint64_t named, differing;

	memset(peers, 0, sizeof(*peers));
	if (peer.kind == VALUE_NONE || peer.kind == VALUE_UNKNOWN)
		return true;
	if (peer.kind == VALUE_MISSING ||
	    !value_number(text_get(text, "peers_named"), &named) ||
	    !value_number(text_get(text, "peers_differing"), &differing) ||
	    differing > named || named > all)
		return false;
	if (device_is_peer(peer))
		peers->first = peer;
	peers->rest = all - named + differing;
	return true;
}
