// SPDX-License-Identifier: GPL-2.0
/*
 * All devices and the verdict on each. A line of "devices" is enough for most; the file
 * of a device is read if nbd's lock was held, if a request is a second old, so that
 * somebody has to see who serves it, if the module is an older one, or if its line is
 * missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/brief.h"
#include "facts/modfile.h"
#include "holders/server.h"
#include "metrics/judge_all.h"
#include "verdict/judge.h"
#include "verdict/judged.h"
#include "verdict/mixed.h"

/* Takes what was read. Return: false if it has gone meanwhile. */
static bool take_file(const struct source *source, struct judged_device *device,
		      struct judged *judged)
{
	struct mixed mixed;

	if (judged->message) {
		device->verdict.word = "unknown";
		device->verdict.status = VERDICT_UNKNOWN;
		device->verdict.reason = "unreadable";
		device->unread = judged->message;
		judged->message = NULL;
		return judged->status != EXIT_NO_SUCH;
	}
	text_free(&device->text);
	device->text = judged->text;
	device->verdict = judged->verdict;
	memset(judged, 0, sizeof(*judged));
	server_judge(source, &device->verdict, &device->text, device->name);
	device->is_mixed = mixed_find(&mixed, &device->text, device->name);
	return true;
}

static void judge_line(struct judged_device *device, const char *line)
{
	brief_parse(&device->text, line);
	if (judge_brief(&device->verdict, &device->text, device->name))
		return;
	verdict_free(&device->verdict);
	memset(&device->verdict, 0, sizeof(device->verdict));
}

/* Its line cannot tell, or is missing. */
static bool needs_file(const struct judged_device *device)
{
	return !device->verdict.word;
}

static void free_device(struct judged_device *device)
{
	verdict_free(&device->verdict);
	text_free(&device->text);
	free(device->unread);
}

/* Takes the next device, if it is one that counts. @is_there: it has not gone */
static void add_judged(struct judged_devices *all, bool is_there)
{
	struct judged_device *device = &all->device[all->nr];

	if (is_there && (needs_file(device) || device->verdict.status != VERDICT_FREE)) {
		all->nr++;
		return;
	}
	/* One that has gone is neither. */
	all->nr_free += device->verdict.status == VERDICT_FREE;
	free_device(device);
}

static void add_line(struct judged_devices *all, const char *line)
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
	judge_line(device, line);
	add_judged(all, true);
}

static void add_file(struct judged_devices *all, const char *name)
{
	struct judged_device *device = &all->device[all->nr];
	char plain[DEVICE_NAME_LEN];

	memset(device, 0, sizeof(*device));
	if (!device_has_plain_name(plain, name))
		return;
	strcpy(device->name, plain);
	add_judged(all, true);
}

/* All files are read together: for some of them one has to wait. */
static void judge_files(const struct source *source, struct judged_devices *all)
{
	const char **names = check_memory(calloc(all->nr + 1, sizeof(*names)));
	size_t i, nr = all->nr, nr_files = 0, at = 0;
	struct judged *judged;

	for (i = 0; i < nr; i++)
		if (needs_file(&all->device[i]))
			names[nr_files++] = all->device[i].name;
	judged = judged_read_all(source, names, nr_files);
	all->nr = 0;
	for (i = 0; i < nr; i++) {
		struct judged_device *device = &all->device[all->nr];

		*device = all->device[i];
		if (!needs_file(device)) {
			all->nr++;
			continue;
		}
		add_judged(all, take_file(source, device, &judged[at]));
		judged_free(&judged[at++]);
	}
	free(judged);
	free(names);
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
static void judge_devices(const struct source *source, struct judged_devices *all,
			  const struct text *devices)
{
	char **files = source_names(source, MODFILE_DIR, "nbd");
	size_t nr_files = source_count_names(files), i, at = 0;
	size_t nr_lines = text_count(devices, "device");
	const char *line;

	all->device = check_memory(calloc(nr_files + nr_lines + 1,
					  sizeof(*all->device)));
	while ((line = text_next(devices, "device", &at)))
		add_line(all, line);
	all->lacks |= nr_lines < nr_files;
	at = 0;
	for (i = 0; all->lacks && i < nr_files; i++)
		if (!brief_find(devices, files[i], &at))
			add_file(all, files[i]);
	source_free_names(files);
	judge_files(source, all);
	qsort(all->device, all->nr, sizeof(*all->device), worst_first);
}

char *judge_all(const struct source *source, struct judged_devices *all,
		enum exit_status *status)
{
	struct text devices;
	char *message = modfile_read_or_say(source, &devices, "devices", status);

	memset(all, 0, sizeof(*all));
	all->lacks = message;
	if (!message || *status == EXIT_DATA)
		judge_devices(source, all, &devices);
	text_free(&devices);
	return message;
}

void judge_all_complain(char *message)
{
	complain("%s. A device without a file of its own is missed", message);
	free(message);
}

void judge_all_free(struct judged_devices *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		free_device(&all->device[i]);
	free(all->device);
}
