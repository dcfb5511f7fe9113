// SPDX-License-Identifier: GPL-2.0
/* nbddiag list: one row for each nbd device. */
#include <stdio.h>
#include <unistd.h>

#include "base/array_size.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "facts/device.h"
#include "facts/text.h"

enum {
	COL_NAME, COL_STATE, COL_SIZE, COL_SOCKS, COL_LIVE, COL_DEAD,
	COL_INFLIGHT, COL_OLDEST, COL_OPENERS, COL_PEER, COL_REASON,
	COL_ATTACHABLE, COL_WHY, COL_DEV, COL_RECEIVERS, COL_REFS, COL_FLAGS,
	COL_PEERS_AGREE, COL_HELD, COL_CONSISTENT,
};

#define RIGHT SCOLS_FL_RIGHT
#define CUT SCOLS_FL_TRUNC

static const struct column columns[] = {
	[COL_NAME] = { "NAME", "name of the device",
		SCOLS_JSON_STRING, 0, true },
	[COL_STATE] = { "STATE", "state, see nbddiag(4)",
		SCOLS_JSON_STRING, 0, true },
	[COL_SIZE] = { "SIZE", "capacity",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_SOCKS] = { "SOCKS", "sockets of its configuration",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_LIVE] = { "LIVE", "sockets that nbd has not marked dead",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_DEAD] = { "DEAD", "sockets that nbd has marked dead",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_INFLIGHT] = { "INFLIGHT", "requests in flight",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_OLDEST] = { "OLDEST", "age of the oldest request (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_OPENERS] = { "OPENERS", "how often it is open",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_PEER] = { "PEER", "name at the other end of the first named socket",
		SCOLS_JSON_STRING, CUT, true },
	[COL_REASON] = { "REASON", "why it is in this state",
		SCOLS_JSON_STRING, 0, false },
	[COL_ATTACHABLE] = { "ATTACHABLE", "would the kernel accept an attach",
		SCOLS_JSON_STRING, 0, false },
	[COL_WHY] = { "WHY", "why it is attachable or not",
		SCOLS_JSON_STRING, 0, false },
	[COL_DEV] = { "DEV", "major and minor number",
		SCOLS_JSON_STRING, 0, false },
	[COL_RECEIVERS] = { "RECEIVERS", "receiving workers",
		SCOLS_JSON_NUMBER, RIGHT, false },
	[COL_REFS] = { "REFS", "references on the configuration",
		SCOLS_JSON_NUMBER, RIGHT, false },
	[COL_FLAGS] = { "FLAGS", "runtime flags",
		SCOLS_JSON_STRING, 0, false },
	[COL_PEERS_AGREE] = { "PEERS-AGREE", "all sockets have one name at the other end",
		SCOLS_JSON_STRING, 0, false },
	[COL_HELD] = { "HELD", "live sockets that a process has open",
		SCOLS_JSON_NUMBER, RIGHT, false },
	[COL_CONSISTENT] = { "CONSISTENT", "was read with nbd's lock held",
		SCOLS_JSON_STRING, 0, false },
};

#define NR_COLUMNS ARRAY_SIZE(columns)

/* ---- a row ---- */

static void put_peer(struct table *table, struct libscols_line *line,
		     const struct text *text)
{
	struct device_peers peers;

	device_peers(text, &peers);
	if (peers.first.kind != VALUE_GIVEN)
		return;
	if (peers.rest && !table->options->json)
		table_put(table, line, COL_PEER, "%.*s and %zu others",
			  (int)peers.first.len, peers.first.at, peers.rest);
	else
		table_put_value(table, line, COL_PEER, peers.first);
}

static void put_sockets(struct table *table, struct libscols_line *line,
			const struct text *text)
{
	static const struct {
		size_t column;
		const char *field;
	} fields[] = {
		{ COL_SOCKS, "total" }, { COL_LIVE, "live" },
		{ COL_DEAD, "dead" }, { COL_HELD, "held" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		table_put_value(table, line, fields[i].column,
				text_key_field(text, "sockets",
					       fields[i].field));
}

static void put_device(struct table *table, const char *name,
		       const struct text *text)
{
	static const struct {
		size_t column;
		const char *key;
	} keys[] = {
		{ COL_STATE, "state" }, { COL_REASON, "state_reason" },
		{ COL_OPENERS, "openers" }, { COL_ATTACHABLE, "attachable" },
		{ COL_WHY, "attachable_reason" }, { COL_DEV, "dev" },
		{ COL_RECEIVERS, "recv_threads" }, { COL_REFS, "config_refs" },
		{ COL_FLAGS, "runtime_flags" },
		{ COL_PEERS_AGREE, "peers_agree" },
		{ COL_CONSISTENT, "consistent" },
	};
	struct libscols_line *line = table_line(table, NULL);
	size_t i;

	table_put(table, line, COL_NAME, "%s", name);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		table_put_value(table, line, keys[i].column,
				text_get(text, keys[i].key));
	table_put_size(table, line, COL_SIZE, text_get(text, "capacity_bytes"));
	put_sockets(table, line, text);
	table_put_value(table, line, COL_INFLIGHT,
			text_key_field(text, "requests", "inflight"));
	table_put_age(table, line, COL_OLDEST,
		      text_key_field(text, "requests", "oldest_age_ns"));
	put_peer(table, line, text);
}

/* ---- the table ---- */

static void list_once(const struct options *options)
{
	char **names = device_names(&options->source), **name;
	struct table table;
	struct text text;

	table_begin(&table, "devices", columns, NR_COLUMNS, options);
	for (name = names; *name; name++) {
		if (!device_try_read(&options->source, &text, *name))
			continue;
		if (options->all || !value_is(text_get(&text, "state"), "free"))
			put_device(&table, *name, &text);
		text_free(&text);
	}
	source_free_names(names);
	table_print(&table);
}

int cmd_list(const struct options *options)
{
	if (options->list_columns) {
		table_list_columns(columns, NR_COLUMNS);
		return 0;
	}
	list_once(options);
	while (options->watch_s) {
		fflush(stdout);
		sleep(options->watch_s);
		/* Home, and clear what is below. */
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		list_once(options);
	}
	return 0;
}
