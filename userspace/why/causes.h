/* SPDX-License-Identifier: GPL-2.0 */
/* Root causes of what is stuck on the host, and whom they hurt. */
#ifndef NBDDIAG_WHY_CAUSES_H
#define NBDDIAG_WHY_CAUSES_H

#include "verdict/verdict.h"
#include "why/users.h"
#include "why/why.h"

/**
 * struct cause - something that holds others up
 * @key: the same for all that it holds up
 * @title: what it is
 * @status: VERDICT_STUCK or VERDICT_UNKNOWN
 * @is_unread: the file of its device could not be read
 * @is_mixed: its device is served by different volumes, and need not be stuck
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
 * @locked: without these: a process whose threads wait for each other
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
	pid_t locked;
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
 * @device: which owes what it waits for in the end; empty without
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
 * struct causes - all of them
 * @why: the chain
 * @cause: those found
 * @nr: how many
 * @users: who uses which disk
 * @hung: tasks that cannot go on
 * @nr_hung: how many
 * @client: processes that attached a device and have it open for that
 * @nr_clients: how many
 * @again_s: when a device was looked at again for the first time, 0 before
 */
struct causes {
	struct why *why;
	struct cause *cause;
	size_t nr;
	struct users users;
	struct hung_task *hung;
	size_t nr_hung;
	struct client *client;
	size_t nr_clients;
	double again_s;
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

/* Is a device one of those of a cause? */
bool cause_owes(const struct cause *cause, const char *device);

/* Is a device one of those, or does it lie on one? */
bool cause_is_below(const struct cause *cause, const char *name);

/**
 * causes_add_user() - a process that waits for a device of a cause
 * @device: nothing is done if it is none of @cause
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
 * causes_find() - find all root causes of the host, and whom they hurt
 * @causes: with @why, whose files have been read, and nothing else; for causes_free()
 *
 * The cause that holds most is the first. Of a device's file that cannot be read it
 * complains, and is a cause of its own.
 */
void causes_find(struct causes *causes);

/* ---- nbd devices, and disks of other drivers ---- */

void devices_judge(struct causes *causes);

void disks_judge(struct causes *causes);

/* ---- what lies on them ---- */

/* Find what lies on the devices of a cause, and count whom it hurts. */
void above_find(struct causes *causes, struct cause *cause);

/**
 * above_mounts() - where these are mounted
 * @len: set to how many bytes are returned
 *
 * Return: mount points, escaped, as of argz_add(); for free().
 */
char *above_mounts(const struct causes *causes, const struct cause *cause,
		   size_t *len);

/* ---- AIO requests that could not be followed ---- */

/* Tasks that wait for such ones at the end of their process are causes. */
void unfollowed_judge(struct causes *causes);

/* Whether others are owed some, too. */
void unfollowed_say(const struct why *why);

/* ---- what is not known ---- */

/**
 * gaps_say() - of what nothing is known, as a file of the module lacks it
 * @any: set to whether there is any such
 *
 * Return: VERDICT_UNKNOWN if that makes it unknown whether anything is stuck; VERDICT_FREE
 * if not: an older module has fewer files.
 */
enum verdict_status gaps_say(const struct why *why, bool *any);

/* ---- processes ---- */

/* Those that take none of their results, as their threads wait for each other. */
void deadlock_judge(struct causes *causes);

/* ---- tasks and rings ---- */

/* Find the cause of each task that cannot go on, and of rings of dead owners. */
void hung_judge(struct causes *causes);

/* Add who waits for a device of a cause to the users, rings of dead owners too. */
void hung_add_users(struct causes *causes, const struct cause *cause);

#endif /* NBDDIAG_WHY_CAUSES_H */
