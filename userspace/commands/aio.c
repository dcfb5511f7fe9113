// SPDX-License-Identifier: GPL-2.0
/* nbddiag aio: who has AIO contexts, who waits for them, who owes them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/units.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "facts/aio.h"
#include "facts/text.h"

enum {
	COL_PID, COL_TID, COL_COMM, COL_STATE, COL_CONTEXTS, COL_MAX_REQS,
	COL_SHARE, COL_INFLIGHT, COL_UNREAPED, COL_OLDEST, COL_OWED_BY,
	COL_SLEEPS_IN, COL_WAITING, COL_USER_ID, COL_THREADS, COL_GROUPS,
	COL_EVENTS, COL_FREE, COL_EXE, COL_NOT_DRAINED,
};

#define RIGHT SCOLS_FL_RIGHT

static const struct column columns[] = {
	[COL_PID] = { "PID", "process that has the contexts or waits for them",
		SCOLS_JSON_NUMBER, RIGHT | SCOLS_FL_TREE, true },
	[COL_TID] = { "TID", "thread that waits",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_COMM] = { "COMM", "its name",
		SCOLS_JSON_STRING, 0, true },
	[COL_STATE] = { "STATE", "of the contexts: dying, ownerless, live",
		SCOLS_JSON_STRING, 0, true },
	[COL_CONTEXTS] = { "CONTEXTS", "how many",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_MAX_REQS] = { "MAX-REQS", "what io_setup(2) was asked for",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_SHARE] = { "SHARE", "of aio-max-nr, in percent; dying ones have none",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_INFLIGHT] = { "INFLIGHT", "requests that the kernel owes",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_UNREAPED] = { "UNREAPED", "events that the process has not taken",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_OLDEST] = { "OLDEST", "age of the oldest request found (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_OWED_BY] = { "OWED-BY", "devices that owe requests, how many; with ?: that may",
		SCOLS_JSON_STRING, 0, true },
	[COL_SLEEPS_IN] = { "SLEEPS-IN", "function in which the thread waits",
		SCOLS_JSON_STRING, 0, true },
	[COL_WAITING] = { "WAITING", "for how long (JSON: ns)",
		SCOLS_JSON_NUMBER, RIGHT, true },
	[COL_USER_ID] = { "USER-ID", "aio_context_t (with --full)",
		SCOLS_JSON_STRING, 0, false },
	[COL_THREADS] = { "THREADS", "threads of the process",
		SCOLS_JSON_NUMBER, RIGHT, false },
	[COL_GROUPS] = { "GROUPS", "processes that share the contexts",
		SCOLS_JSON_NUMBER, RIGHT, false },
	[COL_EVENTS] = { "EVENTS", "slots of the ring (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false },
	[COL_FREE] = { "FREE", "free slots (with --full)",
		SCOLS_JSON_NUMBER, RIGHT, false },
	[COL_EXE] = { "EXE", "program whose address space is dying",
		SCOLS_JSON_STRING, 0, false },
	[COL_NOT_DRAINED] = { "NOT-DRAINED", "contexts that the thread still waits for",
		SCOLS_JSON_NUMBER, RIGHT, false },
};

#define NR_COLUMNS ARRAY_SIZE(columns)

/* ---- cells ---- */

static void put_fields(struct table *table, struct libscols_line *line,
		       const char *from)
{
	static const struct {
		size_t column;
		const char *field;
	} fields[] = {
		{ COL_TID, "tid" }, { COL_COMM, "comm" },
		{ COL_SLEEPS_IN, "sleeps_in" }, { COL_USER_ID, "user_id" },
		{ COL_THREADS, "threads" }, { COL_GROUPS, "groups" },
		{ COL_EVENTS, "nr_events" }, { COL_FREE, "free" },
		{ COL_EXE, "exe" }, { COL_NOT_DRAINED, "not_drained" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		table_put_value(table, line, fields[i].column,
				text_field(from, fields[i].field));
	table_put_age(table, line, COL_WAITING, text_field(from, "waiting_ns"));
}

static void put_devices(struct table *table, struct libscols_line *line,
			const struct aio_owner *owner)
{
	char text[AIO_DEVICES * (AIO_DEVICE_LEN + 12) + 1] = "";
	unsigned int i;

	for (i = 0; i < owner->nr_devices; i++) {
		const struct aio_device *device = &owner->device[i];
		size_t len = strlen(text);

		if (device->requests)
			snprintf(text + len, sizeof(text) - len, "%s%s:%u",
				 len ? " " : "", device->name,
				 device->requests);
		else
			snprintf(text + len, sizeof(text) - len, "%s%s?",
				 len ? " " : "", device->name);
	}
	if (*text)
		table_put(table, line, COL_OWED_BY, "%s", text);
}

/* The kernel does not count dying ones. */
static bool counts_for_limit(const struct aio_owner *owner)
{
	return owner->kind == AIO_SPACE ||
	       value_is(text_field(owner->line, "state"), "ownerless");
}

static void put_sums(struct table *table, struct libscols_line *line,
		     const struct aio_owner *owner, uint64_t max)
{
	char age[UNITS_LEN];

	table_put(table, line, COL_CONTEXTS, "%u", owner->contexts);
	table_put(table, line, COL_MAX_REQS, "%" PRIu64, owner->max_reqs);
	if (max && counts_for_limit(owner))
		table_put(table, line, COL_SHARE, "%.1f",
			  100.0 * owner->max_reqs / max);
	if (owner->inflight_known)
		table_put(table, line, COL_INFLIGHT, "%" PRIu64,
			  owner->inflight);
	table_put(table, line, COL_UNREAPED, "%" PRIu64, owner->unreaped);
	put_devices(table, line, owner);
	if (!owner->oldest_ns)
		return;
	units_age(age, owner->oldest_ns);
	if (table->options->json)
		table_put(table, line, COL_OLDEST, "%" PRIu64,
			  owner->oldest_ns);
	else
		table_put(table, line, COL_OLDEST, "%s", age);
}

/* ---- lines ---- */

/* Each context below its owner. */
static void add_contexts(struct table *table, struct libscols_line *parent,
			 const struct text *text, const struct aio_owner *owner)
{
	struct libscols_line *line;
	size_t i;

	for (i = owner->first; i < owner->end; i++) {
		const char *value = text->line[i].value;

		if (strcmp(text->line[i].key, "context"))
			continue;
		line = table_line(table, parent);
		put_fields(table, line, value);
		table_put_value(table, line, COL_PID, text_field(value, "pid"));
		table_put_value(table, line, COL_STATE,
				text_field(value, "state"));
		table_put_value(table, line, COL_MAX_REQS,
				text_field(value, "max_reqs"));
		table_put_value(table, line, COL_INFLIGHT,
				text_field(value, "inflight"));
		table_put_value(table, line, COL_UNREAPED,
				text_field(value, "unreaped"));
		table_put_age(table, line, COL_OLDEST,
			      text_field(value, "oldest_age_ns"));
	}
}

static void add_owner(struct table *table, const struct text *text,
		      const struct aio_owner *owner, uint64_t max)
{
	struct libscols_line *line = table_line(table, NULL);

	put_fields(table, line, owner->line);
	put_sums(table, line, owner, max);
	switch (owner->kind) {
	case AIO_WAITER:
		table_put_value(table, line, COL_PID,
				text_field(owner->line, "tgid"));
		table_put(table, line, COL_STATE, "dying");
		break;
	case AIO_SPACE:
		table_put_value(table, line, COL_PID,
				text_field(owner->line, "pid"));
		table_put(table, line, COL_STATE, "live");
		break;
	case AIO_UNOWNED:
		table_put_value(table, line, COL_STATE,
				text_field(owner->line, "state"));
		break;
	}
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

static void print_limits(const struct text *text)
{
	uint64_t nr, max, difference;

	if (!value_number(text_get(text, "aio_nr"), &nr) ||
	    !value_number(text_get(text, "aio_max_nr"), &max) || !max)
		return;
	printf("\naio-nr %" PRIu64 " of aio-max-nr %" PRIu64 " (%.1f %%)", nr,
	       max, 100.0 * nr / max);
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
	fflush(stdout);
	fprintf(stderr, "nbddiag: contexts may be missing (%.*s)%s\n",
		(int)why.len, why.at ? why.at : "",
		deep ? "" : "; --deep looks harder");
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

static void add_owners(struct table *table, const struct text *text)
{
	const struct options *options = table->options;
	struct aio_owner *owners;
	size_t i, nr, shown = 0;
	uint64_t max = 0;

	value_number(text_get(text, "aio_max_nr"), &max);
	owners = sorted_owners(text, &nr);
	for (i = 0; i < nr; i++) {
		if (!is_asked_for(options, &owners[i]))
			continue;
		add_owner(table, text, &owners[i], max);
		shown++;
	}
	free(owners);
	if (options->pid && !shown)
		fprintf(stderr, "nbddiag: process %u has no AIO contexts and waits for none\n",
			options->pid);
}

int cmd_aio(const struct options *options)
{
	struct table table;
	struct text text;

	if (options->list_columns) {
		table_list_columns(columns, NR_COLUMNS);
		return 0;
	}
	aio_read(&options->source, &text, options->deep);
	table_begin(&table, "aio", columns, NR_COLUMNS, options);
	add_owners(&table, &text);
	table_print(&table);
	if (!options->json && !options->noheadings)
		print_limits(&text);
	warn_if_incomplete(&text, options->deep);
	text_free(&text);
	return 0;
}
