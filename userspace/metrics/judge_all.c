// SPDX-License-Identifier: GPL-2.0
/*
 * All devices and the verdict on each. A line of "devices" is enough for most; the file
 * of a device is read if nbd's lock was held, if a request is a second old, so that
 * somebody has to see who serves it, or if the module is an older one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "facts/brief.h"
#include "facts/modfile.h"
#include "holders/server.h"
#include "metrics/judge_all.h"
#include "verdict/judge.h"
#include "verdict/judged.h"
#include "verdict/mixed.h"

/* For so long in all it is waited until something of a moment is over. */
#define PATIENCE_S 10

/* Return: NULL, or what is wrong. */
static char *read_file(const struct source *source, struct judged *judged,
		       const char *name, double begun, enum exit_status *status)
{
	char *message;

	if (clock_seconds() - begun < PATIENCE_S)
		return judged_read_or_say(source, judged, name, status);
	memset(judged, 0, sizeof(*judged));
	message = device_read_or_say(source, &judged->text, name, status);
	if (!message)
		judge_device(&judged->verdict, &judged->text, NULL, name);
	return message;
}

/* Return: false if it has gone meanwhile. */
static bool judge_file(const struct source *source, struct judged_device *device,
		       double begun)
{
	enum exit_status status;
	struct judged judged;
	struct mixed mixed;
	char *message = read_file(source, &judged, device->name, begun, &status);

	if (message) {
		if (status != EXIT_NO_SUCH)
			complain("%s", message);
		free(message);
		device->verdict.word = "unknown";
		device->verdict.status = VERDICT_UNKNOWN;
		device->verdict.reason = "unreadable";
		device->is_unread = true;
		return status != EXIT_NO_SUCH;
	}
	text_free(&device->text);
	device->text = judged.text;
	device->verdict = judged.verdict;
	server_judge(source, &device->verdict, &device->text, device->name);
	device->is_mixed = mixed_find(&mixed, &device->text, device->name);
	return true;
}

static bool judge_line(const struct source *source, struct judged_device *device,
		       const char *line, double begun)
{
	brief_parse(&device->text, line);
	if (judge_brief(&device->verdict, &device->text, device->name))
		return true;
	verdict_free(&device->verdict);
	memset(&device->verdict, 0, sizeof(device->verdict));
	return judge_file(source, device, begun);
}

static void free_device(struct judged_device *device)
{
	verdict_free(&device->verdict);
	text_free(&device->text);
}

static void add_line(const struct source *source, struct judged_devices *all,
		     const char *line, double begun)
{
	struct judged_device *device = &all->device[all->nr];
	struct value name = text_field(line, "name");
	char plain[DEVICE_NAME_LEN] = "";

	memset(device, 0, sizeof(*device));
	if (name.kind == VALUE_GIVEN && name.len < DEVICE_NAME_LEN)
		memcpy(device->name, name.at, name.len);
	if (!device_has_plain_name(plain, device->name) || strcmp(plain, device->name)) {
		all->lacks = true;
		return;
	}
	if (brief_is_free(line)) {
		all->nr_free++;
		return;
	}
	if (judge_line(source, device, line, begun) &&
	    device->verdict.status != VERDICT_FREE) {
		all->nr++;
		return;
	}
	/* One that has gone is neither. */
	all->nr_free += device->verdict.status == VERDICT_FREE;
	free_device(device);
}

static int badness(const struct judged_device *device)
{
	static const int of_status[] = {
		[VERDICT_STUCK] = 3, [VERDICT_UNKNOWN] = 2, [VERDICT_IN_USE] = 1,
	};

	return device->is_mixed ? 4 : of_status[device->verdict.status];
}

static int worst_first(const void *a, const void *b)
{
	const struct judged_device *one = a, *two = b;
	int worse = badness(two) - badness(one);

	return worse ? worse : strverscmp(one->name, two->name);
}

/* Each device has a file, and a line; it may just come or go. */
static size_t count_files(const struct source *source)
{
	char **names = source_names(source, MODFILE_DIR, "nbd");
	size_t nr = 0;

	while (names && names[nr])
		nr++;
	source_free_names(names);
	return nr;
}

void judge_all(const struct source *source, struct judged_devices *all,
	       const struct text *devices)
{
	size_t nr = text_count(devices, "device"), at = 0;
	double begun = clock_seconds();
	const char *line;

	memset(all, 0, sizeof(*all));
	all->lacks = nr < count_files(source);
	all->device = check_memory(calloc(nr + 1, sizeof(*all->device)));
	while ((line = text_next(devices, "device", &at)))
		add_line(source, all, line, begun);
	qsort(all->device, all->nr, sizeof(*all->device), worst_first);
}

void judge_all_free(struct judged_devices *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		free_device(&all->device[i]);
	free(all->device);
}
