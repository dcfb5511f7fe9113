// SPDX-License-Identifier: GPL-2.0
/* Root causes, for programs. */
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "why/all.h"

static void put_users(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const struct user *user = causes->users.user;
	size_t i;

	json_array(json, "hurt");
	for (i = 0; i < causes->users.nr; i++, user++) {
		if (!cause_is_below(cause, user->disk))
			continue;
		json_object(json, NULL);
		json_number(json, "pid", user->tgid);
		json_text(json, "comm", user->comm);
		json_text(json, "guest", user->guest);
		json_text(json, "device", user->disk);
		json_bool(json, "in_d", user->in_d);
		json_bool(json, "gone", user->gone);
		json_end(json);
	}
	json_end(json);
}

/* With the reason that the module gives. */
static void put_unknown(struct json *json, const char *name, struct value value)
{
	char *why = value.kind == VALUE_UNKNOWN && value.len ?
		check_memory(strndup(value.at, value.len)) : NULL;

	json_unknown(json, name, why);
	free(why);
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
		if (task->waiting_ns)
			json_number(json, "waiting", task->waiting_ns);
		else
			put_unknown(json, "waiting",
				    text_field(task->line, "waiting_ns"));
		json_end(json);
		free(comm);
	}
	json_end(json);
}

static void put_above(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const char *name = NULL;
	char *points;
	size_t len;

	json_array(json, "above");
	while ((name = argz_next(cause->above, cause->above_len, name)))
		if (!cause_owes(cause, name))
			json_text(json, NULL, name);
	json_end(json);
	points = above_mounts(causes, cause, &len);
	json_array(json, "mounts");
	while ((name = argz_next(points, len, name)))
		json_text(json, NULL, name);
	json_end(json);
	free(points);
}

static void put_cause(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const struct verdict *verdict = &cause->verdict;
	const char *name = NULL;
	size_t i;

	json_object(json, NULL);
	json_text(json, "cause", cause->title);
	json_bool(json, "known", cause->status == VERDICT_STUCK);
	json_array(json, "devices");
	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		json_text(json, NULL, name);
	json_end(json);
	if (cause->requests_unknown)
		json_unknown(json, "requests", "not-all-known");
	else
		json_number(json, "requests", cause->requests);
	if (cause->oldest_ns)
		json_number(json, "oldest", cause->oldest_ns);
	else
		json_unknown(json, "oldest",
			     cause->requests || cause->requests_unknown ?
			     "not-recorded" : NULL);
	put_users(json, causes, cause);
	put_tasks(json, causes, cause);
	put_above(json, causes, cause);
	json_array(json, "free_by");
	for (i = 0; i < verdict->nr_steps; i++) {
		json_object(json, NULL);
		json_text(json, "do", verdict->step[i].action);
		json_text(json, "cost", verdict->step[i].cost);
		json_end(json);
	}
	json_end(json);
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
