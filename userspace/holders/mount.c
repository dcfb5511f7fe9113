// SPDX-License-Identifier: GPL-2.0
/* Where a device is mounted. Each mount namespace is read once. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "holders/search.h"
#include "host/mount_spaces.h"

/*
 * Some filesystems have a number of their own and name the device only. Others
 * do not count: to them that is a text like any other.
 */
static struct block *block_of(const struct search *search,
			      const struct mount *mount)
{
	if (!mount->major && (!strcmp(mount->type, "btrfs") ||
			      !strcmp(mount->type, "bcachefs")))
		return search_path(search, mount->source);
	return search_number(search, mount->major, mount->minor);
}

/* ---- a namespace ---- */

/* Return: the row for the same mount, as another namespace has it. */
static struct holder *find_same(const struct search *search, const char *device,
				const char *what)
{
	const struct holders *holders = search->holders;
	struct holder *holder = holders->holder;
	size_t i;

	for (i = 0; i < holders->nr; i++, holder++)
		if (holder->kind == HOLDER_MOUNT && !strcmp(holder->what, what) &&
		    !strcmp(holder->device, device))
			return holder;
	return NULL;
}

static void add_mount(struct search *search, const struct mount *mount,
		      struct block *block, const struct task_id *id)
{
	char *what = escape_copy(mount->point, strlen(mount->point));
	struct holder *holder = find_same(search, block->disk.name, what);

	if (holder) {
		holder->mounts++;
		free(what);
		return;
	}
	holder = search_add(search, HOLDER_MOUNT, block);
	holder->what = what;
	holder->mounts = 1;
	if (id->tgid == 1 || !task_read(search->source, &holder->task, id->tgid,
					id->tid))
		memset(&holder->task, 0, sizeof(holder->task));
}

static void add_mounts(struct search *search, struct mounts *mounts,
		       const struct task_id *id)
{
	struct block *block;
	struct mount mount;

	while (mounts_next(mounts, &mount)) {
		block = block_of(search, &mount);
		if (block)
			add_mount(search, &mount, block, id);
	}
}

/* ---- all of them ---- */

/* However often it is mounted, the filesystem has opened the device once. */
static void count_opens(struct search *search)
{
	struct holders *holders = search->holders;
	size_t i, j;

	for (i = 0; i < search->nr_own; i++)
		for (j = 0; j < holders->nr; j++)
			if (holders->holder[j].kind == HOLDER_MOUNT &&
			    !strcmp(holders->holder[j].device,
				    search->block[i].disk.name)) {
				holders->opens++;
				break;
			}
}

void search_mounts(struct search *search)
{
	struct mount_spaces spaces = {};
	const struct task_id *id;
	struct mounts mounts;
	size_t i;

	for (i = 0; i < search->nr_tasks; i++) {
		id = &search->tasks[i];
		if (mount_spaces_open(&spaces, search->source, id, &mounts) !=
		    MOUNT_SPACE_NEW)
			continue;
		add_mounts(search, &mounts, id);
		mounts_close(&mounts);
	}
	count_opens(search);
	for (i = 0; i < spaces.nr; i++)
		if (spaces.space[i].failed)
			search_blind(search, spaces.space[i].failed);
	mount_spaces_free(&spaces);
}
