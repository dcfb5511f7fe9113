// SPDX-License-Identifier: GPL-2.0
/* What lies on the devices of a cause, what of that it holds up, and whom it hurts. */
#include <argz.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "base/units.h"
#include "why/causes.h"

static void add_above(struct causes *causes, struct cause *cause,
		      const struct disk *disk, unsigned int height);

static void add_named(struct causes *causes, struct cause *cause,
		      const char *name, unsigned int height)
{
	struct disk disk;

	if (disk_named(causes->why->source, name, &disk))
		add_above(causes, cause, &disk, height);
}

static void add_names(struct causes *causes, struct cause *cause,
		      char **names, unsigned int height)
{
	char **name;

	for (name = names; name && *name; name++)
		add_named(causes, cause, *name, height);
	source_free_names(names);
}

/* A device is added once, so that this ends. */
static void add_above(struct causes *causes, struct cause *cause,
		      const struct disk *disk, unsigned int height)
{
	const struct source *source = causes->why->source;
	const struct loop *loop;
	size_t at = 0;

	if (cause_is_below(cause, disk->name))
		return;
	if (height == WHY_MAX_HEIGHT || cause->nr_above == WHY_MAX_ABOVE) {
		causes->why->cut |= WHY_CUT_ABOVE;
		return;
	}
	if (argz_add(&cause->above, &cause->above_len, disk->name))
		fail(EXIT_SYSTEM, "out of memory");
	cause->nr_above++;
	add_names(causes, cause, disk_names(source, disk, "holders"),
		  height + 1);
	add_names(causes, cause, disk_partitions(source, disk), height + 1);
	/* Loop devices are not among the holders. */
	while ((loop = loops_on(&causes->loops, disk->name, &at)))
		add_named(causes, cause, loop->name, height + 1);
}

void above_list(struct causes *causes, struct cause *cause)
{
	const char *name = NULL;

	if (!causes->has_loops)
		loops_read(causes->why->source, &causes->loops);
	causes->has_loops = true;
	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		add_named(causes, cause, name, 0);
}

/* ---- what is held up by what is below ---- */

/* What owes nothing fails what it is given, or was given nothing: it holds up nothing. */
static bool holds_up(const struct cause *cause, const char *device)
{
	return cause->status == VERDICT_STUCK && !cause->is_mixed &&
	       (cause->requests || cause->requests_unknown) &&
	       cause_is_below(cause, device);
}

/* Does a device of a cause lie on one of another? */
static bool lies_on(const struct cause *cause, const struct cause *below)
{
	const char *name = NULL;

	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		if (cause_is_below(below, name))
			return true;
	return false;
}

/*
 * The nearest one. Of two that do not lie on each other either may be the reason.
 * Return: NULL without, or if that is not known. @but: not this one.
 */
static struct cause *stuck_below(const struct causes *causes,
				 const struct cause *but, const char *device)
{
	struct cause *cause, *nearest = NULL;
	size_t i;

	for (i = 0; i < causes->nr; i++) {
		cause = &causes->cause[i];
		if (cause != but && holds_up(cause, device) &&
		    (!nearest || lies_on(cause, nearest)))
			nearest = cause;
	}
	for (i = 0; nearest && i < causes->nr; i++) {
		cause = &causes->cause[i];
		if (cause != but && cause != nearest &&
		    holds_up(cause, device) && !lies_on(nearest, cause))
			return NULL;
	}
	return nearest;
}

struct cause *above_cause(const struct causes *causes, const char *device)
{
	struct cause *cause = causes_owing(causes, device);

	if (cause)
		return cause;
	cause = stuck_below(causes, NULL, device);
	return cause && !disks_is_held_up(&causes->why->io, device) ?
		cause : NULL;
}

/* "It holds up loop0: 2 requests, the oldest for 2m 6s" */
static char *say_held_up(const struct causes *causes, const struct cause *cause)
{
	char *full = disk_full_name(causes->why->source, cause->devices);
	char age[UNITS_LEN], *sentence;

	units_age(age, cause->oldest_ns);
	if (cause->requests)
		sentence = say("It holds up %s: %s%" PRIu64 " request%s%s%s",
			       full, cause->requests_unknown ? "at least " : "",
			       cause->requests, cause->requests == 1 ? "" : "s",
			       cause->oldest_ns ? ", the oldest for " : "",
			       cause->oldest_ns ? age : "");
	else
		sentence = say("It holds up %s", full);
	free(full);
	return sentence;
}

/* Its requests have become those of the reason, and are not counted twice. */
static void lay_on(struct causes *causes, struct cause *cause,
		   struct cause *reason)
{
	char *sentence = say_held_up(causes, cause);
	struct held_disk disk = {
		.requests = cause->requests,
		.requests_unknown = cause->requests_unknown,
		.oldest_ns = cause->oldest_ns,
	};

	if (argz_add(&reason->held_up, &reason->held_up_len, sentence))
		fail(EXIT_SYSTEM, "out of memory");
	free(sentence);
	snprintf(disk.name, sizeof(disk.name), "%s", cause->devices);
	cause_add_held(reason, &disk);
	free(cause->devices);
	cause->devices = NULL;
	cause->devices_len = 0;
	cause->requests = 0;
	cause->requests_unknown = false;
	cause->oldest_ns = 0;
	causes_merge(causes, cause - causes->cause, reason - causes->cause);
}

void above_judge(struct causes *causes)
{
	struct cause *cause, *reason;
	size_t i = 0;

	while (i < causes->nr) {
		cause = &causes->cause[i];
		reason = cause->is_silent ?
			stuck_below(causes, cause, cause->devices) : NULL;
		if (reason)
			lay_on(causes, cause, reason);
		else
			i++;
	}
}

/* ---- whom it hurts ---- */

/* Whoever waits may have closed the device, or have only a file on it. */
static void add_waiters(struct causes *causes, const struct cause *cause,
			const struct text *text, const char *key,
			const char *pid_field)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(text, key, &at)))
		causes_add_user(causes, cause, text_field(line, "device"),
				text_field(line, pid_field));
}

void above_find(struct causes *causes, struct cause *cause)
{
	size_t i;

	above_list(causes, cause);
	add_waiters(causes, cause, &causes->why->aio, "owed", "pid");
	add_waiters(causes, cause, &causes->why->io, "request", "aio_pid");
	add_waiters(causes, cause, &causes->why->io, "request", "tgid");
	hung_add_users(causes, cause);
	for (i = 0; i < causes->users.nr; i++)
		cause->users += cause_is_below(cause, causes->users.user[i].disk);
}
