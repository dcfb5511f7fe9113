// SPDX-License-Identifier: GPL-2.0
/* Where the requests of a device rest, what holds them up there, and who waits for them. */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/io.h"
#include "facts/rest.h"
#include "host/disks.h"
#include "why/why.h"

/* ---- names ---- */

static void say_word(struct value value)
{
	why_say("%.*s", (int)value.len, value.at);
}

char *why_names(const struct why *why, struct value list)
{
	char *names = check_memory(strndup(list.at, list.len)), *name, *full;
	char *all = NULL, *more, *save = NULL;

	for (name = strtok_r(names, ",", &save); name;
	     name = strtok_r(NULL, ",", &save)) {
		full = disk_full_name(why->source, name);
		more = say("%s%s%s", all ? all : "", all ? ", " : "", full);
		free(full);
		free(all);
		all = more;
	}
	free(names);
	return all ? all : check_memory(strdup(""));
}

void why_say_names(const struct why *why, struct value list)
{
	char *names = why_names(why, list);

	why_say("%s", names);
	free(names);
}

void why_say_paths(const struct why *why, const char *name)
{
	char *paths = io_paths(&why->io, name);

	if (paths)
		why_say(" (%s)", paths);
	free(paths);
}

/* ---- where they rest ---- */

static void say_submitting(const struct rest *rest)
{
	static const struct {
		const char *word;
		const char *text;
	} words[] = {
		{ "tag", "all of its tags are taken" },
		{ "writeback-limit",
			"it has as much writeback as is allowed" },
		{ "unfreeze", "its queue is frozen" },
	};
	size_t i;

	why_say(", which %s not submitted yet",
		rest->requests == 1 ? "is" : "are");
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (value_is(rest->waits_for, words[i].word))
			why_say(": %s", words[i].text);
}

static void say_state(const struct why *why, const struct rest *rest)
{
	char *name = check_memory(strndup(rest->device.at, rest->device.len));
	bool one = rest->requests == 1;

	if (value_is(rest->state, "no-path")) {
		why_say(": it has no path left");
		why_say_paths(why, name);
	} else if (value_is(rest->state, "suspended")) {
		why_say(": it is suspended");
	} else if (value_is(rest->state, "queued")) {
		why_say(", and has not been sent %s yet", one ? "it" : "them");
	} else if (value_is(rest->state, "flushing")) {
		why_say(": %s for a flush of it", one ? "it waits" : "they wait");
	} else if (value_is(rest->state, "complete")) {
		why_say(", and has answered: that is about to be passed on");
	} else if (value_is(rest->state, "throttled")) {
		why_say(": limits of a cgroup (io.max) hold %s back", one ? "it" : "them");
	} else if (value_is(rest->state, "submitting")) {
		say_submitting(rest);
	}
	free(name);
}

/* Which device was asked, and by way of which it came. */
static void say_way(const struct why *why, const struct rest *rest)
{
	bool other = rest->asked.kind == VALUE_GIVEN &&
		     !value_same(rest->asked, rest->device);

	if (rest->fs.kind == VALUE_GIVEN) {
		why_say(", asked of a file of the ");
		say_word(rest->fs);
		why_say(" filesystem on ");
		why_say_names(why, rest->asked);
	} else if (other) {
		why_say(", asked of ");
		why_say_names(why, rest->asked);
	}
	if (rest->via.kind == VALUE_GIVEN) {
		why_say(" by way of ");
		why_say_names(why, rest->via);
	}
}

void why_say_rest(const struct why *why, const struct rest *rest)
{
	say_way(why, rest);
	say_state(why, rest);
}

/* What holds up all that a disk has was said. */
static bool is_of_disk(const struct rest *rest)
{
	return value_is(rest->state, "no-path") ||
	       value_is(rest->state, "suspended") ||
	       value_is(rest->state, "throttled");
}

/* These are not among what it has outstanding. */
static bool is_before_disk(const struct rest *rest)
{
	return value_is(rest->state, "throttled") ||
	       value_is(rest->waits_for, "unfreeze");
}

/* @all: how many it is one of, if that is known; else 0 */
static void explain_own(struct why *why, const struct rest *rest,
			unsigned int all)
{
	bool other = !value_same(rest->asked, rest->device) ||
		     rest->fs.kind == VALUE_GIVEN;

	if (!other && is_of_disk(rest))
		return;
	if (is_before_disk(rest))
		why_say("It has yet to be given %u request%s", rest->requests,
			rest->requests == 1 ? "" : "s");
	else if (all == 1)
		why_say("It owes that request itself");
	else
		why_say("It owes %u of them itself", rest->requests);
	say_way(why, rest);
	if (value_is(rest->state, "started"))
		why_say(": its driver has %s, and has not answered",
			rest->requests == 1 ? "it" : "them");
	else if (!is_of_disk(rest))
		say_state(why, rest);
	why_say(".");
	why_from("nbddiag/io: request");
}

/* What rests elsewhere is explained there. */
static void explain_other(struct why *why, const struct rest *rest,
			  unsigned int all)
{
	char *name = check_memory(strndup(rest->device.at, rest->device.len));

	why_say_names(why, rest->device);
	if (all == 1)
		why_say(" owes it");
	else
		why_say(" owes %u of them", rest->requests);
	why_say_rest(why, rest);
	why_say(".");
	why_from("nbddiag/io: request");
	why_owing(why, name);
	free(name);
}

void why_rests(struct why *why, const struct disk *disk)
{
	struct count all = io_outstanding(io_disk(&why->io, disk->whole));
	unsigned int nr;
	struct rests rests = {};
	const char *line;
	size_t at = 0, i;

	while ((line = text_next(&why->io, "request", &at)))
		if (rest_concerns(line, disk->name))
			rests_add(&rests, line);
	/* Of one that was split several places have a part. */
	nr = all.known && all.nr == 1 && rests.nr == 1 &&
	     rests.rest[0].requests == 1;
	for (i = 0; i < rests.nr; i++)
		if (value_is(rests.rest[i].device, disk->whole))
			explain_own(why, &rests.rest[i], nr);
		else
			explain_other(why, &rests.rest[i], nr);
}

/* ---- who waits ---- */

/**
 * struct waiter - who waits for some of the requests
 * @who: the word
 * @tgid: process, 0 if it is none or not known
 * @tid: thread
 * @requests: how many
 */
struct waiter {
	struct value who;
	uint64_t tgid;
	uint64_t tid;
	unsigned int requests;
};

#define WAITERS_MAX 16

static struct waiter waiter_of(const char *line)
{
	struct waiter waiter = { .who = text_field(line, "who") };

	if (value_is(waiter.who, "aio")) {
		waiter.tgid = value_or_zero(text_field(line, "aio_pid"));
		waiter.tid = waiter.tgid;
	} else if (value_is(waiter.who, "task")) {
		waiter.tgid = value_or_zero(text_field(line, "tgid"));
		waiter.tid = value_or_zero(text_field(line, "tid"));
	}
	return waiter;
}

/* Return: how many; more than WAITERS_MAX if not all have a place. */
static size_t find_waiters(const struct why *why, const char *name,
			   struct waiter *waiter)
{
	size_t nr = 0, at = 0, i;
	struct waiter new;
	bool more = false;
	const char *line;

	while ((line = text_next(&why->io, "request", &at))) {
		new = waiter_of(line);
		if (new.who.kind != VALUE_GIVEN ||
		    !rest_concerns(line, name))
			continue;
		for (i = 0; i < nr; i++)
			if (value_same(waiter[i].who, new.who) &&
			    waiter[i].tid == new.tid)
				break;
		if (i == WAITERS_MAX) {
			more = true;
			continue;
		}
		if (i == nr)
			waiter[nr++] = new;
		waiter[i].requests++;
	}
	return nr + more;
}

static void say_waiter(const struct why *why, const struct waiter *waiter)
{
	static const struct {
		const char *word;
		const char *text;
	} words[] = {
		{ "aio", "AIO of a process that was not found" },
		{ "task", "a task that was not found" },
		{ "io-uring", "an io_uring" },
		{ "page-cache", "whoever wants these pages" },
		{ "writeback", "the kernel's writeback" },
		{ "swap", "swap" },
	};
	struct task task;
	size_t i;

	if (waiter->tid && task_read(why->source, &task, waiter->tgid,
				     waiter->tid)) {
		why_say_task(&task);
		task_free(&task);
		if (value_is(waiter->who, "aio"))
			why_say(" by AIO");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!value_is(waiter->who, words[i].word))
			continue;
		why_say("%s", words[i].text);
		return;
	}
	say_word(waiter->who);
}

void why_waiters(const struct why *why, const char *name)
{
	struct waiter waiter[WAITERS_MAX];
	size_t nr = find_waiters(why, name, waiter), i;

	if (!nr)
		return;
	why_say("Who waits for its requests: ");
	for (i = 0; i < nr && i < WAITERS_MAX; i++) {
		why_say("%s", i ? ", " : "");
		say_waiter(why, &waiter[i]);
		why_say(" (%u)", waiter[i].requests);
	}
	why_say("%s.", nr > WAITERS_MAX ? ", and others" : "");
	why_from("nbddiag/io: request");
}
