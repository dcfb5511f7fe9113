// SPDX-License-Identifier: GPL-2.0
/* The file io: what every disk has outstanding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/io.h"
#include "facts/modfile.h"
#include "facts/rest.h"

/* ---- reading ---- */

/* The head says how many disks and requests there are. */
static bool is_whole(const struct text *text)
{
	return text_get(text, "complete").kind != VALUE_MISSING &&
	       value_allows(text_key_field(text, "disks", "outstanding"),
			    text_count(text, "disk")) &&
	       value_allows(text_key_field(text, "requests", "shown"),
			    text_count(text, "request"));
}

void io_read(const struct source *source, struct text *text)
{
	modfile_read_whole(source, text, "io", is_whole);
}

enum modfile_found io_look(const struct source *source, struct text *text)
{
	return modfile_look_whole(source, text, "io", is_whole);
}

/* ---- disks ---- */

const char *io_disk(const struct text *text, const char *name)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(text, "disk", &at)))
		if (value_is(text_field(line, "device"), name))
			break;
	return line;
}

bool io_disk_named(const struct text *text, const char *name,
		   struct disk *disk)
{
	const char *line = disk_is_name(name) ? io_disk(text, name) : NULL;
	char *number = value_copy(text_field(line, "dev"));
	bool known;

	known = number &&
		sscanf(number, "%u:%u", &disk->major, &disk->minor) == 2;
	free(number);
	if (!known)
		return false;
	snprintf(disk->name, sizeof(disk->name), "%s", name);
	memcpy(disk->whole, disk->name, sizeof(disk->whole));
	return true;
}

struct count io_outstanding(const char *disk)
{
	struct count found = value_count(text_field(disk, "found"));
	struct count all = value_count(text_field(disk, "accounted"));

	return all.known && (!found.known || all.nr > found.nr) ? all : found;
}

uint64_t io_oldest_ns(const struct text *text, const char *disk)
{
	uint64_t oldest = value_or_zero(text_field(disk, "oldest_age_ns"));
	char *name = value_copy(text_field(disk, "device"));
	const char *line;
	uint64_t age;
	size_t at = 0;

	while (name && (line = text_next(text, "request", &at))) {
		age = value_or_zero(text_field(line, "age_ns"));
		if (age > oldest && rest_concerns(line, name))
			oldest = age;
	}
	free(name);
	return oldest;
}

bool io_has_no_path(const char *disk)
{
	uint64_t valid;

	return value_number(text_field(disk, "valid_paths"), &valid) && !valid;
}

/* ---- paths ---- */

/**
 * struct tally - the paths of a map, counted
 * @all: how many it has
 * @ever_failed: of these, such as have failed before
 * @valid: how many work, by the map's own count
 */
struct tally {
	uint64_t all;
	uint64_t ever_failed;
	struct count valid;
};

const char *io_next_path(const struct text *text, const char *map, size_t *at)
{
	const char *line;

	do {
		line = text_next(text, "path", at);
	} while (line && !value_is(text_field(line, "map"), map));
	return line;
}

static struct tally count_paths(const struct text *text, const char *map)
{
	struct tally tally = {
		.valid = value_count(text_field(io_disk(text, map),
						"valid_paths")),
	};
	const char *line;
	size_t at = 0;

	while ((line = io_next_path(text, map, &at))) {
		tally.all++;
		if (value_or_zero(text_field(line, "fail_count")))
			tally.ever_failed++;
	}
	return tally;
}

/*
 * A path that does not work has failed at least once. So if as many have ever
 * failed as do not work now, it is these; otherwise some have come back.
 */
static const char *path_state(const struct tally *tally, const char *line)
{
	bool ever = value_or_zero(text_field(line, "fail_count"));

	if (value_is(text_field(line, "state"), "failed"))
		return "failed";
	if (value_is(text_field(line, "state"), "active"))
		return "works";
	if (!tally->valid.known || tally->valid.nr > tally->all)
		return "may have failed";
	if (!tally->valid.nr)
		return "failed";
	if (!ever || tally->valid.nr == tally->all)
		return "works";
	if (tally->all - tally->valid.nr == tally->ever_failed)
		return "failed";
	return "may have failed";
}

const char *io_path_state(const struct text *text, const char *line)
{
	char *map = value_copy(text_field(line, "map"));
	struct tally tally = {};

	if (map)
		tally = count_paths(text, map);
	free(map);
	return path_state(&tally, line);
}

char *io_paths(const struct text *text, const char *map)
{
	struct tally tally = count_paths(text, map);
	const char *line, *before = "";
	struct value device;
	char *said = NULL;
	size_t size, at = 0;
	FILE *out;

	if (!tally.all)
		return NULL;
	out = check_memory(open_memstream(&said, &size));
	while ((line = io_next_path(text, map, &at))) {
		device = text_field(line, "device");
		if (device.kind == VALUE_GIVEN)
			fprintf(out, "%s%.*s ", before, (int)device.len,
				device.at);
		else
			fprintf(out, "%sa device that was removed ", before);
		fputs(path_state(&tally, line), out);
		before = ", ";
	}
	if (fclose(out))
		said = NULL;
	return check_memory(said);
}
