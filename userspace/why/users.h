/* SPDX-License-Identifier: GPL-2.0 */
/* Which processes use which disks: one look at all threads of the host. */
#ifndef NBDDIAG_WHY_USERS_H
#define NBDDIAG_WHY_USERS_H

#include "facts/text.h"
#include "host/disk_map.h"
#include "host/source.h"
#include "host/task.h"

/**
 * struct user - a process that has a disk or a partition of it open
 * @disk: the disk
 * @tgid: the process
 * @comm: its name, which is that of its leader, escaped
 * @guest: the virtual machine that it is, escaped; NULL if it is none
 * @in_d: a thread of it is in D
 * @gone: it is no more, but a ring of it waits for the disk
 */
struct user {
	char disk[DISK_NAME_LEN];
	pid_t tgid;
	char *comm;
	char *guest;
	bool in_d;
	bool gone;
};

/**
 * struct users - all of them
 * @user: in the order of the processes
 * @nr: how many
 * @room: entries allocated
 */
struct users {
	struct user *user;
	size_t nr;
	size_t room;
};

/**
 * users_find() - look at all threads
 * @users: filled, for users_free()
 * @disks: of @source
 * @ids: of task_list()
 * @nr: how many
 */
void users_find(const struct source *source, struct users *users,
		struct disk_map *disks, const struct task_id *ids, size_t nr);

/* Add a process that waits for a disk, unless it is known to use that. */
void users_add(const struct source *source, struct users *users,
	       const char *disk, pid_t tgid);

/**
 * users_add_hung() - add a process that cannot go on because of a disk
 * @comm: its name as a file of the module has it, if it has ended meanwhile
 */
void users_add_hung(const struct source *source, struct users *users,
		    const char *disk, pid_t tgid, struct value comm);

/**
 * users_drop_client() - leave out the process that attached a disk, and serves it
 *
 * Unless it hangs.
 */
void users_drop_client(struct users *users, const char *disk, pid_t tgid);

/* Add one that is no more. @comm: its name as a file of the module has it. */
void users_add_gone(struct users *users, const char *disk, pid_t tgid,
		    struct value comm);

void users_free(struct users *users);

#endif /* NBDDIAG_WHY_USERS_H */
