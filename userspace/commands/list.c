// SPDX-License-Identifier: GPL-2.0
/* nbddiag list: one row for each nbd device. */
#include "base/array_size.h"
#include "base/say.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "commands/watch.h"
#include "facts/device.h"
#include "facts/text.h"

#define RIGHT SCOLS_FL_RIGHT
#define CUT SCOLS_FL_TRUNC

/* The first peer; that there are others only people are told. */
static char *say_peer(const struct options *options, const void *data)
{
	struct device_peers peers;

	device_peers(data, &peers);
	if (peers.rest && !options->json && peers.first.kind == VALUE_GIVEN)
		return say("%.*s and %zu others", (int)peers.first.len,
			   peers.first.at, peers.rest);
	return value_copy(peers.first);
}

static const struct column columns[] = {
	{ "NAME", "name of the device",
		SCOLS_JSON_STRING, 0, true,
		.key = "device" },
	{ "STATE", "state, see nbddiag(4)",
		SCOLS_JSON_STRING, 0, true,
		.key = "state" },
	{ "SIZE", "capacity",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "capacity_bytes", .unit = UNIT_SIZE },
	{ "SOCKS", "sockets of its configuration",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "sockets", .field = "total" },
	{ "LIVE", "sockets that nbd has not marked dead",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "sockets", .field = "live" },
	{ "DEAD", "sockets that nbd has marked dead",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "sockets", .field = "dead" },
	{ "INFLIGHT", "requests in flight",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "requests", .field = "inflight" },
	{ "OLDEST", "age of the oldest request (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "requests", .field = "oldest_age_ns", .unit = UNIT_AGE },
	{ "OPENERS", "how often it is open",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "openers" },
	{ "PEER", "name at the other end of the first named socket",
		SCOLS_JSON_STRING, CUT, true,
		.say = say_peer },
	{ "REASON", "why it is in this state",
		SCOLS_JSON_STRING, 0, false,
		.key = "state_reason" },
	{ "ATTACHABLE", "would the kernel accept an attach",
		SCOLS_JSON_STRING, 0, false,
		.key = "attachable" },
	{ "WHY", "why it is attachable or not",
		SCOLS_JSON_STRING, 0, false,
		.key = "attachable_reason" },
	{ "DEV", "major and minor number",
		SCOLS_JSON_STRING, 0, false,
		.key = "dev" },
	{ "RECEIVERS", "receiving workers",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.key = "recv_threads" },
	{ "REFS", "references on the configuration",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.key = "config_refs" },
	{ "FLAGS", "runtime flags",
		SCOLS_JSON_STRING, 0, false,
		.key = "runtime_flags" },
	{ "PEERS-AGREE", "all sockets have one name at the other end",
		SCOLS_JSON_STRING, 0, false,
		.key = "peers_agree" },
	{ "HELD", "live sockets that a process has open",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.key = "sockets", .field = "held" },
	{ "CONSISTENT", "was read with nbd's lock held",
		SCOLS_JSON_STRING, 0, false,
		.key = "consistent" },
};

/* ---- the table ---- */

static void put_device(struct table *table, const struct text *text)
{
	const struct row row = { .text = text, .data = text };

	table_put_row(table, table_line(table, NULL), &row);
}

static int list_once(const struct options *options)
{
	char **names = device_names(&options->source), **name;
	struct table table;
	struct text text;

	table_start(&table, "devices", columns,
		    ARRAY_SIZE(columns), options);
	for (name = names; *name; name++) {
		if (!device_try_read(&options->source, &text, *name))
			continue;
		if (options->all || !value_is(text_get(&text, "state"), "free"))
			put_device(&table, &text);
		text_free(&text);
	}
	source_free_names(names);
	table_print(&table);
	return 0;
}

static int list_run(const struct options *options)
{
	return watch_run(options, list_once);
}

static const struct option_row options[] = {
	OPTION('a', "all", all, "free devices too"),
	OPTION('b', "bytes", bytes, "sizes as plain numbers"),
	OPTION_WATCH,
	{}
};

const struct command command_list = {
	.name = "list",
	.run = list_run,
	.takes = "",
	.options = options,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "one row for each nbd device that is not free (the default)",
};
