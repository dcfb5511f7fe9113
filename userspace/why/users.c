// SPDX-License-Identifier: GPL-2.0
/* Which processes use which disks: one look at all threads of the host. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/guest.h"
#include "host/task_fds.h"
#include "why/users.h"

static bool is_known(const struct users *users, size_t first, const char *disk)
{
	size_t i;

	for (i = first; i < users->nr; i++)
		if (!strcmp(users->user[i].disk, disk))
			return true;
	return false;
}

static void add_user(struct users *users, const char *disk, pid_t tgid)
{
	if (users->nr == users->room) {
		users->room = users->room ? users->room * 2 : 64;
		users->user = check_memory(reallocarray(users->user,
							users->room,
							sizeof(*users->user)));
	}
	memset(&users->user[users->nr], 0, sizeof(*users->user));
	strcpy(users->user[users->nr].disk, disk);
	users->user[users->nr++].tgid = tgid;
}

static void add_fds(const struct source *source, struct users *users,
		    struct disk_map *disks, size_t first,
		    const struct task_id *id)
{
	char *fds = task_block_fds(source, id->tgid, id->tid);
	const char *at = fds;
	struct task_fd fd;
	struct disk disk;

	while (at && task_next_fd(&at, &fd))
		if (disk_map_find(disks, fd.major, fd.minor, &disk) &&
		    !is_known(users, first, disk.whole))
			add_user(users, disk.whole, id->tgid);
	free(fds);
}

/* The leader may be a zombie, and have nothing open: it still has the process's name. */
static char *name_of(const struct source *source, const struct task_id *id)
{
	struct task task;
	char *name;

	if (!task_read(source, &task, id->tgid, id->tgid) &&
	    !task_read(source, &task, id->tgid, id->tid))
		return NULL;
	name = check_memory(strdup(task.comm));
	task_free(&task);
	return name;
}

static char *copy_or_null(const char *text)
{
	return text ? check_memory(strdup(text)) : NULL;
}

/* Threads mostly share their descriptors, which need not be read again. */
static void look_at(const struct source *source, struct users *users,
		    struct disk_map *disks, const struct task_id *ids,
		    size_t nr)
{
	size_t first = users->nr, i;
	char *comm, *guest;
	bool in_d = false;
	struct task task;

	for (i = 0; i < nr; i++) {
		if (!task_read(source, &task, ids[i].tgid, ids[i].tid))
			continue;
		in_d |= task.state == 'D';
		if (!i || !task_shares_files(source, ids->tid, ids[i].tid))
			add_fds(source, users, disks, first, &ids[i]);
		task_free(&task);
	}
	if (first == users->nr)
		return;
	comm = name_of(source, ids);
	guest = guest_name(source, ids->tgid);
	for (i = first; i < users->nr; i++) {
		users->user[i].in_d = in_d;
		users->user[i].comm = copy_or_null(comm);
		users->user[i].guest = copy_or_null(guest);
	}
	free(comm);
	free(guest);
}

void users_find(const struct source *source, struct users *users,
		struct disk_map *disks, const struct task_id *ids, size_t nr)
{
	size_t i, threads;

	memset(users, 0, sizeof(*users));
	for (i = 0; i < nr; i += threads) {
		for (threads = 1; i + threads < nr &&
		     ids[i + threads].tgid == ids[i].tgid; threads++)
			;
		look_at(source, users, disks, &ids[i], threads);
	}
}

static bool has_user(const struct users *users, const char *disk, pid_t tgid)
{
	size_t i;

	for (i = 0; i < users->nr; i++)
		if (users->user[i].tgid == tgid &&
		    !strcmp(users->user[i].disk, disk))
			return true;
	return false;
}

void users_add(const struct source *source, struct users *users,
	       const char *disk, pid_t tgid)
{
	struct user *user;
	struct task task;

	if (has_user(users, disk, tgid) || strlen(disk) >= DISK_NAME_LEN ||
	    !task_read(source, &task, tgid, tgid))
		return;
	add_user(users, disk, tgid);
	user = &users->user[users->nr - 1];
	user->comm = check_memory(strdup(task.comm));
	user->in_d = task.state == 'D';
	user->guest = guest_name(source, tgid);
	task_free(&task);
}

void users_add_hung(const struct source *source, struct users *users,
		    const char *disk, pid_t tgid, struct value comm)
{
	size_t nr = users->nr;

	if (has_user(users, disk, tgid) || strlen(disk) >= DISK_NAME_LEN)
		return;
	users_add(source, users, disk, tgid);
	if (users->nr == nr) {
		add_user(users, disk, tgid);
		users->user[nr].comm = value_copy(comm);
	}
	users->user[nr].in_d = true;
}

void users_drop_client(struct users *users, const char *disk, pid_t tgid)
{
	struct user *user;
	size_t i;

	for (i = 0; i < users->nr; i++) {
		user = &users->user[i];
		if (user->tgid != tgid || user->in_d ||
		    strcmp(user->disk, disk))
			continue;
		free(user->comm);
		free(user->guest);
		memmove(user, user + 1, (--users->nr - i) * sizeof(*user));
		return;
	}
}

void users_add_gone(struct users *users, const char *disk, pid_t tgid,
		    struct value comm)
{
	if (has_user(users, disk, tgid) || strlen(disk) >= DISK_NAME_LEN)
		return;
	add_user(users, disk, tgid);
	users->user[users->nr - 1].comm = value_copy(comm);
	users->user[users->nr - 1].gone = true;
}

void users_free(struct users *users)
{
	size_t i;

	for (i = 0; i < users->nr; i++) {
		free(users->user[i].comm);
		free(users->user[i].guest);
	}
	free(users->user);
}
