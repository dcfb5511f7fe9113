// SPDX-License-Identifier: GPL-2.0
/* Why a block device of any driver hangs: what it is, what is outstanding, what is below. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/escape.h"
#include "base/fail.h"
#include "base/units.h"
#include "facts/device.h"
#include "facts/io.h"
#include "holders/holders.h"
#include "host/disks.h"
#include "host/loops.h"
#include "why/why.h"

/* ---- what it is ---- */

/* By the beginning of its uuid, which those who make such devices agree on. */
static const char *kind_of_map(const struct source *source,
			       const struct disk *disk)
{
	static const struct {
		const char *begin;
		const char *kind;
	} kinds[] = {
		{ "mpath-", "multipath map" },
		{ "LVM-", "logical volume" },
		{ "CRYPT-", "encrypted device" },
		{ "part", "partition" },
	};
	char path[PATH_MAX], *uuid;
	const char *kind = "device-mapper device";
	size_t i;

	uuid = source_line(source, disk_path(path, disk, "dm/uuid"));
	for (i = 0; uuid && i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(uuid, kinds[i].begin, strlen(kinds[i].begin)))
			kind = kinds[i].kind;
	free(uuid);
	return kind;
}

static void explain_loop(struct why *why, const struct loop *loop)
{
	char *file = escape_copy(loop->file, strlen(loop->file)), *on;

	why_say("%s is a loop device on %s", loop->name, file);
	free(file);
	if (!loop_is_on_device(loop) && *loop->on.name) {
		on = disk_full_name(why->source, loop->on.name);
		why_say(", a file of the filesystem on %s", on);
		free(on);
	}
	why_say(".");
	why_from("/sys/block/%s/loop/backing_file", loop->name);
}

static char *level_of_array(const struct why *why, const struct disk *disk)
{
	char path[PATH_MAX], *line, *level = NULL;

	line = source_line(why->source, disk_path(path, disk, "md/level"));
	if (line && *line)
		level = escape_copy(line, strlen(line));
	free(line);
	return level;
}

static void explain_kind(struct why *why, const struct disk *disk,
			 const struct loops *loops)
{
	const struct loop *loop = loops_find(loops, disk->name);
	char *map = disk_map_name(why->source, disk->name);
	char *level = level_of_array(why, disk);

	if (strcmp(disk->name, disk->whole)) {
		why_say("%s is a partition of %s.", disk->name, disk->whole);
		why_from("/sys/block/%s/%s", disk->whole, disk->name);
	} else if (map) {
		why_say("%s is the %s %s.", disk->name,
			kind_of_map(why->source, disk), map);
		why_from("/sys/block/%s/dm", disk->name);
	} else if (level) {
		why_say("%s is an md array, %s.", disk->name, level);
		why_from("/sys/block/%s/md/level", disk->name);
	} else if (loop) {
		explain_loop(why, loop);
	}
	free(level);
	free(map);
}

/* ---- what it has outstanding ---- */

static void explain_no_path(const struct why *why, const struct disk *disk)
{
	why_say("No path of it works");
	why_say_paths(why, disk->name);
	why_say(": its requests wait until one does.");
	why_from("nbddiag/io: disk, path");
}

static void explain_held(const char *disk)
{
	uint64_t found = value_or_zero(text_field(disk, "found"));

	why_say("%llu of them %s in a private list of its driver, ",
		io_outstanding(disk).nr - found,
		io_outstanding(disk).nr - found == 1 ? "is" : "are");
	why_say_value(text_field(disk, "driver"), "a driver");
	why_say(", which has answered none while this was looked at. ");
	why_say("What that waits for only the driver knows: see the kernel's log.");
	why_from("nbddiag/io: disk");
}

/* What waits for others before the disk is given it. */
static void explain_before(const char *line)
{
	uint64_t throttled = value_or_zero(text_field(line, "throttled"));
	uint64_t tasks = value_or_zero(text_field(line, "submitting"));

	if (throttled) {
		why_say("Limits of cgroups (io.max) hold back %" PRIu64
			" request%s that %s not reached it.", throttled,
			throttled == 1 ? "" : "s",
			throttled == 1 ? "has" : "have");
		why_from("nbddiag/io: disk");
	}
	if (tasks) {
		why_say("%" PRIu64 " task%s wait%s until %s can submit a request to it.",
			tasks, tasks == 1 ? "" : "s", tasks == 1 ? "s" : "",
			tasks == 1 ? "it" : "they");
		why_from("nbddiag/io: disk");
	}
}

static void explain_state(struct why *why, const struct disk *disk,
			  const char *line)
{
	struct value state = text_field(line, "state");

	if (io_has_no_path(line))
		explain_no_path(why, disk);
	if (value_is(state, "suspended")) {
		why_say("It is suspended: its requests wait until it is resumed.");
		why_from("nbddiag/io: disk");
	} else if (value_is(state, "removing")) {
		why_say("It has left the system, and its removal waits for these requests.");
		why_from("nbddiag/io: disk");
	} else if (value_is(state, "held-by-driver")) {
		explain_held(line);
	} else if (value_is(state, "busy")) {
		why_say("Its driver %.*s keeps what was not found, and answers.",
			(int)text_field(line, "driver").len,
			text_field(line, "driver").at);
		why_from("nbddiag/io: disk");
	}
	explain_before(line);
	why_disk_help(why, disk->whole, line);
}

static void explain_load(struct why *why, const struct disk *disk,
			 const char *line)
{
	struct count nr = io_outstanding(line);
	char age[UNITS_LEN];
	uint64_t oldest;

	if (!line || (nr.known && !nr.nr)) {
		why_say("%s has nothing outstanding.", disk->whole);
		why_from("nbddiag/io: disk");
		return;
	}
	oldest = io_oldest_ns(&why->io, line);
	if (nr.known)
		why_say("%s has %llu request%s outstanding", disk->whole, nr.nr,
			nr.nr == 1 ? "" : "s");
	else
		why_say("What %s has outstanding is not known",
			disk->whole);
	if (oldest) {
		units_age(age, oldest);
		why_say(", the oldest for %s", age);
	}
	why_say(".");
	why_from("nbddiag/io: disk, request");
}

/* ---- what is below ---- */

static void say_below(const struct why *why, char **names)
{
	const char *before = "";
	char **name, *full;

	for (name = names; *name; name++) {
		full = disk_full_name(why->source, *name);
		why_say("%s%s", before, full);
		free(full);
		before = name[1] && name[2] ? ", " : " and ";
	}
}

static void explain_below(struct why *why, const struct disk *disk,
			  const struct loops *loops)
{
	const struct loop *loop = loops_find(loops, disk->name);
	char **names = disk_names(why->source, disk, "slaves"), **name;
	struct disk below;

	if (names && *names) {
		why_say("It lies on ");
		say_below(why, names);
		why_say(".");
		why_from("/sys/block/%s/slaves", disk->name);
	}
	for (name = names; name && *name; name++)
		if (disk_named(why->source, *name, &below))
			why_owing(why, below.whole);
	source_free_names(names);
	if (strcmp(disk->name, disk->whole))
		why_owing(why, disk->whole);
	else if (loop && *loop->on.name)
		why_owing(why, loop->on.whole);
}

/* It may have nothing outstanding just because it failed. */
static void explain_path_of(struct why *why, const struct disk *disk)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(&why->io, "path", &at))) {
		if (!value_is(text_field(line, "device"), disk->whole))
			continue;
		why_say("%s is a path of ", disk->whole);
		why_say_names(why, text_field(line, "map"));
		why_say(": it %s.", io_path_state(&why->io, line));
		why_from("nbddiag/io: path");
	}
}

/* ---- a device ---- */

static void explain_outstanding(struct why *why, const struct disk *disk)
{
	const char *line = io_disk(&why->io, disk->whole);

	if (why->io_found != MODFILE_READ) {
		why_say("What %s has outstanding is not known: ", disk->whole);
		why_say("the module has no file io, or it cannot be understood.");
		why_from("nbddiag/io");
		why_rings_on(why, disk->name);
		return;
	}
	explain_load(why, disk, line);
	if (line)
		explain_state(why, disk, line);
	why_waiters(why, disk->name);
	why_rings_on(why, disk->name);
	why_hung(why, disk->name);
	if (line)
		why_rests(why, disk);
}

void why_outstanding(struct why *why, const struct disk *disk)
{
	struct loops loops;

	loops_read(why->source, &loops);
	explain_kind(why, disk, &loops);
	explain_path_of(why, disk);
	explain_outstanding(why, disk);
	explain_below(why, disk, &loops);
	loops_free(&loops);
}

static bool lies_on_others(struct why *why, const struct disk *disk,
			   const struct loops *loops)
{
	char **names = disk_names(why->source, disk, "slaves");
	bool lies = (names && *names) || loops_find(loops, disk->name);

	source_free_names(names);
	return lies;
}

/*
 * Nothing is known to be outstanding there, and yet what is below may hang: not
 * each request can be followed through it on each kernel.
 */
static void pass_through(struct why *why, const struct disk *disk)
{
	struct loops loops;

	loops_read(why->source, &loops);
	if (lies_on_others(why, disk, &loops) &&
	    why_visit_device(why, disk->name)) {
		explain_kind(why, disk, &loops);
		explain_below(why, disk, &loops);
	}
	loops_free(&loops);
}

void why_owing(struct why *why, const char *name)
{
	char plain[DEVICE_NAME_LEN];
	struct disk disk;

	if (!strncmp(name, "nbd", 3) && device_has_plain_name(plain, name)) {
		why_device(why, plain, false);
		return;
	}
	/* Of the others only what hangs is of interest, and what is below. */
	if (!disk_named(why->source, name, &disk) &&
	    !io_disk_named(&why->io, name, &disk))
		return;
	if (!io_disk(&why->io, name))
		pass_through(why, &disk);
	else if (why_visit_device(why, name))
		why_outstanding(why, &disk);
}

void why_disk(struct why *why, const struct disk *disk)
{
	char plain[DEVICE_NAME_LEN];
	struct holders holders;

	/* Of one its own file says most, and who serves it. */
	if (!strncmp(disk->name, "nbd", 3) &&
	    device_has_plain_name(plain, disk->name)) {
		why_device(why, plain, true);
		return;
	}
	if (!why_visit_device(why, disk->name))
		return;
	why_outstanding(why, disk);
	holders_find_disk(why->source, &holders, disk);
	why_holders(why, &holders);
	holders_free(&holders);
}
