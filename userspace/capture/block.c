// SPDX-License-Identifier: GPL-2.0
/*
 * Captures sysfs: nbd devices, those that the module's files name, what lies on
 * these, and what is below all of them. Of what is only below, nothing else
 * that lies on it: that is nobody's business.
 */
#include <argz.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "capture/capture.h"
#include "host/disks.h"
#include "host/loops.h"

/**
 * struct place - a device that is captured
 * @disk: which
 * @up: with what lies on it
 * @is_new: what lies on or below it was not looked at yet
 */
struct place {
	struct disk disk;
	bool up;
	bool is_new;
};

/**
 * struct places - all of them
 * @source: where they are
 * @loops: all loop devices
 * @place: in the order in which they were found
 * @nr: how many
 * @room: entries allocated
 */
struct places {
	const struct source *source;
	struct loops loops;
	struct place *place;
	size_t nr;
	size_t room;
};

static struct place *find_place(const struct places *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (!strcmp(all->place[i].disk.name, name))
			return &all->place[i];
	return NULL;
}

static void add_disk(struct places *all, const struct disk *disk, bool up)
{
	struct place *place = find_place(all, disk->name);

	if (place) {
		place->is_new = place->is_new || (up && !place->up);
		place->up = place->up || up;
		return;
	}
	if (all->nr == all->room) {
		all->room = all->room ? all->room * 2 : 64;
		all->place = check_memory(reallocarray(all->place, all->room,
						       sizeof(*place)));
	}
	all->place[all->nr++] = (struct place){
		.disk = *disk, .up = up, .is_new = true,
	};
}

static void add_named(struct places *all, const char *name, bool up)
{
	struct disk disk;

	if (disk_named(all->source, name, &disk))
		add_disk(all, &disk, up);
}

static void add_names(struct places *all, char **names, bool up)
{
	char **name;

	for (name = names; name && *name; name++)
		add_named(all, *name, up);
	source_free_names(names);
}

/* ---- what lies on what ---- */

static void look_below(struct places *all, const struct disk *disk)
{
	const struct loop *loop = loops_find(&all->loops, disk->name);

	add_names(all, disk_names(all->source, disk, "slaves"), false);
	if (strcmp(disk->name, disk->whole))
		add_named(all, disk->whole, false);
	if (loop && *loop->on.name)
		add_disk(all, &loop->on, false);
}

static void look_above(struct places *all, const struct disk *disk)
{
	const struct loop *loop;
	size_t at = 0;

	add_names(all, disk_names(all->source, disk, "holders"), true);
	add_names(all, disk_partitions(all->source, disk), true);
	while ((loop = loops_on(&all->loops, disk->name, &at)))
		add_named(all, loop->name, true);
}

/* A device is new at most twice, so that this ends. */
static void look_all(struct places *all)
{
	struct disk disk;
	bool again;
	size_t i;

	do {
		again = false;
		for (i = 0; i < all->nr; i++) {
			if (!all->place[i].is_new)
				continue;
			all->place[i].is_new = false;
			disk = all->place[i].disk;
			look_below(all, &disk);
			if (all->place[i].up)
				look_above(all, &disk);
			again = true;
		}
	} while (again);
}

/* ---- into the archive ---- */

/* Only names matter; a file survives what drops empty directories. */
static void put_names(struct capture *capture, const struct places *all,
		      const struct place *place, const char *what, bool any)
{
	char **names = disk_names(all->source, &place->disk, what), **name;
	char path[PATH_MAX], below[NAME_MAX + 16];

	for (name = names; name && *name; name++) {
		if (!any && !find_place(all, *name))
			continue;
		snprintf(below, sizeof(below), "%s/%s", what, *name);
		tarfile_put_file(&capture->tar,
				 disk_path(path, &place->disk, below), "", 0);
	}
	source_free_names(names);
}

static void put_place(struct capture *capture, const struct places *all,
		      const struct place *place)
{
	static const char * const files[] = {
		"dev", "size", "ro", "dm/name", "dm/uuid", "md/level",
		"loop/backing_file",
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		capture_file(capture, disk_path(path, &place->disk, files[i]));
	put_names(capture, all, place, "holders", place->up);
	put_names(capture, all, place, "slaves", true);
}

/* Who has it open matters, and where it is mounted. */
static void note_disk(struct capture *capture, const struct disk *disk)
{
	numbers_add(&capture->devices,
		    capture_device_number(disk->major, disk->minor));
}

/* Only those of devices: which other files a host has is nobody's business. */
static void put_loops(struct capture *capture, const struct places *all)
{
	const struct loop *loop = all->loops.loop;
	const struct place *place;
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < all->loops.nr; i++, loop++) {
		place = find_place(all, loop->name);
		if (place && *loop->on.name)
			note_disk(capture, &loop->on);
		if (place || !loop_is_on_device(loop))
			continue;
		snprintf(path, sizeof(path), "sys/block/%s/loop/backing_file",
			 loop->name);
		capture_file(capture, path);
	}
}

void capture_block(struct capture *capture)
{
	struct places all = { .source = capture->source };
	const char *name = capture->named;
	size_t i;

	loops_read(capture->source, &all.loops);
	add_names(&all, source_names(capture->source, "sys/block", "nbd"),
		  true);
	for (; name; name = argz_next(capture->named, capture->named_len, name))
		add_named(&all, name, true);
	look_all(&all);
	for (i = 0; i < all.nr; i++) {
		put_place(capture, &all, &all.place[i]);
		if (all.place[i].up)
			note_disk(capture, &all.place[i].disk);
	}
	put_loops(capture, &all);
	loops_free(&all.loops);
	free(all.place);
}
