// SPDX-License-Identifier: GPL-2.0
/* Takes the lines of the file "devices" apart. */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "facts/brief.h"

/* The keys of a device's file, and which fields of its line they are. */
static const struct {
	const char *key;
	const char *field;
	const char *of_line;
} rows[] = {
	{ "device", NULL, "name" },
	{ "state", NULL, "state" },
	{ "state_reason", NULL, "state_reason" },
	{ "attachable", NULL, "attachable" },
	{ "attachable_reason", NULL, "attachable_reason" },
	{ "consistent", NULL, "consistent" },
	{ "openers", NULL, "openers" },
	{ "config_refs", NULL, "config_refs" },
	{ "capacity_bytes", NULL, "capacity_bytes" },
	{ "device_flags", NULL, "device_flags" },
	{ "sockets", "total", "sockets" },
	{ "sockets", "live", "live" },
	{ "sockets", "dead", "dead" },
	{ "requests", "inflight", "inflight" },
	{ "requests", "oldest_age_ns", "oldest_age_ns" },
	{ "socket", "peer", "peer" },
	/* These that file has not. */
	{ "peers_named", NULL, "peers_named" },
	{ "peers_differing", NULL, "peers_differing" },
};

/* Room for a row's key, field and what is put around its value. */
#define ROW_LEN 48

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

static char *put_rows(char *at, const struct value *values)
{
	const char *key = "";
	size_t i;

	at = stpcpy(at, "format: " TEXT_FORMAT);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (values[i].kind == VALUE_MISSING)
			continue;
		if (strcmp(key, rows[i].key)) {
			key = rows[i].key;
			*at++ = '\n';
			at = stpcpy(at, key);
			*at++ = ':';
		}
		*at++ = ' ';
		if (rows[i].field) {
			at = stpcpy(at, rows[i].field);
			*at++ = '=';
		}
		at = put_value(at, values[i]);
	}
	*at++ = '\n';
	return at;
}

void brief_parse(struct text *text, const char *line)
{
	struct value values[ARRAY_SIZE(rows)];
	char *data = check_memory(malloc(strlen(line) +
					 (ARRAY_SIZE(rows) + 1) * ROW_LEN));

	find_values(values, line);
	if (value_is(text_field(line, "state"), "free"))
		drop_sockets(values);
	if (text_parse(text, data, put_rows(data, values) - data) ==
	    TEXT_NO_MEMORY)
		fail(EXIT_SYSTEM, "out of memory");
}

bool brief_is_free(const char *line)
{
	return value_is(text_field(line, "state"), "free") &&
	       value_is(text_field(line, "attachable"), "yes") &&
	       value_is(text_field(line, "consistent"), "yes");
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
