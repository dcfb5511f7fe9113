// SPDX-License-Identifier: GPL-2.0
/* Root causes of what is stuck on the host. */
#include <argz.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/device_facts.h"
#include "why/causes.h"

struct cause *causes_get(struct causes *causes, char *key, char *title)
{
	struct cause *cause;
	size_t i;

	for (i = 0; i < causes->nr; i++) {
		if (strcmp(causes->cause[i].key, key))
			continue;
		free(key);
		free(title);
		return &causes->cause[i];
	}
	causes->cause = check_memory(reallocarray(causes->cause, i + 1,
						  sizeof(*cause)));
	cause = &causes->cause[causes->nr++];
	memset(cause, 0, sizeof(*cause));
	cause->key = key;
	cause->title = title;
	return cause;
}

void cause_add_device(struct cause *cause, const char *name, uint64_t requests,
		      uint64_t oldest_ns)
{
	if (argz_add(&cause->devices, &cause->devices_len, name))
		fail(EXIT_SYSTEM, "out of memory");
	cause->requests += requests;
	if (oldest_ns > cause->oldest_ns)
		cause->oldest_ns = oldest_ns;
}

static void cause_free(struct cause *cause)
{
	free(cause->key);
	free(cause->title);
	free(cause->devices);
	free(cause->above);
	free(cause->held_up);
	free(cause->held_disk);
	free(cause->locked.comm);
	free(cause->locked.guest);
	free(cause->locked.tid);
	verdict_free(&cause->verdict);
}

void cause_add_held(struct cause *cause, const struct held_disk *disk)
{
	size_t nr = cause->nr_held_disks++;

	cause->held_disk = check_memory(reallocarray(cause->held_disk, nr + 1,
						     sizeof(*disk)));
	cause->held_disk[nr] = *disk;
}

static void append(char **list, size_t *len, const char *more, size_t more_len)
{
	if (more_len && argz_append(list, len, more, more_len))
		fail(EXIT_SYSTEM, "out of memory");
}

void causes_merge(struct causes *causes, size_t from_index, size_t to_index)
{
	struct cause *from = &causes->cause[from_index];
	struct cause *to = &causes->cause[to_index];
	size_t i;

	append(&to->devices, &to->devices_len, from->devices, from->devices_len);
	append(&to->held_up, &to->held_up_len, from->held_up, from->held_up_len);
	for (i = 0; i < from->nr_held_disks; i++)
		cause_add_held(to, &from->held_disk[i]);
	to->requests += from->requests;
	to->requests_unknown |= from->requests_unknown;
	to->tasks += from->tasks;
	if (from->oldest_ns > to->oldest_ns)
		to->oldest_ns = from->oldest_ns;
	if (from->status == VERDICT_STUCK)
		to->status = VERDICT_STUCK;
	/* What is known to help against the reason comes before what helps those held up. */
	if (!to->verdict.nr_steps) {
		verdict_free(&to->verdict);
		to->verdict = from->verdict;
		memset(&from->verdict, 0, sizeof(from->verdict));
	}
	for (i = 0; i < causes->nr_hung; i++)
		if (causes->hung[i].key == from->key)
			causes->hung[i].key = to->key;
	cause_free(from);
	memmove(from, from + 1,
		(--causes->nr - from_index) * sizeof(*causes->cause));
}

bool cause_owes(const struct cause *cause, const char *device)
{
	const char *name = NULL;

	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		if (!strcmp(name, device))
			return true;
	return false;
}

struct cause *causes_owing(const struct causes *causes, const char *device)
{
	size_t i;

	for (i = 0; i < causes->nr; i++)
		if (!causes->cause[i].is_mixed &&
		    cause_owes(&causes->cause[i], device))
			return &causes->cause[i];
	return NULL;
}

struct cause *causes_of_task(const struct causes *causes, pid_t tid)
{
	size_t i;

	for (i = 0; i < causes->nr; i++)
		if (causes->cause[i].tid == tid)
			return &causes->cause[i];
	return NULL;
}

bool cause_is_below(const struct cause *cause, const char *name)
{
	const char *at = NULL;

	while ((at = argz_next(cause->above, cause->above_len, at)))
		if (!strcmp(at, name))
			return true;
	return false;
}

static bool is_known(const struct causes *causes, const struct cause *cause,
		     pid_t tgid)
{
	const struct user *user = causes->users.user;
	size_t i;

	for (i = 0; i < causes->users.nr; i++, user++)
		if (user->tgid == tgid && cause_is_below(cause, user->disk))
			return true;
	return false;
}

void causes_add_user(struct causes *causes, const struct cause *cause,
		     struct value device, struct value pid)
{
	char *name = value_copy(device);
	uint64_t tgid;

	if (name && cause_is_below(cause, name) && value_number(pid, &tgid) &&
	    tgid && tgid <= INT_MAX && !is_known(causes, cause, (pid_t)tgid))
		users_add(causes->why->source, &causes->users, name,
			  (pid_t)tgid);
	free(name);
}

/* It may have ended meanwhile, or wait for what another task has. */
void causes_add_hung(struct causes *causes, const struct cause *cause,
		     const struct hung_task *task)
{
	const char *device = cause_is_below(cause, task->device) ?
		task->device : cause->devices;
	uint64_t tgid = value_or_zero(text_field(task->line, "tgid"));

	if (device && tgid && tgid <= INT_MAX &&
	    text_field(task->line, "work").kind != VALUE_GIVEN &&
	    !is_known(causes, cause, (pid_t)tgid))
		users_add_hung(causes->why->source, &causes->users, device,
			       (pid_t)tgid, text_field(task->line, "comm"));
}

/* The same two mostly, so that one of them has nothing to drop. */
static void note_client(struct causes *causes, const char *device,
			const struct text *text, const char *key)
{
	struct client *client;
	uint64_t tgid;

	/* A number may be another process's by now. */
	if (!value_is(text_key_field(text, key, "has_device_open"), "yes") ||
	    !value_number(text_key_field(text, key, "tgid"), &tgid) ||
	    !tgid || tgid > INT_MAX || strlen(device) >= DISK_NAME_LEN)
		return;
	causes->client = check_memory(reallocarray(causes->client,
						   causes->nr_clients + 1,
						   sizeof(*client)));
	client = &causes->client[causes->nr_clients++];
	strcpy(client->device, device);
	client->tgid = (pid_t)tgid;
}

void causes_note_clients(struct causes *causes, const char *device,
			 const struct text *text)
{
	note_client(causes, device, text, "attached_task");
	note_client(causes, device, text, "setup_task");
}

void causes_list_tasks(struct causes *causes)
{
	if (!causes->tasks)
		causes->tasks = task_list(causes->why->source,
					  &causes->nr_tasks);
}

void causes_find_users(struct causes *causes)
{
	const struct client *client = causes->client;
	size_t i;

	causes_list_tasks(causes);
	users_find(causes->why->source, &causes->users, &causes->why->disks,
		   causes->tasks, causes->nr_tasks);
	for (i = 0; i < causes->nr_clients; i++, client++)
		users_drop_client(&causes->users, client->device, client->tgid);
}

bool causes_is_long(uint64_t ns)
{
	return ns >= device_facts_stuck_s * 1000000000ULL;
}

static struct load count_requests(const struct text *io, const char *name,
				  bool throttled)
{
	struct load load = {};
	const char *line;
	size_t at = 0;
	uint64_t age;

	while ((line = text_next(io, "request", &at))) {
		if (!value_is(text_field(line, "device"), name) ||
		    value_is(text_field(line, "state"), "throttled") != throttled)
			continue;
		age = value_or_zero(text_field(line, "age_ns"));
		if (age > load.oldest_ns)
			load.oldest_ns = age;
		load.nr++;
	}
	return load;
}

struct load causes_load(const struct text *io, const char *name)
{
	return count_requests(io, name, false);
}

struct load causes_throttled(const struct text *io, const char *name)
{
	return count_requests(io, name, true);
}

void causes_free(struct causes *causes)
{
	size_t i;

	for (i = 0; i < causes->nr; i++)
		cause_free(&causes->cause[i]);
	free(causes->cause);
	free(causes->hung);
	free(causes->client);
	users_free(&causes->users);
	loops_free(&causes->loops);
	mounted_free(causes);
	free(causes->tasks);
}
