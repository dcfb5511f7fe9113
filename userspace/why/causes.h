/* SPDX-License-Identifier: GPL-2.0 */
/* Root causes of what is stuck on the host, and whom they hurt. */
#ifndef NBDDIAG_WHY_CAUSES_H
#define NBDDIAG_WHY_CAUSES_H

#include "host/loops.h"
#include "host/swaps.h"
#include "verdict/verdict.h"
#include "why/users.h"
#include "why/why.h"

/**
 * struct locked - a process whose threads wait for each other
 * @tgid: the process, 0 without
 * @comm: its name, escaped
 * @guest: the virtual machine that it is, escaped; NULL if it is none
 * @in_d: a thread of it is in D
 * @tid: the threads that cannot go on
 * @nr: how many
 */
struct locked {
	pid_t tgid;
	char *comm;
	char *guest;
	bool in_d;
	pid_t *tid;
	size_t nr;
};

/**
 * struct held_disk - a disk that has not answered because of what lies below it
 * @name: the disk
 * @requests: how many it owes, as far as that is known
 * @requests_unknown: it may owe more
 * @oldest_ns: age of the oldest, 0 if it is not known
 */
struct held_disk {
	char name[WHY_NAME_LEN];
	uint64_t requests;
	bool requests_unknown;
	uint64_t oldest_ns;
};

/**
 * struct cause - something that holds others up
 * @key: the same for all that it holds up
 * @title: what it is
 * @status: VERDICT_STUCK or VERDICT_UNKNOWN
 * @is_unread: the file of its device could not be read
 * @is_mixed: its device is served by different volumes, and need not be stuck
 * @is_silent: its device has not answered, and that is all that is known of it
 * @devices: the devices that owe, as of argz_add(); none if only tasks hold up others
 * @devices_len: how many bytes that is
 * @above: these, and what lies on them
 * @above_len: likewise
 * @nr_above: how many
 * @requests: how many they owe, as far as that is known
 * @requests_unknown: of one of them it is not
 * @oldest_ns: age of the oldest, 0 if it is not known
 * @tid: without devices: the thread that the others wait for
 * @tgid: its process, 0 if it has no name
 * @server: a process that does not answer these, and is not stopped; 0 without
 * @held_up: servers and disks that hang because of it, in sentences as of argz_add()
 * @held_up_len: how many bytes that is
 * @held_disk: the disks among them
 * @nr_held_disks: how many
 * @locked: without devices and thread: a process that holds up itself
 * @tasks: how many tasks cannot go on because of it
 * @users: how many processes have any of @above open
 * @verdict: of the first device, for what frees it; no @word without
 */
struct cause {
	char *key;
	char *title;
	enum verdict_status status;
	bool is_unread;
	bool is_mixed;
	bool is_silent;
	char *devices;
	size_t devices_len;
	char *above;
	size_t above_len;
	size_t nr_above;
	uint64_t requests;
	bool requests_unknown;
	uint64_t oldest_ns;
	pid_t tid;
	pid_t tgid;
	pid_t server;
	char *held_up;
	size_t held_up_len;
	struct held_disk *held_disk;
	size_t nr_held_disks;
	struct locked locked;
	size_t tasks;
	size_t users;
	struct verdict verdict;
};

/**
 * struct hung_task - a task that cannot go on
 * @tid: the thread
 * @waiting_ns: for how long, 0 if that is not known
 * @line: its line of the file tasks
 * @key: of the cause, NULL if it has none
 * @device: which owes what it waits for in the end, one of @key or on one of these;
 *	empty without
 */
struct hung_task {
	pid_t tid;
	uint64_t waiting_ns;
	const char *line;
	const char *key;
	char device[WHY_NAME_LEN];
};

/**
 * struct client - a process that attached a device
 * @device: the device
 * @tgid: the process
 */
struct client {
	char device[DISK_NAME_LEN];
	pid_t tgid;
};

/**
 * struct mounted - a mount of something that lies on a device of a cause
 * @disk: what is mounted
 * @point: where, escaped
 * @tgid: a process that sees it; 0 if it is in this mount namespace
 * @comm: the name of that, escaped; NULL if it has ended
 */
struct mounted {
	char disk[DISK_NAME_LEN];
	char *point;
	pid_t tgid;
	char *comm;
};

/**
 * struct asked - the last answer of above_cause()
 * @device: of which device
 * @nr: how many causes there were: with another one the answer may be another one
 * @cause: the answer
 */
struct asked {
	char device[WHY_NAME_LEN];
	size_t nr;
	struct cause *cause;
};

/**
 * struct causes - all of them
 * @why: the chain
 * @cause: those found
 * @nr: how many
 * @tasks: all threads of the host, after causes_list_tasks()
 * @nr_tasks: how many
 * @users: who uses which disk
 * @loops: all loop devices, once @has_loops
 * @has_loops: they have been read
 * @mounted: where the devices of all causes are mounted
 * @nr_mounted: how many
 * @unread_mounts: a process whose mounts could not be read, 0 without
 * @swaps: where the host swaps to
 * @hung: tasks that cannot go on
 * @nr_hung: how many
 * @asked: while their causes are found: what was asked last
 * @client: processes that attached a device and have it open for that
 * @nr_clients: how many
 */
struct causes {
	struct why *why;
	struct cause *cause;
	size_t nr;
	struct task_id *tasks;
	size_t nr_tasks;
	struct users users;
	struct loops loops;
	bool has_loops;
	struct mounted *mounted;
	size_t nr_mounted;
	pid_t unread_mounts;
	struct swaps swaps;
	struct hung_task *hung;
	size_t nr_hung;
	struct asked asked;
	struct client *client;
	size_t nr_clients;
};

/**
 * causes_get() - the cause with a key, or a new one
 * @key: from malloc(), as @title; both are taken
 */
struct cause *causes_get(struct causes *causes, char *key, char *title);

/* Return: the cause that a device owes, with others or alone; NULL without. */
struct cause *causes_owing(const struct causes *causes, const char *device);

/* Return: the cause that is a thread, as struct cause has it; NULL without. */
struct cause *causes_of_task(const struct causes *causes, pid_t tid);

/**
 * cause_add_device() - a device of a cause
 * @requests: how many it owes
 * @oldest_ns: age of the oldest, 0 if it is not known
 */
void cause_add_device(struct cause *cause, const char *name, uint64_t requests,
		      uint64_t oldest_ns);

/* A disk that is held up by a cause. */
void cause_add_held(struct cause *cause, const struct held_disk *disk);

/**
 * causes_merge() - make two causes one, as one of them is the other one's reason
 * @from: index of the one that goes
 * @to: index of the reason, which keeps its title
 */
void causes_merge(struct causes *causes, size_t from, size_t to);

/* Is a device one of those of a cause? */
bool cause_owes(const struct cause *cause, const char *device);

/* Is a device one of those, or does it lie on one? */
bool cause_is_below(const struct cause *cause, const char *name);

/**
 * causes_add_user() - a process that waits for a device of a cause, or what lies on it
 * @device: nothing is done if it is none of these
 * @pid: nor if the process is known to use it, or what lies on it
 */
void causes_add_user(struct causes *causes, const struct cause *cause,
		     struct value device, struct value pid);

/**
 * causes_add_hung() - a process that cannot go on because of a cause
 * @task: of the cause; nothing is done if it is a worker of the kernel
 */
void causes_add_hung(struct causes *causes, const struct cause *cause,
		     const struct hung_task *task);

/**
 * causes_note_clients() - note the processes that attached a device
 * @text: the device's file
 */
void causes_note_clients(struct causes *causes, const char *device,
			 const struct text *text);

/* List all threads of the host, at most once. */
void causes_list_tasks(struct causes *causes);

/* Find who uses what, but for these processes. */
void causes_find_users(struct causes *causes);

/* Is it as long as a request may take, before it is stuck? */
bool causes_is_long(uint64_t ns);

/**
 * struct load - requests at a disk
 * @nr: how many
 * @oldest_ns: age of the oldest of them, 0 if it is not known
 */
struct load {
	uint64_t nr;
	uint64_t oldest_ns;
};

/* Of the oldest requests of the host: those that rest at a disk. */
struct load causes_load(const struct text *io, const char *name);

/* Likewise: those that limits of cgroups hold back from it, and that it was not given. */
struct load causes_throttled(const struct text *io, const char *name);

void causes_free(struct causes *causes);

/**
 * causes_judge() - find all root causes of the host
 * @causes: with @why, whose files have been read, and nothing else; for causes_free()
 *
 * Of a device's file that cannot be read it complains, and is a cause of its own.
 */
void causes_judge(struct causes *causes);

/**
 * causes_find() - the same, and whom they hurt
 *
 * The cause that holds most is the first.
 */
void causes_find(struct causes *causes);

/* ---- nbd devices, and disks of other drivers ---- */

void devices_judge(struct causes *causes);

void disks_judge(struct causes *causes);

/* Is a disk held up by itself, as if it is suspended, whatever is below it? */
bool disks_is_held_up(const struct text *io, const char *name);

/* ---- servers that hang themselves ---- */

/* A server that hangs because of a cause is held up by that, and no cause of its own. */
void servers_judge(struct causes *causes);

/* ---- what lies on them ---- */

/* Find what lies on the devices of a cause: its @above. */
void above_list(struct causes *causes, struct cause *cause);

/**
 * above_cause() - what holds up a device
 *
 * Return: the cause that owes it, as causes_owing(); else the nearest one that is stuck,
 * owes requests and has it above, unless it is held up by itself; NULL without, or if
 * that may be one of several.
 */
struct cause *above_cause(const struct causes *causes, const char *device);

/* A disk that has not answered is no cause of its own if above_cause() knows what is below. */
void above_judge(struct causes *causes);

/* Add whom a cause hurts to the users, and count these. */
void above_find(struct causes *causes, struct cause *cause);

/* ---- where these are mounted, and swapped to ---- */

/* Find all such mounts of the host, after above_find() of all causes. */
void mounted_find(struct causes *causes);

/**
 * mounted_list() - where the devices of a cause, or what lies on them, are mounted
 * @elsewhere: only in other mount namespaces; each then with a process that sees it
 * @len: set to how many bytes are returned
 *
 * Return: safe to print, as of argz_add(), for free(); NULL if there are none.
 */
char *mounted_list(const struct causes *causes, const struct cause *cause,
		   bool elsewhere, size_t *len);

/* The same of what the host swaps to. */
char *mounted_swap(const struct causes *causes, const struct cause *cause,
		   size_t *len);

/* That the mounts of a namespace could not be read, if that is so. */
void mounted_say_unread(const struct causes *causes);

void mounted_free(struct causes *causes);

/* ---- AIO requests that could not be followed ---- */

/* Tasks that wait for such ones at the end of their process are causes. */
void unfollowed_judge(struct causes *causes);

/* Whether others are owed some, too. */
void unfollowed_say(const struct why *why);

/* ---- processes ---- */

/* Those that take none of their results, as their threads wait for each other. */
void deadlock_judge(struct causes *causes);

/* ---- tasks and rings ---- */

/* Find the cause of each task that cannot go on, and of rings of dead owners. */
void hung_judge(struct causes *causes);

/* Is it not known for how long a task has waited? */
bool hung_is_timeless(const struct hung_task *task);

/**
 * hung_count_young() - tasks that cannot go on, but not for long enough to have a cause
 * @longest: the one that has waited longest; one of which that is not known, if there is
 *	such a one; NULL if there are none
 */
size_t hung_count_young(const struct causes *causes,
			const struct hung_task **longest);

/* Add who waits for a device of a cause to the users, rings of dead owners too. */
void hung_add_users(struct causes *causes, const struct cause *cause);

#endif /* NBDDIAG_WHY_CAUSES_H */
