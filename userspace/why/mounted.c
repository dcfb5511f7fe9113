// SPDX-License-Identifier: GPL-2.0
/* Where the devices of causes are mounted, in all mount namespaces, and swapped to. */
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "host/mount_spaces.h"
#include "why/causes.h"

/* ---- find them ---- */

static bool is_below_any(const struct causes *causes, const char *name)
{
	size_t i;

	for (i = 0; i < causes->nr; i++)
		if (cause_is_below(&causes->cause[i], name))
			return true;
	return false;
}

/* Takes point. The same one in another namespace says nothing new. */
static void add(struct causes *causes, const char *disk, char *point,
		const struct task_id *id)
{
	struct mounted *mounted = causes->mounted;
	struct task task;
	size_t i;

	for (i = 0; i < causes->nr_mounted; i++)
		if (!strcmp(mounted[i].point, point) &&
		    !strcmp(mounted[i].disk, disk)) {
			free(point);
			return;
		}
	mounted = check_memory(reallocarray(mounted, i + 1, sizeof(*mounted)));
	causes->mounted = mounted;
	causes->nr_mounted++;
	memset(&mounted[i], 0, sizeof(*mounted));
	strcpy(mounted[i].disk, disk);
	mounted[i].point = point;
	if (!id)
		return;
	mounted[i].tgid = id->tgid;
	if (task_read(causes->why->source, &task, id->tgid, id->tid)) {
		mounted[i].comm = check_memory(strdup(task.comm));
		task_free(&task);
	}
}

/* By the map, as a captured tree is slow to ask for a number. */
static bool find_disk(struct why *why, const struct mount *mount,
		      struct disk *disk)
{
	if (mount->major)
		return disk_map_find(&why->disks, mount->major, mount->minor,
				     disk);
	return disk_mounted_from(why->source, mount, disk);
}

/* Takes mounts. @id: a thread that sees them, NULL of this namespace */
static void add_mounts(struct causes *causes, struct mounts *mounts,
		       const struct task_id *id)
{
	struct mount mount;
	struct disk disk;

	while (mounts_next(mounts, &mount))
		if (find_disk(causes->why, &mount, &disk) &&
		    is_below_any(causes, disk.name))
			add(causes, disk.name,
			    escape_copy(mount.point, strlen(mount.point)), id);
	mounts_close(mounts);
}

/*
 * A thread of each process is enough: one with a namespace of its own has it
 * from a process, or for a moment.
 */
static void find_elsewhere(struct causes *causes)
{
	const struct task_id *id = causes->tasks;
	struct mount_spaces spaces = {};
	enum mount_space_found found;
	struct mounts mounts;
	pid_t told = 0;
	size_t i;

	for (i = 0; i < causes->nr_tasks; i++, id++) {
		if (id->tgid == told)
			continue;
		found = mount_spaces_open(&spaces, causes->why->source, id,
					  &mounts);
		if (found != MOUNT_SPACE_NONE)
			told = id->tgid;
		if (found == MOUNT_SPACE_NEW)
			add_mounts(causes, &mounts, id);
	}
	for (i = 0; i < spaces.nr; i++)
		if (spaces.space[i].failed)
			causes->unread_mounts = spaces.space[i].failed;
	mount_spaces_free(&spaces);
}

void mounted_find(struct causes *causes)
{
	struct mounts mounts;

	mounts_own(causes->why->source, &mounts);
	add_mounts(causes, &mounts, NULL);
	find_elsewhere(causes);
	swaps_read(causes->why->source, &causes->swaps);
}

void mounted_free(struct causes *causes)
{
	size_t i;

	for (i = 0; i < causes->nr_mounted; i++) {
		free(causes->mounted[i].point);
		free(causes->mounted[i].comm);
	}
	free(causes->mounted);
	swaps_free(&causes->swaps);
}

/* ---- those of a cause ---- */

char *mounted_list(const struct causes *causes, const struct cause *cause,
		   bool elsewhere, size_t *len)
{
	const struct mounted *mounted = causes->mounted;
	char *list = NULL, *text;
	size_t i;

	*len = 0;
	for (i = 0; i < causes->nr_mounted; i++, mounted++) {
		if (!cause_is_below(cause, mounted->disk) ||
		    elsewhere == !mounted->tgid)
			continue;
		text = elsewhere ? say("%s (of %s[%d])", mounted->point,
				       mounted->comm ? mounted->comm : "?",
				       (int)mounted->tgid) :
				   say("%s", mounted->point);
		if (argz_add(&list, len, text))
			fail(EXIT_SYSTEM, "out of memory");
		free(text);
	}
	return list;
}

char *mounted_swap(const struct causes *causes, const struct cause *cause,
		   size_t *len)
{
	const struct swaps *swaps = &causes->swaps;
	char *list = NULL, *path;
	size_t i;

	*len = 0;
	for (i = 0; i < swaps->nr; i++) {
		if (!cause_is_below(cause, swaps->swap[i].on.name))
			continue;
		path = escape_copy(swaps->swap[i].path,
				   strlen(swaps->swap[i].path));
		if (argz_add(&list, len, path))
			fail(EXIT_SYSTEM, "out of memory");
		free(path);
	}
	return list;
}

void mounted_say_unread(const struct causes *causes)
{
	if (!causes->unread_mounts)
		return;
	why_say("The mounts that process %d sees cannot be read. ",
		(int)causes->unread_mounts);
	why_say("What else is mounted on the devices above is not known.\n");
	document_incomplete("unreadable-mounts");
}
