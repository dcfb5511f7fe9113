// SPDX-License-Identifier: GPL-2.0
/* Where a device is mounted. Each mount namespace is read once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "holders/search.h"
#include "host/mounts.h"
#include "host/task_file.h"

/**
 * struct namespace - a mount namespace
 * @link: what /proc calls it
 * @is_read: its mounts are known
 * @failed: a process through which they could not be read, 0 if that is not so
 */
struct namespace {
	char *link;
	bool is_read;
	pid_t failed;
};

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

/* Return: false if this thread could not tell. */
static bool read_mounts(struct search *search, const struct task_id *id)
{
	char path[TASK_PATH_LEN], *data;
	struct mounts mounts;
	struct block *block;
	struct mount mount;
	size_t size;

	data = source_read(search->source,
			   task_path(path, id->tgid, id->tid, "mountinfo"),
			   &size);
	if (!data)
		return false;
	mounts_open(&mounts, data, size);
	while (mounts_next(&mounts, &mount)) {
		block = block_of(search, &mount);
		if (block)
			add_mount(search, &mount, block, id);
	}
	mounts_close(&mounts);
	free(data);
	return true;
}

/* ---- all of them ---- */

struct namespaces {
	struct namespace *ns;
	size_t nr;
	size_t room;
};

/* Takes link. Most threads are in the same one as the one before. */
static struct namespace *find_namespace(struct namespaces *all, char *link)
{
	size_t i;

	for (i = all->nr; i; i--)
		if (!strcmp(all->ns[i - 1].link, link)) {
			free(link);
			return &all->ns[i - 1];
		}
	if (all->nr == all->room) {
		all->room = all->room ? all->room * 2 : 16;
		all->ns = check_memory(reallocarray(all->ns, all->room,
						    sizeof(*all->ns)));
	}
	all->ns[all->nr] = (struct namespace){ .link = link };
	return &all->ns[all->nr++];
}

static void read_namespace(struct search *search, struct namespaces *all,
			   const struct task_id *id)
{
	struct namespace *ns;
	char *link;

	link = task_link(search->source, id->tgid, id->tid, "ns/mnt");
	/* Zombies and threads that are about to end have none any more. */
	if (!link)
		return;
	ns = find_namespace(all, link);
	if (ns->is_read)
		return;
	ns->is_read = read_mounts(search, id);
	ns->failed = 0;
	if (!ns->is_read && errno != ENOENT && errno != ESRCH &&
	    errno != EINVAL)
		ns->failed = id->tgid;
}

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
	struct namespaces all = {};
	size_t i;

	for (i = 0; i < search->nr_tasks; i++)
		read_namespace(search, &all, &search->tasks[i]);
	count_opens(search);
	for (i = 0; i < all.nr; i++) {
		if (all.ns[i].failed)
			search_blind(search, all.ns[i].failed);
		free(all.ns[i].link);
	}
	free(all.ns);
}
