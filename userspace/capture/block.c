// SPDX-License-Identifier: GPL-2.0
/* Captures sysfs: nbd devices, their partitions, and what lies on them. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "capture/capture.h"

/* Maps on maps on maps; more is a loop in a hostile tree. */
#define DEPTH 8

static void capture_device(struct capture *capture, const char *path,
			   const char *name, int depth);

/* Its number, and whether it was new. */
static bool note_device(struct capture *capture, const char *path)
{
	unsigned int major, minor;
	char file[PATH_MAX], *line;
	uint64_t number;
	bool is_new = false;

	snprintf(file, sizeof(file), "%s/dev", path);
	line = source_line(capture->source, file);
	if (line && sscanf(line, "%u:%u", &major, &minor) == 2) {
		number = capture_device_number(major, minor);
		is_new = !numbers_has(&capture->devices, number);
		numbers_add(&capture->devices, number);
	}
	free(line);
	return is_new;
}

/* The names of holders, and the holders themselves. */
static void capture_holders(struct capture *capture, const char *path,
			    int depth)
{
	char below[PATH_MAX], disk[PATH_MAX], **names, **name;

	snprintf(below, sizeof(below), "%s/holders", path);
	names = source_names(capture->source, below, NULL);
	for (name = names; name && *name; name++) {
		if (snprintf(below, sizeof(below), "%s/holders/%s", path,
			     *name) >= (int)sizeof(below))
			continue;
		/* Only its name matters; a file survives what drops empty directories. */
		tarfile_put_file(&capture->tar, below, "", 0);
		snprintf(disk, sizeof(disk), "sys/block/%s", *name);
		if (depth < DEPTH)
			capture_device(capture, disk, *name, depth + 1);
	}
	source_free_names(names);
}

static void capture_partitions(struct capture *capture, const char *path,
			       const char *name, int depth)
{
	char **names = source_names(capture->source, path, NULL), **part;
	char below[PATH_MAX];

	for (part = names; part && *part; part++)
		if (!strncmp(*part, name, strlen(name)) &&
		    snprintf(below, sizeof(below), "%s/%s", path, *part) <
		    (int)sizeof(below))
			capture_device(capture, below, *part, depth + 1);
	source_free_names(names);
}

static void capture_device(struct capture *capture, const char *path,
			   const char *name, int depth)
{
	static const char * const files[] = {
		"dev", "size", "ro", "dm/name", "dm/uuid", "md/level",
	};
	char file[PATH_MAX];
	size_t i;

	if (!note_device(capture, path))
		return;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		capture_file(capture, file);
	}
	capture_holders(capture, path, depth);
	if (depth < DEPTH)
		capture_partitions(capture, path, name, depth);
}

/* Only those of devices: which other files a host has is nobody's business. */
static void capture_loops(struct capture *capture)
{
	char **names = source_names(capture->source, "sys/block", "loop");
	char path[PATH_MAX], **name, *file;

	for (name = names; name && *name; name++) {
		snprintf(path, sizeof(path), "sys/block/%s/loop/backing_file",
			 *name);
		file = source_line(capture->source, path);
		if (file && !strncmp(file, "/dev/", 5))
			capture_file(capture, path);
		free(file);
	}
	source_free_names(names);
}

void capture_block(struct capture *capture)
{
	char **names = source_names(capture->source, "sys/block", "nbd");
	char path[PATH_MAX], **name;

	for (name = names; name && *name; name++) {
		snprintf(path, sizeof(path), "sys/block/%s", *name);
		capture_device(capture, path, *name, 0);
	}
	source_free_names(names);
	capture_loops(capture);
}
