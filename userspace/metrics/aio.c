// SPDX-License-Identifier: GPL-2.0
/* Metrics of AIO: the whole host, and each process that is stuck, or may be. */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/aio.h"
#include "facts/device_facts.h"
#include "metrics/family.h"
#include "metrics/metrics.h"

/* There is room for so many of struct stuck, those first that wait longest. */
#define SHOWN 32

/**
 * struct stuck - a process that waits for requests that should long be answered
 * @owner: what it has
 * @pid: its number
 * @comm: its name, once that is needed
 * @ns: for how long
 *
 * It is there twice if a thread waits for dying contexts while others are live.
 */
struct stuck {
	struct aio_owner owner;
	char *pid;
	char *comm;
	uint64_t ns;
};

/* ---- the whole host ---- */

static void print_value(FILE *out, const char *name, const char *help, struct value value)
{
	uint64_t number;

	if (value_number(value, &number))
		family_alone(out, name, help, number);
}

static void print_contexts(FILE *out, const struct text *aio)
{
	static const char * const states[] = { "live", "dying", "ownerless" };
	struct family family = { out, "aio_contexts", "AIO contexts", false };
	uint64_t number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (value_number(text_key_field(aio, "contexts", states[i]), &number))
			family_number(&family, LABELS("state", states[i]), number);
}

static void print_host(FILE *out, const struct text *aio)
{
	print_contexts(out, aio);
	print_value(out, "aio_nr", "Requests that live contexts may have, of fs.aio-nr",
		    text_get(aio, "aio_nr"));
	print_value(out, "aio_max_nr", "How many these may be, of fs.aio-max-nr",
		    text_get(aio, "aio_max_nr"));
	print_value(out, "aio_inflight_requests", "AIO requests that the kernel owes",
		    text_get(aio, "inflight"));
	print_value(out, "aio_unreaped_events", "Completed events that no process has taken",
		    text_get(aio, "unreaped"));
	print_value(out, "aio_waiters", "Tasks that wait for contexts which are torn down",
		    text_get(aio, "waiters"));
}

/* ---- processes ---- */

/* For how long an owner has waited, 0 if that is not known. */
static uint64_t find_ns(const struct aio_owner *owner)
{
	uint64_t ns = value_or_zero(text_field(owner->line, "waiting_ns"));

	return owner->oldest_ns > ns ? owner->oldest_ns : ns;
}

static bool is_stuck(const struct aio_owner *owner)
{
	return find_ns(owner) >= device_facts_stuck_s * 1000000000ULL;
}

/*
 * What it waits for was found at no disk, as a driver keeps it in a list of its own, or it
 * was just on its way. Of a waiter it is known that it waits, if nothing else.
 */
static bool is_of_unknown_age(const struct aio_owner *owner)
{
	return !find_ns(owner) && (owner->kind == AIO_WAITER || owner->inflight ||
				   !owner->inflight_known);
}

/* A context without an owner has no process. */
static char *copy_or_nothing(struct value value)
{
	char *text = value_copy_plain(value);

	return text ? text : say("%s", "");
}

static void take(struct stuck *stuck, const struct aio_owner *owner)
{
	struct value pid = text_field(owner->line, owner->kind == AIO_WAITER ? "tgid" : "pid");

	stuck->owner = *owner;
	stuck->ns = find_ns(owner);
	stuck->pid = copy_or_nothing(pid);
	stuck->comm = NULL;
}

/* Return: whether a line is of the leader of a process. */
static bool is_leader(const struct text_line *line, const char *pid)
{
	if (!strcmp(line->key, "waiter"))
		return value_is(text_field(line->value, "tid"), pid) &&
		       value_is(text_field(line->value, "tgid"), pid);
	return (!strcmp(line->key, "space") || !strcmp(line->key, "group")) &&
	       value_is(text_field(line->value, "pid"), pid);
}

/*
 * The leader's name does not change with the thread that has waited longest. A process that
 * ends may have no line of its leader.
 */
static void find_name(struct stuck *stuck, const struct text *aio)
{
	const char *line = stuck->owner.line;
	size_t i;

	for (i = 0; *stuck->pid && i < aio->nr; i++)
		if (is_leader(&aio->line[i], stuck->pid)) {
			line = aio->line[i].value;
			break;
		}
	stuck->comm = copy_or_nothing(text_field(line, "comm"));
}

static int longest_first(const void *a, const void *b)
{
	const struct stuck *one = a, *two = b;

	if (one->ns != two->ns)
		return one->ns > two->ns ? -1 : 1;
	return one->owner.first < two->owner.first ? -1 : 1;
}

static void free_stuck(struct stuck *stuck)
{
	free(stuck->pid);
	free(stuck->comm);
}

static void free_all(struct stuck *all, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		free_stuck(&all[i]);
	free(all);
}

/* Threads of a process wait apart, each for contexts of its own. */
static void add_inflight(struct stuck *to, const struct stuck *stuck)
{
	to->owner.inflight += stuck->owner.inflight;
	to->owner.inflight_known &= stuck->owner.inflight_known;
}

/*
 * Of each state of a process what has waited longest, and what is owed to all. Without an
 * owner is one.
 */
static size_t leave_one_of_each(struct stuck *all, size_t nr)
{
	size_t i, j, kept = 0;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < kept; j++)
			if (all[j].owner.kind == all[i].owner.kind &&
			    !strcmp(all[j].pid, all[i].pid))
				break;
		if (j == kept) {
			all[kept++] = all[i];
			continue;
		}
		add_inflight(&all[j], &all[i]);
		free_stuck(&all[i]);
	}
	return kept;
}

static bool has_process(const struct stuck *all, size_t nr, const char *pid)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(all[i].pid, pid))
			return true;
	return false;
}

static size_t count_processes(const struct stuck *all, size_t nr)
{
	size_t i, processes = 0;

	for (i = 0; i < nr; i++)
		processes += !has_process(all, i, all[i].pid);
	return processes;
}

static struct stuck *find_all(const struct text *aio, size_t *nr,
			      bool (*is_one)(const struct aio_owner *owner))
{
	struct aio_owner owner;
	struct stuck *all = NULL;
	size_t at = 0;

	*nr = 0;
	while (aio_next(aio, &at, &owner)) {
		if (!is_one(&owner))
			continue;
		all = check_memory(reallocarray(all, *nr + 1, sizeof(*all)));
		take(&all[(*nr)++], &owner);
	}
	if (!all)
		return NULL;
	qsort(all, *nr, sizeof(*all), longest_first);
	*nr = leave_one_of_each(all, *nr);
	return all;
}

/* Those that are stuck in any case are not counted again. */
static size_t count_unknown(const struct text *aio, const struct stuck *stuck, size_t nr_stuck)
{
	size_t nr, i, processes = 0;
	struct stuck *all = find_all(aio, &nr, is_of_unknown_age);

	for (i = 0; i < nr; i++)
		processes += !has_process(all, i, all[i].pid) &&
			     !has_process(stuck, nr_stuck, all[i].pid);
	free_all(all, nr);
	return processes;
}

static const char * const states[] = {
	[AIO_WAITER] = "dying", [AIO_UNOWNED] = "ownerless", [AIO_SPACE] = "live",
};

#define LABELS_OF(stuck) \
	LABELS("pid", (stuck)->pid, "comm", (stuck)->comm, "state", states[(stuck)->owner.kind])

static void print_stuck(FILE *out, const struct stuck *all, size_t nr)
{
	struct family age = {
		out, "aio_stuck_process_age_seconds",
		"How long a process has waited for AIO requests that should long be answered",
		false,
	};
	struct family inflight = {
		out, "aio_stuck_process_inflight_requests",
		"AIO requests that the kernel owes such a process", false,
	};
	size_t i;

	for (i = 0; i < nr; i++)
		family_seconds(&age, LABELS_OF(&all[i]), all[i].ns);
	for (i = 0; i < nr; i++)
		if (all[i].owner.inflight_known)
			family_number(&inflight, LABELS_OF(&all[i]), all[i].owner.inflight);
}

void metrics_print_aio(FILE *out, const struct text *aio)
{
	size_t nr, i, shown, processes;
	struct stuck *all = find_all(aio, &nr, is_stuck);

	shown = nr < SHOWN ? nr : SHOWN;
	processes = count_processes(all, nr);
	for (i = 0; i < shown; i++)
		find_name(&all[i], aio);
	print_host(out, aio);
	family_alone(out, "aio_stuck_processes",
		     "Processes that wait for AIO requests which should long be answered",
		     processes);
	family_alone(out, "aio_stuck_processes_left_out",
		     "Those of them that have no metrics of their own, as there are too many",
		     processes - count_processes(all, shown));
	family_alone(out, "aio_processes_of_unknown_age",
		     "Other processes that wait for AIO requests, where it is not known for how long",
		     count_unknown(aio, all, nr));
	print_stuck(out, all, shown);
	free_all(all, nr);
}
