// SPDX-License-Identifier: GPL-2.0
/*
 * Compares what is found with what was found before. What is not known now is taken
 * to be as it was: no change is made up.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "facts/aio.h"
#include "facts/io.h"
#include "facts/modfile.h"
#include "facts/tasks.h"
#include "facts/uring.h"
#include "metrics/changes.h"
#include "metrics/judge_all.h"
#include "why/causes.h"

/**
 * struct look - a look at the host
 * @source: where
 * @before: what was found before, NULL without
 * @now: what is found
 * @now_s: seconds after the boot, 0 if that is not known
 * @tell: whom to tell
 * @changed: something was told
 */
struct look {
	const struct source *source;
	const struct record *before;
	struct record *now;
	uint64_t now_s;
	void (*tell)(const struct change *change);
	bool changed;
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

static void tell(struct look *look, const struct change *change)
{
	look->changed = true;
	look->tell(change);
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
	tell(look, &change);
}

static void look_at_device(struct look *look, const struct judged_device *device)
{
	const char *word = device->verdict.word;
	const struct noted *noted = noted_device(look, device->name);
	bool is_well = device->verdict.status == VERDICT_IN_USE;

	if (noted && !strcmp(noted->what, word)) {
		record_note(&look->now->devices, device->name, word, noted->since_s);
		return;
	}
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

/* @lacks: some devices may not have been seen */
static void look_for_freed(struct look *look, bool lacks)
{
	const struct noted *noted;
	size_t i;

	for (i = 0; look->before && i < look->before->devices.nr; i++) {
		noted = &look->before->devices.at[i];
		if (record_find(&look->now->devices, noted->name))
			continue;
		if (lacks)
			record_note(&look->now->devices, noted->name, noted->what,
				    noted->since_s);
		else
			tell_verdict(look, noted->name,
				     is_there(look->source, noted->name) ? "free" : "gone",
				     NULL);
	}
}

static void look_at_devices(struct look *look)
{
	struct judged_devices all;
	struct text devices;
	size_t i;

	modfile_read(look->source, &devices, "devices");
	judge_all(look->source, &all, &devices);
	text_free(&devices);
	for (i = 0; i < all.nr; i++)
		look_at_device(look, &all.device[i]);
	look_for_freed(look, all.lacks);
	judge_all_free(&all);
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
		tell(look, &change);
}

static void tell_over(struct look *look, const struct noted *noted)
{
	struct change change = {
		.kind = CHANGE_OVER, .key = noted->name, .title = noted->what,
		.after_s = since(look, noted),
	};

	tell(look, &change);
}

/* @lacks: some causes may not have been seen */
static void look_for_over(struct look *look, bool lacks)
{
	const struct noted *noted;
	size_t i;

	for (i = 0; look->before && i < look->before->causes.nr; i++) {
		noted = &look->before->causes.at[i];
		if (record_find(&look->now->causes, noted->name))
			continue;
		if (lacks)
			record_note(&look->now->causes, noted->name, noted->what,
				    noted->since_s);
		else
			tell_over(look, noted);
	}
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
	struct why why = { .source = look->source, .disks.source = look->source };
	struct causes causes = { .why = &why };
	bool lacks;
	size_t i;

	read_files(&why);
	causes_find(&causes);
	lacks = why.aio_found != MODFILE_READ || file_lacks(why.aio_found, &why.aio) ||
		file_lacks(why.io_found, &why.io) ||
		file_lacks(why.tasks_found, &why.tasks) ||
		file_lacks(why.uring_found, &why.uring);
	for (i = 0; i < causes.nr; i++)
		/* What cannot be told may be one of those that were there before. */
		if (causes.cause[i].status == VERDICT_STUCK)
			look_at_cause(look, &causes.cause[i]);
		else
			lacks = true;
	look_for_over(look, lacks);
	causes_free(&causes);
	free_files(&why);
}

bool changes_find(const struct source *source, const struct record *before,
		  struct record *now, void (*tell)(const struct change *change))
{
	struct look look = {
		.source = source, .before = before, .now = now, .tell = tell,
		.now_s = uptime_s(source),
	};

	memset(now, 0, sizeof(*now));
	now->boot = changes_boot(source);
	look_at_devices(&look);
	look_at_causes(&look);
	return look.changed;
}
