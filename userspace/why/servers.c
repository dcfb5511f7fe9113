// SPDX-License-Identifier: GPL-2.0
/*
 * Servers that hang themselves: whatever they wait for holds up their devices too,
 * so that both are one cause.
 */
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "why/causes.h"

/* Return: the thread that has waited longest, first for another cause; NULL if none does. */
static const struct hung_task *find_thread(const struct causes *causes,
					   const struct cause *cause)
{
	const struct hung_task *task = causes->hung, *own = NULL;
	size_t i;

	for (i = 0; i < causes->nr_hung; i++, task++) {
		if (!task->key ||
		    value_or_zero(text_field(task->line, "tgid")) !=
				(uint64_t)cause->server)
			continue;
		if (task->key != cause->key)
			return task;
		own = own ? own : task;
	}
	return own;
}

static size_t index_of(const struct causes *causes, const char *key)
{
	size_t i;

	for (i = 0; i < causes->nr && causes->cause[i].key != key; i++)
		;
	return i;
}

static char *name_of(const struct causes *causes, pid_t pid)
{
	struct task task;
	char *name;

	if (!task_read(causes->why->source, &task, pid, pid))
		return say("process %d", (int)pid);
	name = say("%s[%d]", task.comm, (int)pid);
	task_free(&task);
	return name;
}

static char *list_devices(const struct cause *cause)
{
	char *list = check_memory(malloc(cause->devices_len));

	memcpy(list, cause->devices, cause->devices_len);
	argz_stringify(list, cause->devices_len, ' ');
	return list;
}

/* The first step for a server that does not answer is to let it, whatever it waits for. */
static void help_reason(struct cause *cause, const struct cause *reason)
{
	struct verdict *verdict = &cause->verdict;

	if (reason->verdict.nr_steps || !verdict->nr_steps || !reason->devices)
		return;
	free(verdict->step[0].action);
	verdict->step[0].action =
		say("have %s answer again: the servers that wait for it go on by themselves then. "
		    "Look at its storage, and at the kernel's log", reason->devices);
}

/* Nothing lets a server answer that waits for itself. */
static void drop_first_step(struct verdict *verdict)
{
	if (!verdict->nr_steps)
		return;
	free(verdict->step[0].action);
	free(verdict->step[0].cost);
	memmove(verdict->step, verdict->step + 1,
		--verdict->nr_steps * sizeof(*verdict->step));
}

/* It writes, for instance, to a filesystem on the device that it serves. */
static void name_circle(struct causes *causes, struct cause *cause,
			const struct hung_task *task)
{
	char *name;

	if (!*task->device)
		return;
	drop_first_step(&cause->verdict);
	name = name_of(causes, cause->server);
	free(cause->title);
	cause->title = say("The server %s waits for %s, which waits for it: neither can go on",
			   name, task->device);
	free(name);
}

static void note_held_up(const struct causes *causes, struct cause *cause,
			 const struct cause *reason)
{
	char *name = name_of(causes, cause->server);
	char *devices = list_devices(cause), *sentence;

	sentence = reason->tgid == cause->server ?
		say("It is the server of %s", devices) :
		say("It holds up %s, the server of %s", name, devices);
	if (argz_add(&cause->held_up, &cause->held_up_len, sentence))
		fail(EXIT_SYSTEM, "out of memory");
	free(sentence);
	free(devices);
	free(name);
}

/* As long as each has its own devices only. */
static void note_all(struct causes *causes)
{
	const struct hung_task *task;
	struct cause *cause;
	size_t i, reason;

	for (i = 0; i < causes->nr; i++) {
		cause = &causes->cause[i];
		task = cause->server ? find_thread(causes, cause) : NULL;
		if (!task || task->key == cause->key)
			continue;
		reason = index_of(causes, task->key);
		note_held_up(causes, cause, &causes->cause[reason]);
	}
}

void servers_judge(struct causes *causes)
{
	const struct hung_task *task;
	struct cause *cause;
	size_t i = 0, reason;

	note_all(causes);
	while (i < causes->nr) {
		cause = &causes->cause[i];
		task = cause->server ? find_thread(causes, cause) : NULL;
		if (task && task->key != cause->key) {
			reason = index_of(causes, task->key);
			help_reason(cause, &causes->cause[reason]);
			causes_merge(causes, i, reason);
			continue;
		}
		if (task)
			name_circle(causes, cause, task);
		i++;
	}
}
