// SPDX-License-Identifier: GPL-2.0
/*
 * Where the way of a task that cannot go on ends without a disk: what the module says
 * of it in the file tasks, in a sentence, and whether that is an answer.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/say.h"
#include "facts/io.h"
#include "facts/text.h"
#include "host/freezer.h"
#include "why/why.h"

/**
 * struct end - an end of the way
 * @field: of the task's line
 * @reason: which that has, as -(reason)
 * @text: a sentence without its full stop
 * @unknown: what is not known then, for JSON; NULL if it is an answer
 *
 * A reason that is not here is not known to be an answer.
 */
struct end {
	const char *field;
	const char *reason;
	const char *text;
	const char *unknown;
};

/* The first one counts: who has it comes before which disk owes it. */
static const struct end ends[] = {
	{ "held_by", "passed-on",
		"Nobody has it at this moment. If it still waits later, look again",
		NULL },
	{ "held_by", "gone",
		"Who has it now is not known: look again", "holder-unknown" },
	{ "device", "holder-goes-on",
		"Whoever has it goes on: if it waits again and again, look at that one",
		NULL },
	{ "device", "frozen",
		"No disk owes it: the filesystem is frozen, by whom is not recorded",
		NULL },
	{ "device", "no-holder",
		"Which task to look at next is not known",
		"holder-unknown" },
	{ "device", "holder-unknown",
		"Whether what the last task on this way waits for leads to a disk is not known",
		"holder-unknown" },
	{ "device", "too-many",
		"Whether it leads to a disk is not known: more than 64 tasks wait, each for the next one",
		"holder-unknown" },
	{ "device", "no-request",
		"What owes it is not known: no disk has such a request. It may be in a driver, answered a moment ago, or not sent yet",
		"device-unknown" },
	{ "device", "shared",
		"Several disks share what it waits for, and which is meant is not known",
		"device-unknown" },
	{ "device", "removing",
		"Which device owes it is not known: it has left the system",
		"device-unknown" },
	{ "device", "see-aio",
		"Which devices owe them is not known: the file aio does not have this task",
		"device-unknown" },
	{ "device", "see-uring",
		"Which devices owe them is not known: the file uring has no such ring",
		"device-unknown" },
};

static void say_end(struct why *why, const char *sentence, const char *unknown)
{
	why_say("%s.", sentence);
	why_from("nbddiag/tasks: task");
	if (unknown)
		why_note_unknown(why, unknown);
}

/* Return: whether a ring that it waits for was found, and explained. */
static bool explain_ring(struct why *why, const char *line)
{
	pid_t tid = (pid_t)value_or_zero(text_field(line, "tid"));
	pid_t tgid = (pid_t)value_or_zero(text_field(line, "tgid"));

	if (!value_is(text_field(line, "waits_for"), "ring"))
		return false;
	return why_rings_of_worker(why, tid) ||
	       (tgid && why_rings(why, tgid, true));
}

/* It belongs to no disk; or whoever froze the task itself lets it go on. */
static void explain_none(struct why *why, const char *line)
{
	if (value_is(text_field(line, "waits_for"), "freezer"))
		return;
	say_end(why,
		"What owes it is not known: it belongs to no disk that is known here, like a file on NFS",
		"device-unknown");
}

/* ---- what ends it ---- */

void why_add_thaw(const struct why *why, struct verdict *verdict, pid_t tgid, pid_t tid)
{
	struct freezer freezer;
	char *action, *how;

	if (freezer_find(why->source, &freezer, tgid, tid)) {
		how = freezer_say_thaw(&freezer);
		action = say("thaw it: %s%s", how, freezer.is_deaf ?
			     ". A kill does not end it before that" : "");
		free(how);
	} else {
		action = say("thaw it: write 0 to cgroup.freeze, or THAWED to freezer.state, "
			     "of its cgroup or of one above that. /proc/%d/cgroup names it",
			     (int)tgid);
	}
	verdict_add_step(verdict, action, say("%s", FREEZER_COST));
	freezer_free(&freezer);
}

void why_add_resume(struct verdict *verdict, const char *map, bool is_sure)
{
	verdict_add_step(verdict, is_sure ?
			 say("resume it: run 'dmsetup resume %s'", map) :
			 say("if 'dmsetup info %s' says that it is suspended, resume it: "
			     "run 'dmsetup resume %s'", map, map),
			 say("whoever suspended it, to change it, is disturbed: "
			     "what is just being moved or saved can be wrong then. "
			     "It hangs while a 'dmsetup suspend' waits for requests of the map"));
}

void why_add_raise(struct verdict *verdict)
{
	verdict_add_step(verdict,
			 say("raise the limit: io.max of the cgroup of whoever waits"),
			 say("it takes more of what others have a part of"));
}

static void add_thaw_of_filesystem(struct verdict *verdict)
{
	verdict_add_step(verdict,
			 say("thaw the filesystem: run 'fsfreeze --unfreeze MOUNTPOINT'"),
			 say("whoever froze it, for a snapshot, may get a useless one"));
}

/* Return: "1" or "0", for free(); NULL if it is not known, as of a captured tree. */
static char *read_suspended(const struct why *why, const struct disk *disk)
{
	const char *line = io_disk(&why->io, disk->name);
	char path[PATH_MAX];

	if (line && value_is(text_field(line, "state"), "suspended"))
		return say("1");
	return source_line(why->source, disk_path(path, disk, "dm/suspended"));
}

/* If the map is not suspended, the task waits until it is idle. */
static void add_resume(const struct why *why, struct verdict *verdict, const char *line)
{
	char *name = value_copy(text_field(line, "asked")), *map, *suspended;
	struct disk disk;

	if (name && disk_named(why->source, name, &disk)) {
		map = disk_map_name(why->source, name);
		suspended = read_suspended(why, &disk);
		if (!suspended || strcmp(suspended, "0"))
			why_add_resume(verdict, map ? map : name, suspended);
		free(suspended);
		free(map);
	}
	free(name);
}

void why_add_end(const struct why *why, struct verdict *verdict, const char *line)
{
	struct value word = text_field(line, "waits_for");
	uint64_t tgid = value_or_zero(text_field(line, "tgid"));
	uint64_t tid = value_or_zero(text_field(line, "tid"));

	if (value_is(word, "thaw"))
		add_thaw_of_filesystem(verdict);
	else if (value_is(word, "mapped-device"))
		add_resume(why, verdict, line);
	else if (value_is(word, "freezer") && tgid <= INT_MAX && tid <= INT_MAX)
		why_add_thaw(why, verdict, (pid_t)tgid, (pid_t)tid);
}

/* Of a root cause it was said before, and all threads of a process are frozen together. */
static void say_what_ends_it(struct why *why, const char *line)
{
	struct verdict verdict = {};

	if (why->help == WHY_HELP_SAID ||
	    (value_is(text_field(line, "waits_for"), "freezer") &&
	     !why_visit(why, &why->frozen, (pid_t)value_or_zero(text_field(line, "tgid")))))
		return;
	why_add_end(why, &verdict, line);
	if (verdict.nr_steps) {
		why_help(why, &verdict);
		why->help = WHY_HELP_NOT_KNOWN;
	}
	verdict_free(&verdict);
}

/* ---- the end ---- */

static void explain_end(struct why *why, const char *line)
{
	struct value device = text_field(line, "device");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		if (!value_is_unknown(text_field(line, ends[i].field),
				      ends[i].reason))
			continue;
		say_end(why, ends[i].text, ends[i].unknown);
		return;
	}
	if (device.kind != VALUE_UNKNOWN) {
		explain_none(why, line);
		return;
	}
	why_say("Which device owes it is not known (%.*s).", (int)device.len,
		device.at);
	why_from("nbddiag/tasks: task");
	why_note_unknown(why, "device-unknown");
}

void why_unlisted(struct why *why)
{
	why_say("What it waits for in the kernel is not known: ");
	if (why->source->live)
		why_say("it stays in D, and the module did not list it.");
	else
		why_say("%s %s", "the module did not list it.",
			"It hangs, or was in D for a moment only.");
	why_from("nbddiag/tasks: task");
	why_note_unknown(why, "wait-unknown");
}

void why_way_ends(struct why *why, const char *line)
{
	if (explain_ring(why, line))
		return;
	explain_end(why, line);
	say_what_ends_it(why, line);
}

void why_wait_unknown(struct why *why, const char *line)
{
	static const struct {
		const char *reason;
		const char *text;
	} reasons[] = {
		{ "no-record",
			": it has left none of the records that are understood" },
		{ "unproved", ": its record could not be checked" },
		{ "list-incomplete",
			": others wait for the same, and not all of them could be looked at" },
		{ "unknown-object",
			": it is in none of the objects that are understood" },
		{ "stack-unreadable", ": its stack could not be read" },
	};
	struct value awaited = text_field(line, "waits_for");
	size_t i;

	why_say("What it waits for in the kernel is not known");
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (value_is_unknown(awaited, reasons[i].reason))
			why_say("%s", reasons[i].text);
	why_say(".");
	why_from("nbddiag/tasks: task");
	why_note_unknown(why, "wait-unknown");
}
