// SPDX-License-Identifier: GPL-2.0
/* The file tasks: every task that cannot go on. */
#include <limits.h>
#include <string.h>

#include "base/say.h"
#include "base/units.h"
#include "facts/tasks.h"

/* A longer way is not followed: the module does not do so either. */
#define MAX_HOPS 64

/* ---- reading ---- */

/* The head says how many there are. */
static bool is_whole(const struct text *text)
{
	uint64_t nr;

	return text_get(text, "complete").kind != VALUE_MISSING &&
	       value_number(text_key_field(text, "tasks", "cannot_go_on"),
			    &nr) &&
	       text_count(text, "task") == nr;
}

void tasks_read(const struct source *source, struct text *text)
{
	modfile_read_whole(source, text, "tasks", is_whole);
}

enum modfile_found tasks_look(const struct source *source, struct text *text)
{
	return modfile_look_whole(source, text, "tasks", is_whole);
}

/* ---- tasks ---- */

/* Return: 0 if it is none. */
static pid_t number_of(struct value value)
{
	uint64_t nr = value_or_zero(value);

	return nr <= INT_MAX ? (pid_t)nr : 0;
}

const char *tasks_line(const struct text *text, pid_t tid)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(text, "task", &at)))
		if (number_of(text_field(line, "tid")) == tid)
			break;
	return line;
}

uint64_t tasks_waiting_ns(const char *line)
{
	uint64_t waiting = value_or_zero(text_field(line, "waiting_ns"));
	uint64_t age = value_or_zero(text_field(line, "age_ns"));

	if (age > waiting && value_is(text_field(line, "waits_for"), "bio"))
		return age;
	return waiting;
}

bool tasks_is_polling(const char *line)
{
	return value_is(text_field(line, "waits_for"), "ring") &&
	       text_field(line, "work").kind == VALUE_GIVEN;
}

char *tasks_say_waiting(const char *line)
{
	uint64_t ns = tasks_is_polling(line) ? 0 : tasks_waiting_ns(line);
	char age[UNITS_LEN];

	units_age(age, ns);
	return say("for %s", ns ? age : "an unknown time");
}

bool tasks_holder(const char *line, pid_t *tid, pid_t *tgid)
{
	*tid = number_of(text_field(line, "held_by"));
	*tgid = number_of(text_field(line, "held_by_tgid"));
	return *tid && *tgid;
}

bool tasks_cycle(const struct text *text, pid_t tid)
{
	pid_t at = tid, tgid;
	int hops;

	for (hops = 0; hops < MAX_HOPS; hops++) {
		if (!tasks_holder(tasks_line(text, at), &at, &tgid))
			return false;
		if (at == tid)
			return true;
	}
	return false;
}
