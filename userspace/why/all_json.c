// SPDX-License-Identifier: GPL-2.0
/* Root causes, for programs. */
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "facts/tasks.h"
#include "why/all.h"

/* Of a process that holds up itself no device is the reason. */
static void put_user(struct json *json, const struct user *user,
		     const char *device)
{
	json_object(json, NULL);
	json_number(json, "pid", user->tgid);
	json_text(json, "comm", user->comm);
	json_text(json, "guest", user->guest);
	json_text(json, "device", device);
	json_bool(json, "in_d", user->in_d);
	json_bool(json, "gone", user->gone);
	json_end(json);
}

static void put_users(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const struct locked *locked = &cause->locked;
	const struct user *user = causes->users.user;
	const struct user self = {
		.tgid = locked->tgid,
		.comm = locked->comm,
		.guest = locked->guest,
		.in_d = locked->in_d,
	};
	size_t i;

	json_array(json, "hurt");
	for (i = 0; i < causes->users.nr; i++, user++)
		if (cause_is_below(cause, user->disk))
			put_user(json, user, user->disk);
	if (locked->tgid)
		put_user(json, &self, NULL);
	json_end(json);
}

/* With the reason that the module gives; it may know only when the task ran last. */
static void put_unknown(struct json *json, const char *name, struct value value)
{
	char *why = value.kind == VALUE_UNKNOWN && value.len ?
		check_memory(strndup(value.at, value.len)) :
		check_memory(strdup("not-recorded"));

	json_unknown(json, name, why);
	free(why);
}

static void put_locked(struct json *json, const struct why *why,
		       const struct locked *locked)
{
	struct task task;
	size_t i;

	for (i = 0; i < locked->nr; i++) {
		if (!task_read(why->source, &task, locked->tgid, locked->tid[i]))
			memset(&task, 0, sizeof(task));
		json_object(json, NULL);
		json_number(json, "tid", locked->tid[i]);
		json_number(json, "pid", locked->tgid);
		json_text(json, "comm", task.comm);
		json_text(json, "device", NULL);
		json_unknown(json, "waiting", "not-recorded");
		json_end(json);
		task_free(&task);
	}
}

static void put_tasks(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const struct hung_task *task = causes->hung;
	char *comm;
	size_t i;

	json_array(json, "tasks");
	for (i = 0; i < causes->nr_hung; i++, task++) {
		if (task->key != cause->key)
			continue;
		comm = value_copy(text_field(task->line, "comm"));
		json_object(json, NULL);
		json_number(json, "tid", task->tid);
		json_number(json, "pid",
			    value_or_zero(text_field(task->line, "tgid")));
		json_text(json, "comm", comm);
		json_text(json, "device", *task->device ? task->device : NULL);
		if (task->waiting_ns && !tasks_is_polling(task->line))
			json_number(json, "waiting", task->waiting_ns);
		else
			put_unknown(json, "waiting",
				    text_field(task->line, "waiting_ns"));
		json_end(json);
		free(comm);
	}
	put_locked(json, causes->why, &cause->locked);
	json_end(json);
}

/* Takes names. */
static void put_names(struct json *json, const char *key, char *names,
		      size_t len)
{
	const char *name = NULL;

	json_array(json, key);
	while ((name = argz_next(names, len, name)))
		json_text(json, NULL, name);
	json_end(json);
	free(names);
}

static void put_elsewhere(struct json *json, const struct causes *causes,
			  const struct cause *cause)
{
	const struct mounted *mounted = causes->mounted;
	size_t i;

	json_array(json, "mounts_elsewhere");
	for (i = 0; i < causes->nr_mounted; i++, mounted++) {
		if (!mounted->tgid || !cause_is_below(cause, mounted->disk))
			continue;
		json_object(json, NULL);
		json_text(json, "mount", mounted->point);
		json_number(json, "pid", mounted->tgid);
		json_text(json, "comm", mounted->comm);
		json_end(json);
	}
	json_end(json);
}

static void put_above(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const char *name = NULL;
	char *names;
	size_t len;

	json_array(json, "above");
	while ((name = argz_next(cause->above, cause->above_len, name)))
		if (!cause_owes(cause, name))
			json_text(json, NULL, name);
	json_end(json);
	names = mounted_list(causes, cause, false, &len);
	put_names(json, "mounts", names, len);
	put_elsewhere(json, causes, cause);
	names = mounted_swap(causes, cause, &len);
	put_names(json, "swap", names, len);
}

/* What is not known is null. */
static void put_load(struct json *json, uint64_t requests,
		     bool requests_unknown, uint64_t oldest_ns, bool waits)
{
	if (requests_unknown)
		json_unknown(json, "requests", "not-all-known");
	else
		json_number(json, "requests", requests);
	if (oldest_ns)
		json_number(json, "oldest", oldest_ns);
	else
		json_unknown(json, "oldest", waits ? "not-recorded" : NULL);
}

static void put_held_up(struct json *json, const struct cause *cause)
{
	const struct held_disk *disk = cause->held_disk;
	size_t i;

	json_array(json, "held_up");
	for (i = 0; i < cause->nr_held_disks; i++, disk++) {
		json_object(json, NULL);
		json_text(json, "device", disk->name);
		put_load(json, disk->requests, disk->requests_unknown,
			 disk->oldest_ns, true);
		json_end(json);
	}
	json_end(json);
}

static void put_cause(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const char *name = NULL;

	json_object(json, NULL);
	json_text(json, "cause", cause->title);
	json_bool(json, "known", cause->status == VERDICT_STUCK);
	json_array(json, "devices");
	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		json_text(json, NULL, name);
	json_end(json);
	put_load(json, cause->requests, cause->requests_unknown,
		 cause->oldest_ns, cause->requests || cause->requests_unknown ||
		 cause->tasks);
	put_held_up(json, cause);
	put_users(json, causes, cause);
	put_tasks(json, causes, cause);
	put_above(json, causes, cause);
	verdict_put_steps(json, cause->verdict.step, cause->verdict.nr_steps);
	json_end(json);
}

void all_put(const struct causes *causes)
{
	struct json *json = document();
	size_t i;

	if (!json)
		return;
	json_array(json, "causes");
	for (i = 0; i < causes->nr; i++)
		put_cause(json, causes, &causes->cause[i]);
	json_end(json);
}
