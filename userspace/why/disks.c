// SPDX-License-Identifier: GPL-2.0
/* Which disks of other drivers owe, and what holds them up. */
#include <stdlib.h>

#include "base/say.h"
#include "facts/device.h"
#include "facts/device_facts.h"
#include "facts/io.h"
#include "why/causes.h"

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

/* What ends it is known of maps only. */
static void help_disk(struct causes *causes, struct cause *cause,
		      const char *name, const char *line)
{
	char *map = disk_map_name(causes->why->source, name);
	const char *called = map ? map : name;

	if (io_has_no_path(line)) {
		verdict_add_step(&cause->verdict,
				 say("bring a path back; "
				     "see 'multipathd show paths', and the way to the storage"),
				 say("none: the requests that wait are carried out"));
		verdict_add_step(&cause->verdict,
				 say("fail what waits: dmsetup message %s 0 fail_if_no_path",
				     called),
				 say("whoever waits gets I/O errors; "
				     "what was to be written is LOST"));
	} else if (value_is(text_field(line, "state"), "suspended")) {
		verdict_add_step(&cause->verdict,
				 say("resume it: dmsetup resume %s", called),
				 say("whoever suspended it, to change it, is disturbed"));
	}
	free(map);
}

static void judge_disk(struct causes *causes, const char *name,
		       const char *line)
{
	const char *what = what_holds_up(line);
	const struct why *why = causes->why;
	uint64_t oldest, owed, all;
	struct cause *cause;
	char *full;

	owed = causes_count_owed(&why->io, name, &oldest);
	all = io_outstanding(line).nr;
	if (!what && owed && oldest >= device_facts_stuck_s * 1000000000ULL)
		what = "has not answered";
	/* A map that nobody waits for harms nobody. */
	if (!what || (!owed && !all))
		return;
	full = disk_full_name(why->source, name);
	cause = causes_get(causes, say("disk %s", name),
			   say("%s %s", full, what));
	cause->status = VERDICT_STUCK;
	cause_add_device(cause, name, all > owed ? all : owed,
			 oldest ? oldest : io_oldest_ns(&why->io, line));
	if (!cause->verdict.nr_steps)
		help_disk(causes, cause, name, line);
	free(full);
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
