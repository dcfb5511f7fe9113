// SPDX-License-Identifier: GPL-2.0
/* Takes the lines of the file "devices" apart. */
#include <stdio.h>
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

static void print_value(FILE *out, struct value value)
{
	if (value.kind == VALUE_GIVEN)
		fprintf(out, "%.*s", (int)value.len, value.at);
	else if (value.kind == VALUE_UNKNOWN)
		fprintf(out, "-(%.*s)", (int)value.len, value.at);
	else
		fputc('-', out);
}

/* A free device has no sockets to count, whatever is counted of them. */
static struct value value_of(const char *line, size_t row, bool is_free)
{
	struct value value = text_field(line, rows[row].of_line);

	if (is_free && value.kind == VALUE_GIVEN &&
	    !strcmp(rows[row].key, "sockets"))
		value.kind = VALUE_NONE;
	return value;
}

void brief_parse(struct text *text, const char *line)
{
	bool is_free = value_is(text_field(line, "state"), "free");
	const char *key = "";
	struct value value;
	char *data = NULL;
	size_t size, i;
	FILE *out = check_memory(open_memstream(&data, &size));

	fputs("format: " TEXT_FORMAT, out);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		value = value_of(line, i, is_free);
		if (value.kind == VALUE_MISSING)
			continue;
		if (strcmp(key, rows[i].key))
			fprintf(out, "\n%s:", rows[i].key);
		key = rows[i].key;
		fputc(' ', out);
		if (rows[i].field)
			fprintf(out, "%s=", rows[i].field);
		print_value(out, value);
	}
	fputc('\n', out);
	if (fclose(out) || text_parse(text, data, size) == TEXT_NO_MEMORY)
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
