// SPDX-License-Identifier: GPL-2.0
/* nbddiag uring: who has io_uring rings, also who had them, and who owes them. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "commands/commands.h"
#include "commands/paths.h"
#include "commands/table.h"
#include "commands/watch.h"
#include "facts/io.h"
#include "facts/rest.h"
#include "facts/text.h"
#include "facts/uring.h"
#include "host/disks.h"

/**
 * struct ring_row - what the line of a ring is made from
 * @source: for names
 * @text: the file
 * @io: the file io, for paths of multipath maps; or empty
 * @ring: the ring
 * @waits_for: how many requests the kernel owes it
 * @oldest_ns: age of the oldest that was found, 0 if it is not known
 */
struct ring_row {
	const struct source *source;
	const struct text *text;
	const struct text *io;
	struct uring_ring ring;
	uint64_t waits_for;
	uint64_t oldest_ns;
};

/* ---- cells ---- */

/* Has a device been spoken of before? Otherwise how many requests rest there. */
static unsigned int count_device(const struct rests *rests, size_t at)
{
	struct value device = rests->rest[at].device;
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < rests->nr; i++) {
		if (!value_same(rests->rest[i].device, device))
			continue;
		if (i < at)
			return 0;
		nr += rests->rest[i].requests;
	}
	return nr;
}

/* "dm-0(mpatha):5 sda:2" */
static void count_devices(const void *data, struct tallies *all)
{
	const struct ring_row *row = data;
	struct rests rests;
	unsigned int nr;
	size_t i;
	char *name, *shown;

	uring_rests(row->text, &row->ring, &rests);
	for (i = 0; i < rests.nr; i++) {
		nr = count_device(&rests, i);
		if (!nr)
			continue;
		name = value_copy(rests.rest[i].device);
		shown = name ? disk_short_name(row->source, name) : NULL;
		tallies_put(all, (struct tally){
			.what = name, .shown = shown, .requests = nr });
	}
	if (rests.others)
		tallies_put(all, (struct tally){
			.others = true, .requests = rests.others });
}

/* Of the multipath maps that owe: the name of the next one, for free(), or NULL. */
static char *next_map(const struct rests *rests, size_t *at)
{
	char *name = NULL;

	while (!name && *at < rests->nr) {
		if (count_device(rests, *at))
			name = value_copy(rests->rest[*at].device);
		(*at)++;
	}
	return name;
}

static char *say_paths(const struct options *options, const void *data)
{
	const struct ring_row *row = data;
	char *text = NULL, *map;
	struct rests rests;
	size_t at = 0;

	uring_rests(row->text, &row->ring, &rests);
	while ((map = next_map(&rests, &at))) {
		text = paths_add(row->source, row->io, text, map);
		free(map);
	}
	return text;
}

static void put_paths(struct json *json, const void *data)
{
	const struct ring_row *row = data;
	struct rests rests;
	size_t at = 0;
	char *map;

	uring_rests(row->text, &row->ring, &rests);
	while ((map = next_map(&rests, &at))) {
		paths_json(json, row->io, map);
		free(map);
	}
}

/* The kernel owes it some, and they were found at no disk; or that is not known. */
static struct value why_no_devices(const void *data)
{
	const struct ring_row *row = data;

	return row->waits_for ? value_unknown("not-found") :
		text_field(row->ring.line, "inflight");
}

static struct value why_no_paths(const void *data)
{
	const struct ring_row *row = data;

	if (row->io->nr || !value_or_zero(text_field(row->ring.line, "owed")))
		return (struct value){ .kind = VALUE_NONE };
	return value_unknown("io-unreadable");
}

#define RIGHT SCOLS_FL_RIGHT

static const struct column columns[] = {
	{ "PID", "process that has the ring, or had it if none has it any more",
		SCOLS_JSON_NUMBER, RIGHT | SCOLS_FL_TREE, true,
		.field = "pid" },
	{ "COMM", "its name",
		SCOLS_JSON_STRING, 0, true,
		.field = "comm" },
	{ "OWNER", "live, several, none",
		SCOLS_JSON_STRING, 0, true,
		.field = "owner" },
	{ "STATE", "of the ring: live, exiting (of a request with --full: see nbddiag(4))",
		SCOLS_JSON_STRING, 0, true, .spare = 6,
		.field = "state" },
	{ "FD", "a descriptor of it",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 5,
		.field = "fd" },
	{ "INFLIGHT", "requests that the kernel owes, without polls and timeouts",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.field = "inflight" },
	{ "POLLS", "requests that wait until a file is ready (QEMU always has some)",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 3,
		.field = "polls" },
	{ "UNREAPED", "results that the process has not taken",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 2,
		.field = "unreaped" },
	{ "OLDEST", "age of the oldest request found (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.field = "oldest_age_ns", .unit = UNIT_AGE },
	{ "OWED-BY", "devices that owe requests, and how many",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true,
		.count = count_devices, .why_not = why_no_devices },
	{ "PATHS", "of multipath maps among these: their paths, and which failed",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true, .spare = 1,
		.say = say_paths, .put_json = put_paths,
		.why_not = why_no_paths },
	{ "WORKER", "thread of the kernel that waits to free it",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 4,
		.field = "worker" },
	{ "PROCESSES", "how many have it",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "processes" },
	{ "ENDED", "the process has ended",
		SCOLS_JSON_BOOLEAN, 0, false,
		.field = "ended" },
	{ "FLAGS", "how it was set up, see io_uring_setup(2)",
		SCOLS_JSON_STRING, 0, false,
		.field = "flags" },
	{ "SQ-ENTRIES", "room of its queue of requests",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "sq_entries" },
	{ "CQ-ENTRIES", "room of its queue of results",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "cq_entries" },
	{ "TIMEOUTS", "requests that wait for a time",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "timeouts" },
	{ "OVERFLOWN", "results for which there was no room",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "overflown" },
	{ "OWED", "requests that were found at disks",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "owed" },
	{ "RING", "its number in the file",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "ring" },
	{ "DEVICE", "where the request rests (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "device" },
	{ "ASKED", "device that was opened, or has the filesystem (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "asked" },
	{ "FS", "type of that filesystem (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "fs" },
	{ "VIA", "devices between ASKED and DEVICE (with --full)",
		COLUMN_JSON_NAMES, 0, false,
		.field = "via" },
	{ "OP", "read, write, ... (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "op" },
	{ "SECTOR", "where it begins (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "sector" },
	{ "BYTES", "how long it is (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "bytes", .unit = UNIT_SIZE },
	{ "AGE", "how old it is (with --full, JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "age_ns", .unit = UNIT_AGE },
};

/* ---- lines ---- */

/* Each request below its ring. */
static void add_requests(struct table *table, struct libscols_line *parent,
			 const struct ring_row *ring)
{
	size_t at = ring->ring.owed;
	struct row row = {};

	while ((row.line = uring_owed(ring->text, &ring->ring, &at)))
		table_put_row(table, table_line(table, parent), &row);
}

/* Those that no process has first, then what has waited longest, or for most. */
static int by_trouble(const void *a, const void *b)
{
	const struct ring_row *x = a, *y = b;
	bool unowned = uring_is_unowned(&x->ring);

	if (unowned != uring_is_unowned(&y->ring))
		return unowned ? -1 : 1;
	if (x->oldest_ns != y->oldest_ns)
		return x->oldest_ns > y->oldest_ns ? -1 : 1;
	if (x->waits_for != y->waits_for)
		return x->waits_for > y->waits_for ? -1 : 1;
	return x->ring.at < y->ring.at ? -1 : 1;
}

static bool is_asked_for(const struct options *options,
			 const struct uring_ring *ring)
{
	return !options->pid || uring_pid(ring) == (pid_t)options->pid;
}

static struct ring_row *sorted_rings(const struct options *options,
				     const struct text *text,
				     const struct text *io, size_t *nr)
{
	struct ring_row *rows = check_memory(calloc(text_count(text, "ring") + 1,
						    sizeof(*rows)));
	struct uring_ring ring = {};

	*nr = 0;
	while (uring_next(text, &ring)) {
		if (!is_asked_for(options, &ring))
			continue;
		rows[(*nr)++] = (struct ring_row){
			.source = &options->source,
			.text = text,
			.io = io,
			.ring = ring,
			.waits_for = uring_waits_for(&ring),
			.oldest_ns = value_or_zero(text_field(ring.line,
							      "oldest_age_ns")),
		};
	}
	qsort(rows, *nr, sizeof(*rows), by_trouble);
	return rows;
}

static void complain_of_none(const struct options *options)
{
	if (options->pid)
		complain("process %u has no io_uring, nor had one that is left",
			 options->pid);
	else
		complain("there is no io_uring");
}

static void add_rings(struct table *table, const struct text *text)
{
	const struct options *options = table->options;
	struct libscols_line *line;
	struct ring_row *rows;
	struct text io;
	size_t nr, i;

	io_look(&options->source, &io);
	rows = sorted_rings(options, text, &io, &nr);
	for (i = 0; i < nr; i++) {
		const struct row row = {
			.line = rows[i].ring.line,
			.data = &rows[i],
		};

		line = table_line(table, NULL);
		table_put_row(table, line, &row);
		if (options->full)
			add_requests(table, line, &rows[i]);
	}
	free(rows);
	text_free(&io);
	if (!nr && !options->json)
		complain_of_none(options);
}

/* ---- the command ---- */

static int uring_once(const struct options *options)
{
	struct table table;
	struct text text;
	int status;

	uring_read(&options->source, &text);
	table_start(&table, "uring", columns, ARRAY_SIZE(columns), options);
	add_rings(&table, &text);
	table_print(&table);
	status = table_status(&text, "rings or requests");
	text_free(&text);
	return status;
}

static int uring_run(const struct options *options)
{
	return watch_run(options, "uring", uring_once);
}

static const struct option_row options[] = {
	OPTION(0, "full", full, "a row for each request that was found"),
	OPTION_NUMBER("pid", "PID", pid, 1, INT_MAX, "of this process only"),
	OPTION_WATCH,
	{}
};

const struct command command_uring = {
	.name = "uring",
	.run = uring_run,
	.takes = "",
	.options = options,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "who has io_uring rings, or had them, and who owes their requests",
};
