// SPDX-License-Identifier: GPL-2.0
/*
 * Compares what is found with what was found before. What is not known now is taken
 * to be as it was: no change is made up.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "facts/aio.h"
#include "facts/io.h"
#include "facts/modfile.h"
#include "facts/tasks.h"
#include "facts/uring.h"
#include "metrics/changes.h"
#include "metrics/judge_all.h"
#include "verdict/judged.h"
#include "why/causes.h"

/**
 * struct look - a look at the host
 * @source: where
 * @before: what was found before, NULL without
 * @now: what is found
 * @now_s: seconds after the boot, 0 if that is not known
 * @devices: those that are not free
 * @why: what @causes were found in
 * @causes: what holds others up
 * @change: what differs, with words of all these
 * @nr_changes: how many
 */
struct look {
	const struct source *source;
	const struct record *before;
	struct record *now;
	uint64_t now_s;
	struct judged_devices devices;
	struct why why;
	struct causes causes;
	struct change *change;
	size_t nr_changes;
};

static uint64_t uptime_s(const struct source *source)
{
	char *line = source_line(source, "proc/uptime");
	uint64_t s = line ? strtoull(line, NULL, 10) : 0;

	free(line);
	return s;
}

char *changes_boot(const struct source *source)
{
	char *line = source_line(source, "proc/sys/kernel/random/boot_id");

	return line ? line : say("%s", "");
}

static uint64_t since(const struct look *look, const struct noted *noted)
{
	return noted && look->now_s > noted->since_s ? look->now_s - noted->since_s : 0;
}

/* To be told in the end: what a run that fails half-way has told, the next one tells again. */
static void add_change(struct look *look, const struct change *change)
{
	look->change = check_memory(reallocarray(look->change, look->nr_changes + 1,
						 sizeof(*change)));
	look->change[look->nr_changes++] = *change;
}

/* ---- what is no more ---- */

/* It is taken to be as it was. */
static void keep(struct noted_list *list, const struct noted *noted)
{
	if (!record_find(list, noted->name))
		record_note(list, noted->name, noted->what, noted->since_s);
}

/* @lacks: some of them may not have been seen */
static void look_for_missing(struct look *look, const struct noted_list *before,
			     struct noted_list *now, bool lacks,
			     void (*tell_missing)(struct look *look,
						  const struct noted *noted))
{
	size_t i;

	for (i = 0; i < before->nr; i++) {
		if (lacks)
			keep(now, &before->at[i]);
		else if (!record_find(now, before->at[i].name))
			tell_missing(look, &before->at[i]);
	}
}

/* ---- devices ---- */

/* Free devices are not noted: there may be thousands. */
static const struct noted *noted_device(const struct look *look, const char *name)
{
	return look->before ? record_find(&look->before->devices, name) : NULL;
}

static void tell_verdict(struct look *look, const char *name, const char *verdict,
			 const char *sentence)
{
	const struct noted *noted = noted_device(look, name);
	struct change change = {
		.kind = CHANGE_VERDICT, .device = name, .verdict = verdict,
		.before = noted ? noted->what : "free", .sentence = sentence,
		.is_first = !look->before, .after_s = since(look, noted),
	};

	if (!look->before)
		change.before = NULL;
	add_change(look, &change);
}

static void look_at_device(struct look *look, const struct judged_device *device)
{
	const char *word = device->verdict.word;
	const struct noted *noted = noted_device(look, device->name);
	bool is_well = device->verdict.status == VERDICT_IN_USE;

	if (noted && (device->unread || !strcmp(noted->what, word))) {
		keep(&look->now->devices, noted);
		return;
	}
	/* It was free before. Only when the record begins nothing is known of before. */
	if (device->unread && look->before)
		return;
	record_note(&look->now->devices, device->name, word, look->now_s);
	/* That a device is in use when the record begins is no news. */
	if (look->before || !is_well)
		tell_verdict(look, device->name, word, is_well ? NULL : device->verdict.text);
}

static bool is_there(const struct source *source, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), MODFILE_DIR "/%s", name);
	return source_can_open(source, path);
}

static void tell_freed(struct look *look, const struct noted *noted)
{
	tell_verdict(look, noted->name,
		     is_there(look->source, noted->name) ? "free" : "gone", NULL);
}

/* Not all devices were seen: those that were not may be as they were. Their files tell it. */
static void look_for_free(struct look *look)
{
	const struct noted_list *before = &look->before->devices;
	struct noted_list *now = &look->now->devices;
	const char **names = check_memory(calloc(before->nr + 1, sizeof(*names)));
	struct judged *judged;
	size_t i, nr = 0;

	for (i = 0; i < before->nr; i++)
		if (!record_find(now, before->at[i].name))
			names[nr++] = before->at[i].name;
	judged = judged_read_all(look->source, names, nr);
	for (i = 0; i < nr; i++) {
		if (!judged[i].message && judged[i].verdict.status == VERDICT_FREE)
			tell_freed(look, record_find(before, names[i]));
		else
			keep(now, record_find(before, names[i]));
		judged_free(&judged[i]);
	}
	free(judged);
	free(names);
}

/* Return: EXIT_DATA if "devices" cannot be understood; without the module this ends. */
static int look_at_devices(struct look *look)
{
	struct judged_devices *all = &look->devices;
	enum exit_status status;
	struct text devices;
	char *message = judge_all(look->source, all, &status);
	size_t i;

	if (message && status != EXIT_DATA) {
		modfile_read(look->source, &devices, "devices");
		text_free(&devices);
	}
	for (i = 0; i < all->nr; i++)
		look_at_device(look, &all->device[i]);
	if (look->before && all->lacks)
		look_for_free(look);
	else if (look->before)
		look_for_missing(look, &look->before->devices, &look->now->devices,
				 false, tell_freed);
	if (!message)
		return 0;
	judge_all_complain(message);
	return EXIT_DATA;
}

/* ---- causes ---- */

static void look_at_cause(struct look *look, const struct cause *cause)
{
	const struct noted *noted = look->before ?
		record_find(&look->before->causes, cause->key) : NULL;
	struct change change = {
		.kind = CHANGE_CAUSE, .key = cause->key, .title = cause->title,
		.is_first = !look->before,
	};

	record_note(&look->now->causes, cause->key, cause->title,
		    noted ? noted->since_s : look->now_s);
	if (!noted)
		add_change(look, &change);
}

static void tell_over(struct look *look, const struct noted *noted)
{
	struct change change = {
		.kind = CHANGE_OVER, .key = noted->name, .title = noted->what,
		.after_s = since(look, noted),
	};

	add_change(look, &change);
}

/*
 * A cause that cannot be told now may have been told before, with the same key; of a
 * device, by its server too.
 */
static bool may_be_same(const struct cause *cause, const char *key)
{
	return !strcmp(cause->key, key) ||
	       (!strncmp(cause->key, "device nbd", 10) && !strncmp(key, "server ", 7));
}

static void keep_untold(struct look *look, const struct cause *cause)
{
	size_t i;

	for (i = 0; look->before && i < look->before->causes.nr; i++)
		if (may_be_same(cause, look->before->causes.at[i].name))
			keep(&look->now->causes, &look->before->causes.at[i]);
}

/* An older module has no such file, and no cause was found in it before. */
static bool file_lacks(enum modfile_found found, const struct text *text)
{
	return found == MODFILE_BROKEN ||
	       (found == MODFILE_READ && !value_is(text_get(text, "complete"), "yes"));
}

static void read_files(struct why *why)
{
	why->aio_found = aio_look(why->source, &why->aio);
	why->io_found = io_look(why->source, &why->io);
	why->tasks_found = tasks_look(why->source, &why->tasks);
	why->uring_found = uring_look(why->source, &why->uring);
}

static void free_files(struct why *why)
{
	disk_map_free(&why->disks);
	text_free(&why->aio);
	text_free(&why->io);
	text_free(&why->tasks);
	text_free(&why->uring);
}

static void look_at_causes(struct look *look)
{
	struct causes *causes = &look->causes;
	struct why *why = &look->why;
	bool lacks;
	size_t i;

	read_files(why);
	/* Whom they hurt is not noted, and to find that out takes long. */
	causes_judge(causes);
	lacks = look->devices.lacks || why->devices_found != MODFILE_READ ||
		why->aio_found != MODFILE_READ || file_lacks(why->aio_found, &why->aio) ||
		file_lacks(why->io_found, &why->io) ||
		file_lacks(why->tasks_found, &why->tasks) ||
		file_lacks(why->uring_found, &why->uring);
	for (i = 0; i < causes->nr; i++) {
		lacks |= causes->cause[i].is_unread;
		if (causes->cause[i].status == VERDICT_STUCK)
			look_at_cause(look, &causes->cause[i]);
	}
	for (i = 0; i < causes->nr; i++)
		if (causes->cause[i].status != VERDICT_STUCK)
			keep_untold(look, &causes->cause[i]);
	if (look->before)
		look_for_missing(look, &look->before->causes, &look->now->causes,
				 lacks, tell_over);
}

/* Those that the causes have read in vain too are said already. */
static void complain_of_unread(const struct look *look)
{
	const struct judged_device *device = look->devices.device;
	const struct cause *cause;
	size_t i;

	for (i = 0; i < look->devices.nr; i++, device++) {
		cause = causes_owing(&look->causes, device->name);
		if (device->unread && !(cause && cause->is_unread))
			complain("%s", device->unread);
	}
}

static void free_look(struct look *look)
{
	judge_all_free(&look->devices);
	causes_free(&look->causes);
	free_files(&look->why);
	free(look->change);
}

static void forget_since(struct noted_list *list, uint64_t now_s)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		list->at[i].since_s = now_s;
}

bool changes_find(const struct source *source, struct record *before,
		  struct record *now, void (*tell)(const struct change *change),
		  int *status)
{
	struct look look = {
		.source = source, .before = before, .now = now, .now_s = uptime_s(source),
		.why = { .source = source, .disks.source = source },
	};
	bool changed;
	size_t i;

	look.causes.why = &look.why;
	/* It may have been otherwise meanwhile. */
	if (before && before->gap) {
		forget_since(&before->devices, look.now_s);
		forget_since(&before->causes, look.now_s);
	}
	memset(now, 0, sizeof(*now));
	now->boot = changes_boot(source);
	if (look_at_devices(&look))
		*status = EXIT_DATA;
	look_at_causes(&look);
	complain_of_unread(&look);
	for (i = 0; i < look.nr_changes; i++)
		tell(&look.change[i]);
	changed = look.nr_changes;
	free_look(&look);
	return changed;
}
