// SPDX-License-Identifier: GPL-2.0
/* nbddiag tasks: every task that cannot go on, what it waits for, who has that. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "commands/watch.h"
#include "facts/tasks.h"
#include "facts/text.h"
#include "host/disks.h"

/**
 * struct task_row - what the line of a task is made from
 * @source: for names
 * @line: the line of the task
 * @waiting_ns: for how long, 0 if it is not known
 * @tid: the thread
 */
struct task_row {
	const struct source *source;
	const char *line;
	uint64_t waiting_ns;
	uint64_t tid;
};

/* ---- cells ---- */

/* "lock i_rwsem", "work wb_workfn", "page" */
static char *say_waits_for(const struct options *options, const void *data)
{
	const struct task_row *row = data;
	struct value word = text_field(row->line, "waits_for");
	struct value object = text_field(row->line, "object");

	if (word.kind != VALUE_GIVEN)
		return NULL;
	if (object.kind != VALUE_GIVEN)
		return value_copy(word);
	return say("%.*s %.*s", (int)word.len, word.at, (int)object.len,
		   object.at);
}

static char *say_held_by(const struct options *options, const void *data)
{
	const struct task_row *row = data;
	struct value comm = text_field(row->line, "held_by_comm");
	pid_t tid, tgid;

	if (!tasks_holder(row->line, &tid, &tgid))
		return NULL;
	if (comm.kind != VALUE_GIVEN)
		return say("[%d]", (int)tid);
	return say("%.*s[%d]", (int)comm.len, comm.at, (int)tid);
}

static char *say_name(const struct options *options, const void *data)
{
	const struct task_row *row = data;
	char *device = value_copy(text_field(row->line, "device")), *name;

	if (!device)
		return NULL;
	name = disk_map_name(row->source, device);
	free(device);
	return name;
}

/* Where the answer is in another table, people are told so; programs know the word. */
static char *say_reason(const struct options *options, struct value value)
{
	if (!options->json && value_is_unknown(value, "see-aio"))
		return say("see nbddiag aio");
	if (!options->json && value_is_unknown(value, "see-uring"))
		return say("see nbddiag uring");
	return say("%.*s", (int)value.len, value.at);
}

/* Why something is empty: the reason that the module gives. */
static char *say_why_not(const struct options *options, const void *data)
{
	static const char * const fields[] = {
		"waits_for", "held_by", "device",
	};
	const struct task_row *row = data;
	struct value value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		value = text_field(row->line, fields[i]);
		if (value.kind == VALUE_UNKNOWN)
			return say_reason(options, value);
	}
	return NULL;
}

#define RIGHT SCOLS_FL_RIGHT

static const struct column columns[] = {
	{ "TID", "thread",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.field = "tid" },
	{ "PID", "its process",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 3,
		.field = "tgid" },
	{ "COMM", "its name",
		SCOLS_JSON_STRING, 0, true,
		.field = "comm" },
	{ "STATE", "as ps(1) shows it",
		SCOLS_JSON_STRING, 0, true,
		.field = "state" },
	{ "WAITING", "for how long it has not run (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.field = "waiting_ns", .unit = UNIT_AGE },
	{ "SLEEPS-IN", "function of the kernel in which it waits",
		SCOLS_JSON_STRING, 0, true, .spare = 1,
		.field = "sleeps_in" },
	{ "WAITS-FOR", "page, tag, lock and which, ...",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true,
		.say = say_waits_for, .field = "waits_for" },
	{ "HELD-BY", "the task that has that, or does it",
		SCOLS_JSON_STRING, 0, true,
		.say = say_held_by, .field = "held_by" },
	{ "DEVICE", "who owes it in the end, if need be by way of other tasks",
		SCOLS_JSON_STRING, 0, true,
		.field = "device" },
	{ "NAME", "what the device mapper calls that",
		SCOLS_JSON_STRING, 0, true, .spare = 4,
		.say = say_name, .field = "device" },
	{ "ASKED", "device that it belongs to, or that its filesystem is on",
		SCOLS_JSON_STRING, 0, true, .spare = 5,
		.field = "asked" },
	{ "FS", "type of that filesystem",
		SCOLS_JSON_STRING, 0, true, .spare = 2,
		.field = "fs" },
	{ "WHY-NOT", "why something of this is not known",
		SCOLS_JSON_STRING, 0, true, .spare = 6,
		.say = say_why_not },
	{ "PROOF", "how what it waits for is known",
		SCOLS_JSON_STRING, 0, false,
		.field = "proof" },
	{ "LOCK", "mutex, rwsem-read, rwsem-write, semaphore",
		SCOLS_JSON_STRING, 0, false,
		.field = "lock" },
	{ "OBJECT", "name of the lock or queue in the kernel's source",
		SCOLS_JSON_STRING, 0, false,
		.field = "object" },
	{ "WORK", "of a kernel worker: the function that it does",
		SCOLS_JSON_STRING, 0, false,
		.field = "work" },
	{ "EXITING", "it is ending",
		SCOLS_JSON_BOOLEAN, 0, false,
		.field = "exiting" },
	{ "HELD-BY-TID", "thread of HELD-BY",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "held_by" },
	{ "LAST-READER", "of a lock that readers have: the thread that took it last",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "last_reader" },
	{ "HOPS", "tasks between it and the one whose request DEVICE owes",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "hops" },
	{ "DEV", "major and minor number of DEVICE",
		SCOLS_JSON_STRING, 0, false,
		.field = "dev" },
	{ "VIA", "devices between ASKED and DEVICE",
		COLUMN_JSON_NAMES, 0, false,
		.field = "via" },
	{ "OP", "of its own request: read, write, ...",
		SCOLS_JSON_STRING, 0, false,
		.field = "op" },
	{ "SECTOR", "where that begins",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "sector" },
	{ "BYTES", "how long that is",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "bytes", .unit = UNIT_SIZE },
	{ "AGE", "how old that is (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "age_ns", .unit = UNIT_AGE },
	{ "REQUEST", "state of that, see nbddiag(4)",
		SCOLS_JSON_STRING, 0, false,
		.field = "request" },
};

/* ---- lines ---- */

/* Who has waited longest comes first; of unknown time, last. */
static int by_waiting(const void *a, const void *b)
{
	const struct task_row *x = a, *y = b;

	if (x->waiting_ns != y->waiting_ns)
		return x->waiting_ns > y->waiting_ns ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return 0;
}

static bool is_asked_for(const struct options *options, const char *line)
{
	return !options->pid ||
	       value_or_zero(text_field(line, "tid")) == options->pid ||
	       value_or_zero(text_field(line, "tgid")) == options->pid;
}

static struct task_row *sorted_tasks(const struct options *options,
				     const struct text *text, size_t *nr)
{
	struct task_row *rows = check_memory(calloc(text_count(text, "task") + 1,
						    sizeof(*rows)));
	const char *line;
	size_t at = 0;

	*nr = 0;
	while ((line = text_next(text, "task", &at))) {
		if (!is_asked_for(options, line))
			continue;
		rows[(*nr)++] = (struct task_row){
			.source = &options->source,
			.line = line,
			.waiting_ns = value_or_zero(text_field(line,
							       "waiting_ns")),
			.tid = value_or_zero(text_field(line, "tid")),
		};
	}
	qsort(rows, *nr, sizeof(*rows), by_waiting);
	return rows;
}

static void complain_of_none(const struct options *options,
			     const struct text *text)
{
	if (options->pid)
		complain("no thread of process %u hangs", options->pid);
	else
		complain("no task hangs (seen: %llu)",
			 (unsigned long long)value_or_zero(text_key_field(text,
							   "tasks", "seen")));
}

static void add_tasks(struct table *table, const struct text *text)
{
	const struct options *options = table->options;
	struct task_row *rows;
	struct row row;
	size_t nr, i;

	rows = sorted_tasks(options, text, &nr);
	for (i = 0; i < nr; i++) {
		row = (struct row){ .line = rows[i].line, .data = &rows[i] };
		table_put_row(table, table_line(table, NULL), &row);
	}
	free(rows);
	if (!nr && !options->json)
		complain_of_none(options, text);
}

/* ---- the command ---- */

static int tasks_once(const struct options *options)
{
	struct table table;
	struct text text;
	int status;

	tasks_read(&options->source, &text);
	table_start(&table, "tasks", columns, ARRAY_SIZE(columns), options);
	add_tasks(&table, &text);
	table_print(&table);
	status = table_status(&text, "tasks or devices");
	text_free(&text);
	return status;
}

static int tasks_run(const struct options *options)
{
	return watch_run(options, "tasks", tasks_once);
}

static const struct option_row options[] = {
	OPTION_NUMBER("pid", "PID", pid, 1, INT_MAX, "of this process only"),
	OPTION_WATCH,
	{}
};

const struct command command_tasks = {
	.name = "tasks",
	.run = tasks_run,
	.takes = "",
	.options = options,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "which tasks hang, what each waits for, and who has or owes that",
};
