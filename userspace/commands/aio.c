// SPDX-License-Identifier: GPL-2.0
/* nbddiag aio: who has AIO contexts, who waits for them, who owes them. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "commands/commands.h"
#include "commands/incomplete.h"
#include "commands/paths.h"
#include "commands/table.h"
#include "facts/aio.h"
#include "facts/io.h"
#include "facts/text.h"
#include "host/disks.h"

/**
 * struct owner_row - what the line of an owner is made from
 * @text: the file
 * @owner: the owner
 * @max: aio-max-nr, 0 if it is not known
 * @source: for names of the device mapper
 * @io: the file io, for paths of multipath maps; or empty
 */
struct owner_row {
	const struct text *text;
	const struct aio_owner *owner;
	uint64_t max;
	const struct source *source;
	const struct text *io;
};

/* ---- what is added up, or differs between owners ---- */

static const struct aio_owner *owner_of(const void *data)
{
	return ((const struct owner_row *)data)->owner;
}

static char *say_pid(const struct options *options, const void *data)
{
	const struct aio_owner *owner = owner_of(data);
	const char *field = owner->kind == AIO_WAITER ? "tgid" : "pid";
	uint64_t pid;

	if (!value_number(text_field(owner->line, field), &pid))
		return NULL;
	return say("%" PRIu64, pid);
}

static char *say_state(const struct options *options, const void *data)
{
	const struct aio_owner *owner = owner_of(data);

	switch (owner->kind) {
	case AIO_WAITER:
		return say("dying");
	case AIO_SPACE:
		return say("live");
	case AIO_UNOWNED:
		break;
	}
	return value_copy(text_field(owner->line, "state"));
}

static char *say_contexts(const struct options *options, const void *data)
{
	return say("%u", owner_of(data)->contexts);
}

static char *say_max_reqs(const struct options *options, const void *data)
{
	return say("%" PRIu64, owner_of(data)->max_reqs);
}

/* The kernel does not count dying ones. */
static bool counts_for_limit(const struct aio_owner *owner)
{
	return owner->kind == AIO_SPACE ||
	       value_is(text_field(owner->line, "state"), "ownerless");
}

static char *say_share(const struct options *options, const void *data)
{
	const struct owner_row *row = data;

	if (!row->max || !counts_for_limit(row->owner))
		return NULL;
	return say("%.1f", 100.0 * row->owner->max_reqs / row->max);
}

/* Dying contexts have no share; that is no reason. */
static struct value why_no_share(const void *data)
{
	const struct owner_row *row = data;

	return text_get(row->text, counts_for_limit(row->owner) ?
			"aio_max_nr" : "");
}

static struct value why_no_pid(const void *data)
{
	const struct aio_owner *owner = owner_of(data);

	return text_field(owner->line,
			  owner->kind == AIO_WAITER ? "tgid" : "pid");
}

static struct value why_no_inflight(const void *data)
{
	return owner_of(data)->why_no_inflight;
}

static struct value why_no_unreaped(const void *data)
{
	return owner_of(data)->why_no_unreaped;
}

/* Of what was found at no device neither device nor age is known. */
static struct value why_not_found(const void *data)
{
	const struct aio_owner *owner = owner_of(data);
	struct value why = owner->why_not_found;

	if (why.kind == VALUE_GIVEN)
		why.kind = VALUE_UNKNOWN;
	else
		why = owner->why_no_inflight;
	return why;
}

static struct value why_no_paths(const void *data)
{
	const struct owner_row *row = data;

	if (row->io->nr || !row->owner->nr_devices)
		return (struct value){ .kind = VALUE_NONE };
	return value_unknown("io-unreadable");
}

static char *say_inflight(const struct options *options, const void *data)
{
	if (!owner_of(data)->inflight_known)
		return NULL;
	return say("%" PRIu64, owner_of(data)->inflight);
}

static char *say_unreaped(const struct options *options, const void *data)
{
	if (owner_of(data)->why_no_unreaped.kind == VALUE_UNKNOWN)
		return NULL;
	return say("%" PRIu64, owner_of(data)->unreaped);
}

static char *say_oldest(const struct options *options, const void *data)
{
	uint64_t ns = owner_of(data)->oldest_ns;

	return ns ? say("%" PRIu64, ns) : NULL;
}

static void count_device(const struct owner_row *row,
			 const struct aio_device *device, uint64_t requests,
			 bool may, struct tallies *all)
{
	tallies_put(all, (struct tally){
		.what = say("%s", device->name),
		.shown = disk_short_name(row->source, device->name),
		.requests = requests, .is_unknown = !requests, .may = may });
}

static void count_devices(const void *data, struct tallies *all)
{
	const struct owner_row *row = data;
	const struct aio_owner *owner = row->owner;
	const struct aio_device *device = owner->device;
	unsigned int i;

	for (i = 0; i < owner->nr_devices; i++, device++) {
		if (device->requests)
			count_device(row, device, device->requests, false, all);
		if (device->unfound || !device->requests)
			count_device(row, device, device->unfound, true, all);
	}
	if (owner->nr_devices && (owner->others || owner->has_others))
		tallies_put(all, (struct tally){
			.others = true, .requests = owner->others,
			.is_unknown = !owner->others, .may = !owner->others });
}

/*
 * Of the maps that owe, or may; and of those whose requests rest at a path.
 * Return: the name of the next one, for free(), or NULL
 */
static char *next_map(const struct owner_row *row, size_t *at)
{
	const char *disk;
	char *device;

	while ((disk = text_next(row->io, "disk", at))) {
		device = value_copy(text_field(disk, "device"));
		if (device && aio_concerns(row->text, row->owner, device))
			return device;
		free(device);
	}
	return NULL;
}

static char *say_paths(const struct options *options, const void *data)
{
	const struct owner_row *row = data;
	char *text = NULL, *map;
	size_t at = 0;

	while ((map = next_map(row, &at))) {
		text = paths_add(row->source, row->io, text, map);
		free(map);
	}
	return text;
}

static void put_paths(struct json *json, const void *data)
{
	const struct owner_row *row = data;
	size_t at = 0;
	char *map;

	while ((map = next_map(row, &at))) {
		paths_json(json, row->io, map);
		free(map);
	}
}

/* ---- the columns ---- */

#define RIGHT SCOLS_FL_RIGHT

static const struct column columns[] = {
	{ "PID", "process that has the contexts or waits for them",
		SCOLS_JSON_NUMBER, RIGHT | SCOLS_FL_TREE, true,
		.field = "pid", .say = say_pid,
		.why_not = why_no_pid },
	{ "TID", "thread that waits",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 5,
		.field = "tid" },
	{ "COMM", "its name",
		SCOLS_JSON_STRING, 0, true,
		.field = "comm" },
	{ "STATE", "of the contexts: dying, ownerless, live",
		SCOLS_JSON_STRING, 0, true, .spare = 8,
		.field = "state", .say = say_state },
	{ "CONTEXTS", "how many",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 4,
		.say = say_contexts },
	{ "MAX-REQS", "what io_setup(2) was asked for",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 2,
		.field = "max_reqs", .say = say_max_reqs },
	{ "SHARE", "of aio-max-nr, in percent (dying ones have none)",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 3,
		.say = say_share,
		.why_not = why_no_share },
	{ "INFLIGHT", "requests that the kernel owes",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.field = "inflight", .say = say_inflight,
		.why_not = why_no_inflight },
	{ "UNREAPED", "events that the process has not taken",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 6,
		.field = "unreaped", .say = say_unreaped,
		.why_not = why_no_unreaped },
	{ "OLDEST", "age of the oldest request found (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true, .spare = 9,
		.field = "oldest_age_ns", .unit = UNIT_AGE, .say = say_oldest,
		.why_not = why_not_found },
	{ "OWED-BY", "devices that owe requests, and how many (with ? those that may)",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true,
		.count = count_devices,
		.why_not = why_not_found },
	{ "PATHS", "of multipath maps that have part in it: their paths, and which failed",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, true, .spare = 1,
		.say = say_paths, .put_json = put_paths,
		.why_not = why_no_paths },
	{ "SLEEPS-IN", "function in which the thread waits",
		SCOLS_JSON_STRING, 0, true, .spare = 7,
		.field = "sleeps_in" },
	{ "WAITING", "for how long (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true,
		.field = "waiting_ns", .unit = UNIT_AGE },
	{ "USER-ID", "aio_context_t (with --full)",
		SCOLS_JSON_STRING, 0, false,
		.field = "user_id" },
	{ "THREADS", "threads of the process",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "threads" },
	{ "GROUPS", "processes that share the contexts",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "groups" },
	{ "EVENTS", "slots of the ring (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "nr_events" },
	{ "FREE", "free slots (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "free" },
	{ "UNFOUND", "requests found at no device (with --deep and --full)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "unfound" },
	{ "MISSING", "requests in flight that were not found at all (likewise)",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "missing" },
	{ "EXE", "program whose address space is dying",
		SCOLS_JSON_STRING, 0, false,
		.field = "exe" },
	{ "NOT-DRAINED", "contexts that the thread still waits for",
		SCOLS_JSON_NUMBER, RIGHT, false,
		.field = "not_drained" },
};

/* ---- lines ---- */

/* Each context below its owner. */
static void add_contexts(struct table *table, struct libscols_line *parent,
			 const struct text *text, const struct aio_owner *owner)
{
	struct row row = {};
	size_t i;

	for (i = owner->first; i < owner->end; i++) {
		if (strcmp(text->line[i].key, "context"))
			continue;
		row.line = text->line[i].value;
		table_put_row(table, table_line(table, parent), &row);
	}
}

static void add_owner(struct table *table, const struct text *text,
		      const struct owner_row *sums)
{
	const struct aio_owner *owner = sums->owner;
	struct libscols_line *line = table_line(table, NULL);
	const struct row row = { .line = owner->line, .data = sums };

	table_put_row(table, line, &row);
	if (table->options->full && owner->kind != AIO_UNOWNED)
		add_contexts(table, line, text, owner);
}

static bool is_asked_for(const struct options *options,
			 const struct aio_owner *owner)
{
	static const char * const names[] = { "pid", "tgid", "tid" };
	uint64_t pid;
	size_t i;

	if (!options->pid)
		return true;
	for (i = 0; i < 3; i++)
		if (value_number(text_field(owner->line, names[i]), &pid) &&
		    pid == options->pid)
			return true;
	return false;
}

/* ---- what is said besides ---- */

/* @shown: below a table */
static void print_limits(const struct text *text, bool shown)
{
	uint64_t nr, max, difference;

	if (!value_number(text_get(text, "aio_nr"), &nr) ||
	    !value_number(text_get(text, "aio_max_nr"), &max) || !max)
		return;
	printf("%saio-nr %" PRIu64 " of aio-max-nr %" PRIu64 " (%.1f %%)",
	       shown ? "\n" : "", nr, max, 100.0 * nr / max);
	if (!value_number(text_get(text, "aio_nr_difference"), &difference) ||
	    difference)
		printf(", not all of it found in contexts");
	printf("\n");
}

static void warn_if_incomplete(const struct text *text, bool deep)
{
	struct value why = text_get(text, "complete_reason");

	if (value_is(text_get(text, "complete"), "yes"))
		return;
	document_incomplete_value(why);
	complain("contexts or requests may be missing (%.*s)%s", (int)why.len,
		 why.at ? why.at : "", deep ? "" : ". --deep looks at all of memory");
}

/* ---- the command ---- */

/* As in the file, but of live contexts first those that hold most. */
static int by_share(const void *a, const void *b)
{
	const struct aio_owner *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == AIO_SPACE && x->max_reqs != y->max_reqs)
		return x->max_reqs > y->max_reqs ? -1 : 1;
	return x->first < y->first ? -1 : 1;
}

static struct aio_owner *sorted_owners(const struct text *text, size_t *nr)
{
	struct aio_owner *owners = NULL, owner;
	size_t at = 0, room = 0;

	*nr = 0;
	while (aio_next(text, &at, &owner)) {
		if (*nr == room) {
			room = room ? room * 2 : 64;
			owners = check_memory(reallocarray(owners, room,
							   sizeof(*owners)));
		}
		owners[(*nr)++] = owner;
	}
	if (owners)
		qsort(owners, *nr, sizeof(*owners), by_share);
	return owners;
}

/* Return: how many. That there are none is said. */
static size_t add_owners(struct table *table, const struct text *text)
{
	const struct options *options = table->options;
	struct owner_row row = { .text = text, .source = &options->source };
	struct aio_owner *owners;
	size_t i, nr, shown = 0;
	struct text io;

	row.max = value_or_zero(text_get(text, "aio_max_nr"));
	row.io = &io;
	io_look(&options->source, &io);
	owners = sorted_owners(text, &nr);
	for (i = 0; i < nr; i++) {
		if (!is_asked_for(options, &owners[i]))
			continue;
		row.owner = &owners[i];
		add_owner(table, text, &row);
		shown++;
	}
	free(owners);
	text_free(&io);
	if (options->pid && !shown)
		complain("process %u has no AIO contexts and waits for none",
			 options->pid);
	else if (!shown && !options->json)
		complain("no AIO context was found");
	return shown;
}

static int aio_run(const struct options *options)
{
	struct table table;
	struct text text;
	size_t shown;

	aio_read(&options->source, &text, options->deep);
	table_start(&table, "aio", columns, ARRAY_SIZE(columns), options);
	shown = add_owners(&table, &text);
	table_print(&table);
	if (table_is_for_people(options))
		print_limits(&text, shown);
	warn_if_incomplete(&text, options->deep);
	text_free(&text);
	return 0;
}

static const struct option_row options[] = {
	OPTION(0, "deep", deep, "look at all pages of memory, which takes longer"),
	OPTION(0, "full", full, "a row for each context"),
	OPTION_NUMBER("pid", "PID", pid, 1, INT_MAX, "of this process only"),
	{}
};

const struct command command_aio = {
	.name = "aio",
	.run = aio_run,
	.takes = "",
	.options = options,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "who has AIO contexts, who waits for them, who owes them",
};
