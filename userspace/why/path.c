// SPDX-License-Identifier: GPL-2.0
/* Why a path hangs: of a file in this mount namespace, or of a mount point in another one. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/numbers.h"
#include "host/mount_spaces.h"
#include "why/why.h"

/* The file is not looked up, as that could hang; so it need not be there. */
bool why_file(struct why *why, const char *name)
{
	char *escaped, *full;
	struct mounts mounts;
	struct disk disk;
	bool found;

	if (*name != '/' || strstr(name, "/.."))
		return false;
	mounts_own(why->source, &mounts);
	found = disk_of_path(why->source, &mounts, name, &disk);
	mounts_close(&mounts);
	if (!found)
		return false;
	escaped = escape_copy(name, strlen(name));
	full = disk_full_name(why->source, disk.name);
	why_say("%s is on the filesystem of %s, by its mount point.", escaped,
		full);
	why_from(why->source->live ? "/proc/self/mountinfo" :
				     "/proc/1/task/1/mountinfo");
	free(full);
	free(escaped);
	why_disk(why, &disk);
	return true;
}

/* ---- other mount namespaces ---- */

static void explain_mount(struct why *why, const char *name,
			  const struct disk *disk, const struct task_id *id)
{
	char *escaped = escape_copy(name, strlen(name));
	char *full = disk_full_name(why->source, disk->name);
	struct task task;

	why_say("%s is a mount point of the filesystem of %s in the mount namespace of ",
		escaped, full);
	if (task_read(why->source, &task, id->tgid, id->tid)) {
		why_say("%s[%d].", task.comm, (int)task.tid);
		task_free(&task);
	} else {
		why_say("process %d.", (int)id->tgid);
	}
	why_from("/proc/%d/task/%d/mountinfo", (int)id->tgid, (int)id->tid);
	free(full);
	free(escaped);
	why_disk(why, disk);
}

/* Two namespaces can have different filesystems there. Return: false if it was told before. */
static bool is_new(struct numbers *told, const struct disk *disk)
{
	uint64_t number = (uint64_t)disk->major << 32 | disk->minor;

	if (numbers_has(told, number))
		return false;
	numbers_add(told, number);
	return true;
}

static void say_unread(const struct mount_spaces *spaces)
{
	size_t i;

	for (i = 0; i < spaces->nr; i++)
		if (spaces->space[i].failed)
			complain("the mounts that process %d sees could not be read",
				 (int)spaces->space[i].failed);
}

bool why_mount_elsewhere(struct why *why, const char *name)
{
	struct mount_spaces spaces = {};
	struct numbers told = {};
	struct mounts mounts;
	struct task_id *ids;
	struct disk disk;
	bool found = false;
	size_t nr, i;

	if (*name != '/')
		return false;
	ids = task_list(why->source, &nr);
	for (i = 0; i < nr; i++) {
		if (mount_spaces_open(&spaces, why->source, &ids[i], &mounts) !=
		    MOUNT_SPACE_NEW)
			continue;
		if (disk_mounted_at(why->source, &mounts, name, &disk) &&
		    is_new(&told, &disk)) {
			explain_mount(why, name, &disk, &ids[i]);
			found = true;
		}
		mounts_close(&mounts);
	}
	say_unread(&spaces);
	free(ids);
	mount_spaces_free(&spaces);
	numbers_free(&told);
	return found;
}
