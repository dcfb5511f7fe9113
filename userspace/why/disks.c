// SPDX-License-Identifier: GPL-2.0
/* Which disks of other drivers owe, and what holds them up. */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "facts/device.h"
#include "facts/io.h"
#include "facts/tasks.h"
#include "why/causes.h"

#define THROTTLED "has requests that limits of cgroups hold back"

static const char *what_holds_up(const char *line)
{
	struct value state = text_field(line, "state");

	if (io_has_no_path(line) || value_is(state, "no-path"))
		return "has no path left";
	if (value_is(state, "suspended"))
		return "is suspended";
	if (value_is(state, "removing"))
		return "has left the system, and still owes";
	if (value_is(state, "held-by-driver"))
		return "is held up in its driver";
	return NULL;
}

bool disks_is_held_up(const struct text *io, const char *name)
{
	const char *line = io_disk(io, name);

	return line && what_holds_up(line);
}

/* Nothing holds it up but limits, for long. */
static bool is_throttled(const struct text *io, const char *name,
			 const char *line)
{
	return !what_holds_up(line) &&
	       !causes_is_long(causes_load(io, name).oldest_ns) &&
	       causes_is_long(causes_throttled(io, name).oldest_ns);
}

/* What ends it is known of maps and of limits only. */
static void add_steps(const struct why *why, struct verdict *verdict,
		      const char *name, const char *line)
{
	char *map = disk_map_name(why->source, name);
	const char *called = map ? map : name;

	if (value_is(text_field(line, "state"), "suspended"))
		why_add_resume(verdict, called, true);
	if (io_has_no_path(line)) {
		verdict_add_step(verdict,
				 say("bring a path back. "
				     "See 'multipathd show paths', and the way to the storage"),
				 say("none: the requests that wait are carried out"));
		verdict_add_step(verdict,
				 say("fail what waits: run 'dmsetup message %s 0 fail_if_no_path'",
				     called),
				 say("whoever waits gets I/O errors. "
				     "What was to be written is LOST"));
	}
	if (is_throttled(&why->io, name, line))
		why_add_raise(verdict);
	free(map);
}

/* For how long somebody has waited for it, 0 if that is not known. */
static uint64_t longest_wait(const struct why *why, const char *name)
{
	uint64_t waiting, longest = 0;
	const char *line;
	size_t at = 0;

	while ((line = text_next(&why->tasks, "task", &at))) {
		if (!value_is(text_field(line, "device"), name))
			continue;
		waiting = tasks_waiting_ns(line);
		if (waiting > longest)
			longest = waiting;
	}
	return longest;
}

static struct cause *add_cause(struct causes *causes, const char *name,
			       const char *line, const char *what,
			       const struct load *load)
{
	char *full = disk_full_name(causes->why->source, name);
	struct cause *cause;

	cause = causes_get(causes, say("disk %s", name),
			   say("%s %s%s", full, what, load->oldest_ns ?
			       "" : ". For how long is not known"));
	cause->status = load->oldest_ns ? VERDICT_STUCK : VERDICT_UNKNOWN;
	cause_add_device(cause, name, load->nr, load->oldest_ns);
	if (!cause->verdict.nr_steps)
		add_steps(causes->why, &cause->verdict, name, line);
	free(full);
	return cause;
}

/* For a moment a disk may well have requests, or be held up. */
static bool is_stuck(const struct why *why, const char *name, const char *line)
{
	uint64_t oldest;

	if (causes_is_long(causes_load(&why->io, name).oldest_ns))
		return true;
	oldest = io_oldest_ns(&why->io, line);
	return what_holds_up(line) && (!oldest || causes_is_long(oldest));
}

void why_disk_help(struct why *why, const char *name, const char *line)
{
	struct verdict verdict = {};

	if (why->help == WHY_HELP_SAID)
		return;
	add_steps(why, &verdict, name, line);
	if (verdict.nr_steps || (why->help == WHY_HELP_UNSAID &&
				 is_stuck(why, name, line))) {
		why_help(why, &verdict);
		/* Of what lies below it is not said that this is not known. */
		why->help = WHY_HELP_NOT_KNOWN;
	}
	verdict_free(&verdict);
}

/* For a moment it may well be so: a map is suspended to change it. */
static bool judge_held(struct causes *causes, const char *name, const char *line,
		       struct load load)
{
	const char *what = what_holds_up(line);
	const struct why *why = causes->why;
	uint64_t all = io_outstanding(line).nr;

	/* A map that nobody waits for harms nobody. */
	if (!what || (!load.nr && !all))
		return false;
	if (all > load.nr)
		load.nr = all;
	if (!load.oldest_ns)
		load.oldest_ns = io_oldest_ns(&why->io, line);
	if (!load.oldest_ns)
		load.oldest_ns = longest_wait(why, name);
	if (!load.oldest_ns || causes_is_long(load.oldest_ns))
		add_cause(causes, name, line, what, &load);
	return true;
}

static void judge_disk(struct causes *causes, const char *name,
		       const char *line)
{
	const struct text *io = &causes->why->io;
	struct load load = causes_load(io, name);
	struct load throttled = causes_throttled(io, name);
	uint64_t all = io_outstanding(line).nr;

	if (judge_held(causes, name, line, load))
		return;
	if (causes_is_long(load.oldest_ns)) {
		if (all > load.nr)
			load.nr = all;
		add_cause(causes, name, line, "has not answered",
			  &load)->is_silent = true;
	} else if (causes_is_long(throttled.oldest_ns)) {
		all = value_or_zero(text_field(line, "throttled"));
		if (all > throttled.nr)
			throttled.nr = all;
		add_cause(causes, name, line, THROTTLED, &throttled);
	}
}

void disks_judge(struct causes *causes)
{
	const struct why *why = causes->why;
	char plain[DEVICE_NAME_LEN], *name;
	const char *line;
	size_t at = 0;

	while ((line = text_next(&why->io, "disk", &at))) {
		name = value_copy(text_field(line, "device"));
		if (name && disk_is_name(name) &&
		    !device_has_plain_name(plain, name))
			judge_disk(causes, name, line);
		free(name);
	}
}
