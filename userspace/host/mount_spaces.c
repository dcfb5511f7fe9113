// SPDX-License-Identifier: GPL-2.0
/* Mount namespaces: each is read once, by the first thread that is in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/apart.h"
#include "host/mount_spaces.h"
#include "host/task_file.h"

/* Takes link. Most threads are in the same one as the one before. */
static struct mount_space *find_space(struct mount_spaces *spaces, char *link)
{
	size_t i;

	for (i = spaces->nr; i; i--)
		if (!strcmp(spaces->space[i - 1].link, link)) {
			free(link);
			return &spaces->space[i - 1];
		}
	if (spaces->nr == spaces->room) {
		spaces->room = spaces->room ? spaces->room * 2 : 16;
		spaces->space = check_memory(reallocarray(spaces->space,
							  spaces->room,
							  sizeof(*spaces->space)));
	}
	spaces->space[spaces->nr] = (struct mount_space){ .link = link };
	return &spaces->space[spaces->nr++];
}

/* Return: false if this thread could not tell. */
static bool read_mounts(const struct source *source, const struct task_id *id,
			struct mounts *mounts)
{
	char path[TASK_PATH_LEN], *data;
	size_t size;

	data = apart_read(source,
			  task_path(path, id->tgid, id->tid, "mountinfo"),
			  &size);
	if (!data)
		return false;
	mounts_open(mounts, data, size);
	free(data);
	return true;
}

enum mount_space_found mount_spaces_open(struct mount_spaces *spaces,
					 const struct source *source,
					 const struct task_id *id,
					 struct mounts *mounts)
{
	struct mount_space *space;
	char *link = task_link(source, id->tgid, id->tid, "ns/mnt");

	/* Zombies and threads that are about to end have none any more. */
	if (!link)
		return MOUNT_SPACE_NONE;
	space = find_space(spaces, link);
	if (space->is_read)
		return MOUNT_SPACE_KNOWN;
	space->is_read = read_mounts(source, id, mounts);
	space->failed = 0;
	if (space->is_read)
		return MOUNT_SPACE_NEW;
	if (errno != ENOENT && errno != ESRCH && errno != EINVAL)
		space->failed = id->tgid;
	return MOUNT_SPACE_KNOWN;
}

void mount_spaces_free(struct mount_spaces *spaces)
{
	size_t i;

	for (i = 0; i < spaces->nr; i++)
		free(spaces->space[i].link);
	free(spaces->space);
	memset(spaces, 0, sizeof(*spaces));
}
