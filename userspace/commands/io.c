// SPDX-License-Identifier: GPL-2.0
/* nbddiag io: which disks have something outstanding, who waits, what holds it up. */
#include <inttypes.h>
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
#include "facts/device_facts.h"
#include "facts/io.h"
#include "facts/rest.h"
#include "facts/text.h"
#include "host/disks.h"
#include "host/task.h"

/**
 * struct io_row - what the line of a disk, or of a request, is made from
 * @source: for names
 * @text: the file
 * @line: the line of the disk or request
 * @is_request: which of these
 * @name: the disk's name; of a request, of the disk where it rests
 * @oldest_ns: age of the oldest, 0 if it is not known
 * @owes: how many of the oldest requests rest at it
 * @outstanding: how much there is
 * @is_stuck: it is held up, and not just busy
 */
struct io_row {
	const struct source *source;
	const struct text *text;
	const char *line;
	bool is_request;
	char *name;
	uint64_t oldest_ns;
	unsigned int owes;
	unsigned long long outstanding;
	bool is_stuck;
};

/* ---- what requests have ---- */

static char *task_name(const struct source *source, uint64_t tgid, uint64_t tid)
{
	struct task task;
	char *text;

	if (!tid)
		return NULL;
	if (!task_read(source, &task, tgid, tid))
		return say("[%" PRIu64 "]", tid);
	text = say("%s[%d]", task.comm, (int)task.tid);
	task_free(&task);
	return text;
}

/* Who waits for a request: a thread if it is known, else the word, or NULL. */
static char *waiter_name(const struct io_row *row, const char *line)
{
	struct value who = text_field(line, "who");
	uint64_t pid = value_or_zero(text_field(line, "aio_pid"));
	char *name = NULL;

	if (value_is(who, "aio"))
		name = task_name(row->source, pid, pid);
	else if (value_is(who, "task"))
		name = task_name(row->source,
				 value_or_zero(text_field(line, "tgid")),
				 value_or_zero(text_field(line, "tid")));
	return name ? name : value_copy(who);
}

static void count_device(const struct io_row *row, struct value device,
			 struct tallies *all)
{
	char *name = value_copy(device);

	tallies_count(all, name,
		      name ? disk_short_name(row->source, name) : NULL);
}

static void add_op(const struct io_row *row, const char *line,
		   struct tallies *all)
{
	tallies_count(all, value_copy(text_field(line, "op")), NULL);
}

static void add_asked(const struct io_row *row, const char *line,
		      struct tallies *all)
{
	count_device(row, text_field(line, "asked"), all);
}

static void add_place(const struct io_row *row, const char *line,
		      struct tallies *all)
{
	count_device(row, text_field(line, "device"), all);
}

static void add_waiter(const struct io_row *row, const char *line,
		       struct tallies *all)
{
	tallies_count(all, waiter_name(row, line), NULL);
}

typedef void adds(const struct io_row *row, const char *line,
		  struct tallies *all);

/* Of a request what it has, for which there may be a reason that it is not known. */
static void count_request(const struct io_row *row, adds *add,
			  struct tallies *all)
{
	all->is_one = true;
	add(row, row->line, all);
	if (!all->tally->what)
		tallies_free(all);
}

/* Of a disk, what all of those have that concern it. */
static void count_all(const struct io_row *row, adds *add, struct tallies *all)
{
	const char *line;
	size_t at = 0;

	if (row->is_request) {
		count_request(row, add, all);
		return;
	}
	while ((line = text_next(row->text, "request", &at)))
		if (rest_concerns(line, row->name))
			add(row, line, all);
}

/* ---- cells ---- */

static char *say_name(const struct options *options, const void *data)
{
	const struct io_row *row = data;

	return disk_map_name(row->source, row->name);
}

static char *say_oldest(const struct options *options, const void *data)
{
	const struct io_row *row = data;

	return row->oldest_ns ? say("%" PRIu64, row->oldest_ns) : NULL;
}

static void count_ops(const void *data, struct tallies *all)
{
	count_all(data, add_op, all);
}

static void count_asked(const void *data, struct tallies *all)
{
	count_all(data, add_asked, all);
}

static void count_places(const void *data, struct tallies *all)
{
	count_all(data, add_place, all);
}

static void count_waiters(const void *data, struct tallies *all)
{
	count_all(data, add_waiter, all);
}

static char *say_paths(const struct options *options, const void *data)
{
	const struct io_row *row = data;

	return io_paths(row->text, row->name);
}

static void put_paths(struct json *json, const void *data)
{
	const struct io_row *row = data;

	paths_json(json, row->text, row->name);
}

/* ---- why a cell is empty ---- */

/* Of a request its own reason; a disk owes nothing, or what was not found. */
static struct value why_not(const struct io_row *row, const char *field)
{
	if (row->is_request)
		return text_field(row->line, field);
	if (!row->outstanding || value_or_zero(text_field(row->line, "found")))
		return (struct value){ .kind = VALUE_NONE };
	return value_unknown("not-found");
}

static struct value why_no_oldest(const void *data)
{
	const struct io_row *row = data;
	struct value own = text_field(row->line, "oldest_age_ns");

	return own.kind == VALUE_UNKNOWN ? own : why_not(row, "age_ns");
}

static struct value why_no_op(const void *data)
{
	return why_not(data, "op");
}

static struct value why_no_asked(const void *data)
{
	return why_not(data, "asked");
}

static struct value why_no_place(const void *data)
{
	return why_not(data, "device");
}

static struct value why_no_who(const void *data)
{
	return why_not(data, "who");
}

#define RIGHT SCOLS_FL_RIGHT

static const struct column columns[] = {
	{ "DEVICE", "name of the disk (of a request: the one where it rests)",
		SCOLS_JSON_STRING, SCOLS_FL_TREE, true,
		.field = "device" },
	{ "NAME", "what the device mapper calls it",
		SCOLS_JSON_STRING, 0, true, .spare = 5,
		.say = say_name },
	{ "DRIVER", "module that drives it",
		SCOLS_JSON_STRING, 0, true, .spare = 3,
		.field = "driver" },
	{ "STATE", "what is the matter with it, see nbddiag(4)",
		SCOLS_JSON_STRING, 0, true,
		.field = "state" },
	{ "FOUND", "requests that were found at it, or came by way of it",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.field = "found" },
	{ "ACCOUNTED", "how many there are by the kernel's own counters",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 2,
		.field = "accounted" },
	{ "OLDEST", "age of the oldest that rests at it or came by way of it (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.unit = UNIT_AGE, .say = say_oldest, .why_not = why_no_oldest },
	{ "OP", "read, write, ... (of a disk: how many of its oldest requests)",
		SCOLS_JSON_STRING, 0, true, .spare = 4,
		.count = count_ops, .why_not = why_no_op },
	{ "ASKED", "device that was opened, or that the filesystem is on",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true, .spare = 6,
		.count = count_asked, .why_not = why_no_asked },
	{ "RESTS-AT", "where they are now: who owes them",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true, .spare = 7,
		.count = count_places, .why_not = why_no_place },
	{ "WHO", "who waits: a thread, page-cache, writeback, io-uring, swap, or ? if not known",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true,
		.count = count_waiters, .why_not = why_no_who },
	{ "PATHS", "of a multipath map: its paths, and which failed",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true, .spare = 1,
		.say = say_paths, .put_json = put_paths },
	{ "DEV", "major and minor number",
		SCOLS_JSON_STRING, 0, false,
		.field = "dev" },
	{ "KIND", "blk-mq, dm, bio",
		SCOLS_JSON_STRING, 0, false,
		.field = "kind" },
	{ "THROTTLED", "held back by limits of cgroups, besides",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "throttled" },
	{ "VALID-PATHS", "how many paths of a multipath map work",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "valid_paths" },
	{ "SUBMITTING", "tasks that wait until they can submit a request to it",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "submitting" },
	{ "THROTTLED-FOUND", "how many of THROTTLED were found",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "throttled_found" },
	{ "WAITS-FOR", "of a request that is not submitted yet: tag, ... (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "waits_for" },
	{ "VIA", "devices between ASKED and DEVICE (with --full)",
		COLUMN_JSON_NAMES, 0, false,
		.field = "via" },
	{ "FS", "type of the filesystem that asked (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "fs" },
	{ "SECTOR", "where it begins (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "sector" },
	{ "BYTES", "how long it is (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "bytes", .unit = UNIT_SIZE },
	{ "AIO-PID", "process that has the AIO context (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "aio_pid" },
	{ "AIO-CONTEXT", "aio_context_t (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "aio_context" },
	{ "TID", "thread that waits (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "tid" },
	{ "END-IO", "function of the kernel that is called when it is done (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "end_io" },
};

/* ---- lines ---- */

static void put_row(struct table *table, struct libscols_line *line,
		    const struct io_row *io)
{
	const struct row row = { .line = io->line, .data = io };

	table_put_row(table, line, &row);
}

/* Each request below the disk where it rests. */
static void add_requests(struct table *table, struct libscols_line *parent,
			 const struct io_row *disk)
{
	struct io_row row = *disk;
	size_t at = 0;

	row.is_request = true;
	while ((row.line = text_next(disk->text, "request", &at))) {
		if (!value_is(text_field(row.line, "device"), disk->name))
			continue;
		row.oldest_ns = value_or_zero(text_field(row.line, "age_ns"));
		put_row(table, table_line(table, parent), &row);
	}
}

/* What is held up comes first, then what is oldest; of the same age, who owes it. */
static int by_trouble(const void *a, const void *b)
{
	const struct io_row *x = a, *y = b;

	if (x->is_stuck != y->is_stuck)
		return x->is_stuck ? -1 : 1;
	if (x->oldest_ns != y->oldest_ns)
		return x->oldest_ns > y->oldest_ns ? -1 : 1;
	if (x->owes != y->owes)
		return x->owes > y->owes ? -1 : 1;
	if (x->outstanding != y->outstanding)
		return x->outstanding > y->outstanding ? -1 : 1;
	return strverscmp(x->name, y->name);
}

static bool is_held_up(const struct io_row *row)
{
	static const char * const states[] = {
		"removing", "suspended", "no-path", "held-by-driver",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (value_is(text_field(row->line, "state"), states[i]))
			return true;
	return row->oldest_ns >= device_facts_stuck_s * 1000000000ULL;
}

static unsigned int count_owed(const struct text *text, const char *name)
{
	unsigned int nr = 0;
	const char *line;
	size_t at = 0;

	while ((line = text_next(text, "request", &at)))
		nr += value_is(text_field(line, "device"), name);
	return nr;
}

static struct io_row *sorted_disks(const struct source *source,
				   const struct text *text, size_t *nr)
{
	struct io_row *rows = check_memory(calloc(text_count(text, "disk") + 1,
						  sizeof(*rows)));
	const char *line;
	size_t at = 0;

	*nr = 0;
	while ((line = text_next(text, "disk", &at))) {
		struct io_row *row = &rows[*nr];

		row->name = value_copy(text_field(line, "device"));
		if (!row->name)
			continue;
		row->source = source;
		row->text = text;
		row->line = line;
		row->oldest_ns = io_oldest_ns(text, line);
		row->owes = count_owed(text, row->name);
		row->outstanding = io_outstanding(line).nr;
		row->is_stuck = is_held_up(row);
		++*nr;
	}
	qsort(rows, *nr, sizeof(*rows), by_trouble);
	return rows;
}

static void add_disks(struct table *table, const struct text *text)
{
	const struct options *options = table->options;
	struct libscols_line *line;
	struct io_row *rows;
	size_t nr, i;

	rows = sorted_disks(&options->source, text, &nr);
	for (i = 0; i < nr; i++) {
		line = table_line(table, NULL);
		put_row(table, line, &rows[i]);
		if (options->full)
			add_requests(table, line, &rows[i]);
		free(rows[i].name);
	}
	free(rows);
	if (!nr && !options->json)
		complain("no disk has anything outstanding (disks: %llu)",
			 (unsigned long long)value_or_zero(text_key_field(text,
							   "disks", "known")));
}

/* ---- the command ---- */

static int io_once(const struct options *options)
{
	struct table table;
	struct text text;
	int status;

	io_read(&options->source, &text);
	table_start(&table, "io", columns, ARRAY_SIZE(columns), options);
	add_disks(&table, &text);
	table_print(&table);
	status = table_status(&text, "requests");
	text_free(&text);
	return status;
}

static int io_run(const struct options *options)
{
	return watch_run(options, "io", io_once);
}

static const struct option_row options[] = {
	OPTION(0, "full", full, "a row for each of the oldest requests"),
	OPTION_STUCK_AFTER,
	OPTION_WATCH,
	{}
};

const struct command command_io = {
	.name = "io",
	.run = io_run,
	.takes = "",
	.options = options,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "which disks of any driver owe requests, and to whom, worst first",
};
