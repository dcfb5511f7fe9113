// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag list: one row for each nbd device. The file "devices" says it all in
 * one read; the file of a device is read only for what is not there: for other
 * columns, to see who serves a device that is slow to answer, or because the
 * module is an older one.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/document.h"
#include "base/fail.h"
#include "base/say.h"
#include "commands/commands.h"
#include "commands/list_find.h"
#include "commands/table.h"
#include "commands/watch.h"
#include "facts/brief.h"
#include "facts/device.h"
#include "facts/modfile.h"
#include "facts/text.h"
#include "holders/server.h"
#include "verdict/judge.h"
#include "verdict/mixed.h"

#define RIGHT SCOLS_FL_RIGHT
#define CUT SCOLS_FL_TRUNC

/**
 * struct listed - a device that has a row
 * @name: its name
 * @text: its file, or what "devices" says of it
 * @peers: the names at the other ends of its sockets
 * @verdict: what check would say, with a word if it was judged
 * @is_mixed: it is served by different volumes
 */
struct listed {
	const char *name;
	struct text text;
	struct device_peers peers;
	struct verdict verdict;
	bool is_mixed;
};

static char *say_verdict(const struct options *options, const void *data)
{
	const struct listed *listed = data;

	return listed->verdict.word ?
		check_memory(strdup(listed->verdict.word)) : NULL;
}

static const char *color_verdict(const void *data)
{
	const struct listed *listed = data;

	if (listed->is_mixed)
		return "red";
	switch (listed->verdict.word ? (int)listed->verdict.status : -1) {
	case VERDICT_STUCK:
		return "red";
	case VERDICT_UNKNOWN:
		return "yellow";
	case VERDICT_IN_USE:
		return "green";
	default:
		return NULL;
	}
}

/* The first peer; that there are others only people are told. */
static char *say_peer(const struct options *options, const void *data)
{
	const struct device_peers *peers = &((const struct listed *)data)->peers;

	if (peers->rest && !options->json && peers->first.kind == VALUE_GIVEN)
		return say("%.*s +%zu", (int)peers->first.len,
			   peers->first.at, peers->rest);
	return value_copy(peers->first);
}

/* That of the first name, or of a socket without one. */
static struct value why_no_peer(const void *data)
{
	const struct text *text = &((const struct listed *)data)->text;
	const char *socket;
	struct value peer;
	size_t at = 0;

	while ((socket = text_next(text, "socket", &at))) {
		peer = text_field(socket, "peer");
		if (peer.kind == VALUE_UNKNOWN)
			return peer;
	}
	return text_get(text, "sockets");
}

static const struct column columns[] = {
	{ "NAME", "name of the device",
		SCOLS_JSON_STRING, 0, true,
		.key = "device" },
	{ "VERDICT", "what check says: free, in-use, wedged, orphaned, unknown",
		SCOLS_JSON_STRING, 0, true,
		.say = say_verdict, .color = color_verdict },
	{ "STATE", "state, see nbddiag(4)",
		SCOLS_JSON_STRING, 0, true,
		.key = "state" },
	{ "SIZE", "capacity",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.key = "capacity_bytes", .unit = UNIT_SIZE },
	{ "SOCKS", "sockets of its configuration",
		SCOLS_JSON_NUMBER, RIGHT, .in_json = true,
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
		.say = say_peer, .why_not = why_no_peer },
	{ "REASON", "why it is in this state",
		SCOLS_JSON_STRING, 0, false,
		.key = "state_reason" },
	{ "ATTACHABLE", "would the kernel accept an attach",
		SCOLS_JSON_BOOLEAN, 0, false,
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
		COLUMN_JSON_FLAGS, 0, false,
		.key = "runtime_flags" },
	{ "PEERS-AGREE", "all sockets have one name at the other end",
		SCOLS_JSON_BOOLEAN, 0, false,
		.key = "peers_agree" },
	{ "HELD", "live sockets that a process has open",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.key = "sockets", .field = "held" },
	{ "CONSISTENT", "was read with nbd's lock held",
		SCOLS_JSON_BOOLEAN, 0, false,
		.key = "consistent" },
};

/* ---- which devices ---- */

/**
 * struct list - all of them
 * @options: from the command line
 * @devices: the file
 * @table: what is printed
 * @shows_verdicts: a column shows what was judged
 * @shows_peers: a column shows the names of peers
 * @names: of all devices there are
 * @nr_names: how many
 * @row: those that have a row
 * @nr: how many
 * @nr_free: how many devices are free
 * @find: which of them are looked for
 * @status: exit status
 */
struct list {
	const struct options *options;
	struct text devices;
	struct table table;
	bool shows_verdicts;
	bool shows_peers;
	char **names;
	size_t nr_names;
	struct listed *row;
	size_t nr;
	size_t nr_free;
	struct list_find find;
	int status;
};

static bool is_asked_for(const struct options *options, const char *name)
{
	char plain[DEVICE_NAME_LEN];
	char **at;

	for (at = options->args; *at; at++)
		if (!strcmp(device_plain_name(plain, *at), name))
			return true;
	return !*options->args;
}

static bool is_there(const struct list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->nr_names; i++)
		if (!strcmp(list->names[i], name))
			return true;
	return false;
}

static bool has_any(const struct list *list)
{
	char plain[DEVICE_NAME_LEN];
	char **at;

	for (at = list->options->args; *at; at++)
		if (is_there(list, device_plain_name(plain, *at)))
			return true;
	return false;
}

/* In place of those that are not there this says which there are. */
static void check_names(struct list *list)
{
	char plain[DEVICE_NAME_LEN], *message;
	enum exit_status status;
	bool any = has_any(list);
	char **at;

	for (at = list->options->args; *at; at++) {
		if (is_there(list, device_plain_name(plain, *at)))
			continue;
		message = device_says_missing(&list->options->source, plain,
					      &status);
		if (!any)
			fail(status, "%s", message);
		complain("%s", message);
		document_incomplete("no-such-device");
		list->status = status;
		free(message);
	}
}

/* ---- one device ---- */

/* Return: false if the device has gone. What is wrong with one hides no other. */
static bool read_file(struct list *list, struct listed *listed)
{
	enum exit_status status;
	struct text file;
	char *message = device_read_or_say(&list->options->source, &file,
					   listed->name, &status);
	struct mixed mixed;

	if (!message) {
		text_free(&listed->text);
		verdict_free(&listed->verdict);
		listed->text = file;
		device_peers(&file, &listed->peers);
		judge_device(&listed->verdict, &file, NULL, listed->name);
		server_judge(&list->options->source, &listed->verdict, &file,
			     listed->name);
		listed->is_mixed = mixed_find(&mixed, &file, listed->name);
		return true;
	}
	if (status != EXIT_NO_SUCH) {
		complain("%s", message);
		document_incomplete(message);
		list->status = status;
		verdict_free(&listed->verdict);
		listed->verdict.word = "unknown";
		listed->verdict.status = VERDICT_UNKNOWN;
	}
	free(message);
	return status != EXIT_NO_SUCH;
}

static bool has_columns(const struct list *list, const struct text *text)
{
	const struct column *column = list->table.columns;
	size_t i;

	for (i = 0; i < list->table.nr; i++, column++) {
		struct value value = { .kind = VALUE_NONE };

		if (!list->table.cell[i] || !column->key)
			continue;
		value = column->field ?
			text_key_field(text, column->key, column->field) :
			text_get(text, column->key);
		if (value.kind == VALUE_MISSING)
			return false;
	}
	return true;
}

/* Return: false if not all that is shown is in "devices". */
static bool read_brief(struct list *list, struct listed *listed)
{
	bool has = has_columns(list, &listed->text) &&
		   !list_find_is_needed(list->options);

	if (list->shows_peers)
		has &= brief_peers(&listed->text, &listed->peers);
	if (list->shows_verdicts)
		has &= judge_brief(&listed->verdict, &listed->text,
				   listed->name);
	return has;
}

/* Without its line it is only known by now that a device is free. */
static bool is_left_out(struct list *list, const struct listed *listed,
			const char *line)
{
	if (line || !value_is(text_get(&listed->text, "state"), "free"))
		return false;
	list->nr_free++;
	return !list->options->all && !*list->options->args;
}

static void add_device(struct list *list, const char *name, const char *line)
{
	struct listed *listed = &list->row[list->nr];
	bool is_free = brief_is_free(line);

	memset(listed, 0, sizeof(*listed));
	listed->name = name;
	list->nr_free += is_free;
	if (is_free && !list->options->all && !*list->options->args)
		return;
	if (line)
		brief_parse(&listed->text, line);
	if ((!read_brief(list, listed) && !read_file(list, listed)) ||
	    is_left_out(list, listed, line) ||
	    !list_find_has(&list->find, &listed->text)) {
		verdict_free(&listed->verdict);
		text_free(&listed->text);
		return;
	}
	list->nr++;
}

static void find_devices(struct list *list)
{
	size_t at = 0, i;

	for (i = 0; i < list->nr_names; i++)
		if (is_asked_for(list->options, list->names[i]))
			add_device(list, list->names[i],
				   brief_find(&list->devices, list->names[i],
					      &at));
}

/* ---- the order ---- */

#define WORST 4

static int badness(const struct listed *listed)
{
	if (listed->is_mixed)
		return WORST;
	switch (listed->verdict.status) {
	case VERDICT_STUCK:
		return 3;
	case VERDICT_UNKNOWN:
		return 2;
	case VERDICT_IN_USE:
		return 1;
	case VERDICT_FREE:
		break;
	}
	return 0;
}

/* ---- the table ---- */

static void note_columns(struct list *list)
{
	const struct column *column = list->table.columns;
	size_t i;

	for (i = 0; i < list->table.nr; i++, column++) {
		if (!list->table.cell[i])
			continue;
		list->shows_verdicts |= column->say == say_verdict;
		list->shows_peers |= column->say == say_peer;
	}
}

static void print_sum(const struct list *list)
{
	size_t bad = 0, i;

	if (!list->nr_names && !list->status) {
		puts("there is no nbd device (modprobe nbd)");
		return;
	}
	if (list_find_is_needed(list->options) && !list->nr) {
		puts("no nbd device in use has to do with that");
		return;
	}
	if (!list->nr) {
		printf("no nbd device in use (%zu free)\n", list->nr_free);
		return;
	}
	for (i = 0; i < list->nr; i++)
		bad += badness(&list->row[i]) > 1;
	if (list->shows_verdicts && !*list->options->args &&
	    !list_find_is_needed(list->options))
		printf("\n%zu of %zu device%s need%s attention\n", bad,
		       list->nr_names, list->nr_names == 1 ? "" : "s",
		       bad == 1 ? "s" : "");
	for (i = 0; list->shows_verdicts && i < list->nr; i++)
		if (list->row[i].is_mixed)
			printf("%s seems to be served by different volumes: see 'nbddiag why %s'\n",
			       list->row[i].name, list->row[i].name);
}

static void put_device(struct list *list, size_t i)
{
	struct row row = {
		.text = &list->row[i].text,
		.data = &list->row[i],
	};

	table_put_row(&list->table, table_line(&list->table, NULL), &row);
}

/* They come in the order of their names, and stay in it where they are as bad. */
static void put_worst_first(struct list *list)
{
	size_t i;
	int bad;

	for (bad = WORST; bad >= 0; bad--)
		for (i = 0; i < list->nr; i++)
			if (badness(&list->row[i]) == bad)
				put_device(list, i);
}

static void print_list(struct list *list)
{
	size_t i;

	if (list->shows_verdicts)
		put_worst_first(list);
	else
		for (i = 0; i < list->nr; i++)
			put_device(list, i);
	table_print(&list->table);
	if (table_is_for_people(list->options))
		print_sum(list);
}

/* If it cannot be read, the file of each device is. */
static void read_devices(struct list *list)
{
	const struct source *source = &list->options->source;
	enum exit_status status;
	char *message = modfile_read_or_say(source, &list->devices, "devices",
					    &status);

	if (!message)
		return;
	/* Without the module this says so, and ends. */
	if (status != EXIT_DATA)
		modfile_read(source, &list->devices, "devices");
	complain("%s. A device without a file of its own is missed", message);
	document_incomplete("devices-unreadable");
	list->status = status;
	free(message);
}

static int list_once(const struct options *options)
{
	struct list list = { .options = options };
	size_t i;

	read_devices(&list);
	list.names = device_names_with(&options->source, &list.devices);
	while (list.names[list.nr_names])
		list.nr_names++;
	check_names(&list);
	list.row = check_memory(calloc(list.nr_names + 1, sizeof(*list.row)));
	table_start(&list.table, "devices", columns, ARRAY_SIZE(columns),
		    options);
	note_columns(&list);
	list_find_start(&list.find, options);
	find_devices(&list);
	list_find_end(&list.find);
	print_list(&list);
	for (i = 0; i < list.nr; i++) {
		verdict_free(&list.row[i].verdict);
		text_free(&list.row[i].text);
	}
	free(list.row);
	text_free(&list.devices);
	source_free_names(list.names);
	return list.status;
}

static int list_run(const struct options *options)
{
	return watch_run(options, "list", list_once);
}

static const struct option_row options[] = {
	OPTION('a', "all", all, "free devices too"),
	OPTION('b', "bytes", bytes, "sizes as plain numbers"),
	OPTION_TEXT(0, "guest", "NAME", guest, "devices of this virtual machine"),
	OPTION_TEXT(0, "peer", "TEXT", peer,
		    "devices with this in the name of a server"),
	OPTION_NUMBER("pid", "PID", pid, 1, INT_MAX,
		      "devices of this process"),
	OPTION_TEXT(0, "volume", "TEXT", volume,
		    "devices with this in the name of a server or volume"),
	OPTION_STUCK_AFTER,
	OPTION_WATCH,
	{}
};

const struct command command_list = {
	.name = "list",
	.run = list_run,
	.max = INT_MAX,
	.takes = "[DEVICE...]",
	.options = options,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "one row for each nbd device that is not free, worst first (the default)",
};
