// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag list: one row for each nbd device. The file "devices" says at once
 * which there are and which are free; the file of a device is read only for
 * columns that need it.
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
#include "facts/device.h"
#include "facts/modfile.h"
#include "facts/text.h"
#include "holders/server.h"
#include "verdict/judge.h"

#define RIGHT SCOLS_FL_RIGHT
#define CUT SCOLS_FL_TRUNC

/**
 * struct listed - a device that has a row
 * @name: its name
 * @text: its file, or what "devices" says of it
 * @verdict: what check would say, with a word if it was judged
 */
struct listed {
	const char *name;
	struct text text;
	struct verdict verdict;
};

static char *say_verdict(const struct options *options, const void *data)
{
	const struct listed *listed = data;

	return listed->verdict.word ? say("%s", listed->verdict.word) : NULL;
}

static const char *color_verdict(const void *data)
{
	const struct listed *listed = data;

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
	struct device_peers peers;

	device_peers(&((const struct listed *)data)->text, &peers);
	if (peers.rest && !options->json && peers.first.kind == VALUE_GIVEN)
		return say("%.*s +%zu", (int)peers.first.len,
			   peers.first.at, peers.rest);
	return value_copy(peers.first);
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
		SCOLS_JSON_STRING, 0, false,
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

/* ---- what "devices" says ---- */

/* The keys of a device's file, and which fields of its line there they are. */
static const struct {
	const char *key;
	const char *field;
	const char *of_line;
} summary[] = {
	{ "device", NULL, "name" }, { "state", NULL, "state" },
	{ "attachable", NULL, "attachable" },
	{ "config_refs", NULL, "config_refs" },
	{ "consistent", NULL, "consistent" },
	{ "sockets", "live", "live" }, { "sockets", "dead", "dead" },
	{ "requests", "inflight", "inflight" },
	{ "requests", "oldest_age_ns", "oldest_age_ns" },
};

static bool is_in_summary(const struct column *column)
{
	size_t i;

	for (i = 0; column->key && i < ARRAY_SIZE(summary); i++)
		if (!strcmp(column->key, summary[i].key) &&
		    (!column->field ? !summary[i].field :
		     summary[i].field &&
		     !strcmp(column->field, summary[i].field)))
			return true;
	return false;
}

static void print_value(FILE *out, struct value value)
{
	if (value.kind == VALUE_GIVEN)
		fprintf(out, "%.*s", (int)value.len, value.at);
	else if (value.kind == VALUE_UNKNOWN)
		fprintf(out, "-(%.*s)", (int)value.len, value.at);
	else
		fputc('-', out);
}

/* Its line, as if it were a file of its own. */
static void summary_parse(struct text *text, const char *line)
{
	const char *key = "";
	char *data = NULL;
	size_t size, i;
	FILE *out = check_memory(open_memstream(&data, &size));

	fputs("format: " TEXT_FORMAT, out);
	for (i = 0; i < ARRAY_SIZE(summary); i++) {
		if (strcmp(key, summary[i].key))
			fprintf(out, "\n%s:", summary[i].key);
		key = summary[i].key;
		fputc(' ', out);
		if (summary[i].field)
			fprintf(out, "%s=", summary[i].field);
		print_value(out, text_field(line, summary[i].of_line));
	}
	fputc('\n', out);
	if (fclose(out) || text_parse(text, data, size) == TEXT_NO_MEMORY)
		fail(EXIT_SYSTEM, "out of memory");
}

/* Return: the line of a device; they are in the same order mostly. */
static const char *find_line(const struct text *devices, const char *name,
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

/* ---- which devices ---- */

/**
 * struct list - all of them
 * @options: from the command line
 * @devices: the file
 * @needs_files: a column shows what is in the file of a device only
 * @shows_verdicts: a column shows what was judged
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
	bool needs_files;
	bool shows_verdicts;
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

/* If there is none of them, this says which there are. */
static void check_names(const struct list *list)
{
	struct text text;
	char **at;

	for (at = list->options->args; *at; at++) {
		device_read(&list->options->source, &text, *at);
		text_free(&text);
	}
}

/* Return: false if the device has gone. What is wrong with one hides no other. */
static bool read_file(struct list *list, struct listed *listed)
{
	enum exit_status status;
	struct text file;
	char *message = device_read_or_say(&list->options->source, &file,
					   listed->name, &status);

	if (!message) {
		text_free(&listed->text);
		listed->text = file;
		judge_device(&listed->verdict, &file, NULL, listed->name);
		server_judge(&list->options->source, &listed->verdict, &file,
			     listed->name);
		return true;
	}
	if (status != EXIT_NO_SUCH) {
		complain("%s", message);
		document_incomplete(message);
		list->status = status;
		listed->verdict.word = "unknown";
		listed->verdict.status = VERDICT_UNKNOWN;
	}
	free(message);
	return status != EXIT_NO_SUCH;
}

static void add_device(struct list *list, const char *name, const char *line)
{
	struct listed *listed = &list->row[list->nr];

	memset(listed, 0, sizeof(*listed));
	listed->name = name;
	if (line)
		summary_parse(&listed->text, line);
	if (value_is(text_get(&listed->text, "state"), "free")) {
		list->nr_free++;
		if (!list->options->all && !*list->options->args) {
			text_free(&listed->text);
			return;
		}
	}
	if (((list->needs_files || !line) && !read_file(list, listed)) ||
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
				   find_line(&list->devices, list->names[i],
					     &at));
}

/* ---- the order ---- */

static int badness(const struct listed *listed)
{
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

static int worst_first(const void *a, const void *b)
{
	const struct listed *one = a, *two = b;
	int worse = badness(two) - badness(one);

	return worse ? worse : strverscmp(one->name, two->name);
}

/* ---- the table ---- */

static void note_columns(struct list *list, const struct table *table)
{
	const struct column *column = table->columns;
	size_t i;

	list->needs_files = list_find_is_needed(list->options);
	for (i = 0; i < table->nr; i++, column++) {
		if (!table->cell[i])
			continue;
		list->needs_files |= !is_in_summary(column);
		list->shows_verdicts |= column->say == say_verdict;
	}
}

static void print_sum(const struct list *list)
{
	size_t bad = 0, i;

	if (!list->nr_names) {
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
}

static void print_list(struct list *list, struct table *table)
{
	struct row row = {};
	size_t i;

	if (list->shows_verdicts)
		qsort(list->row, list->nr, sizeof(*list->row), worst_first);
	for (i = 0; i < list->nr; i++) {
		row.text = &list->row[i].text;
		row.data = &list->row[i];
		table_put_row(table, table_line(table, NULL), &row);
	}
	table_print(table);
	if (table_is_for_people(list->options))
		print_sum(list);
}

static int list_once(const struct options *options)
{
	struct list list = { .options = options };
	struct table table;
	size_t i;

	list.names = device_names(&options->source);
	while (list.names[list.nr_names])
		list.nr_names++;
	check_names(&list);
	modfile_read(&options->source, &list.devices, "devices");
	list.row = check_memory(calloc(list.nr_names + 1, sizeof(*list.row)));
	table_start(&table, "devices", columns, ARRAY_SIZE(columns), options);
	note_columns(&list, &table);
	list_find_start(&list.find, options);
	find_devices(&list);
	list_find_end(&list.find);
	print_list(&list, &table);
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
