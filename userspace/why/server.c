// SPDX-License-Identifier: GPL-2.0
/* Who should answer a device's requests, what that does, and what this looks like. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "facts/device_facts.h"
#include "facts/tasks.h"
#include "facts/text.h"
#include "holders/server.h"
#include "host/kernel_log.h"
#include "verdict/judge.h"
#include "why/pattern.h"
#include "why/why.h"

static void say_stop(const struct task *task, char stop)
{
	if (stop == 'T')
		why_say(" is stopped: it answers nothing until it goes on.");
	else if (stop == 't')
		why_say(" is held by a debugger: it answers nothing until that ends.");
	else if (stop)
		why_say(" is frozen by its cgroup: it answers nothing until it is thawed.");
	else
		why_say(" has other threads that are not stopped, but its main thread is.");
}

bool why_stopped(const struct why *why, const struct task *task)
{
	char stop = server_stop(why->source, task);

	if (!stop || stop == 'F')
		return false;
	why_say_task(task);
	if (stop == 'T')
		why_say(" is stopped (state T): it does nothing until it goes on. %s %d'.",
			"Run 'kill -CONT", (int)task->tgid);
	else
		why_say(" is held by a debugger (state t): it does nothing until that ends.");
	why_from("/proc/%d/task/*/status", (int)task->tgid);
	return true;
}

/* It may answer by other threads than its main one. */
static void explain_hung_threads(struct why *why, const struct task *server)
{
	const char *line;
	struct task task;
	size_t at = 0;

	while ((line = text_next(&why->tasks, "task", &at))) {
		if (value_or_zero(text_field(line, "tgid")) !=
				(uint64_t)server->tgid ||
		    !task_read(why->source, &task, server->tgid,
			       (pid_t)value_or_zero(text_field(line, "tid"))))
			continue;
		task_read_sleep(why->source, &task);
		why_task(why, &task);
		task_free(&task);
	}
}

void why_explain_server(struct why *why, const struct text *text)
{
	struct task task;
	char stop;

	if (!server_find(why->source, text, &task))
		return;
	stop = server_stop(why->source, &task);
	if (stop || strchr("Tt", task.state)) {
		why_say_task(&task);
		say_stop(&task, stop);
		why_from("/proc/%d/task/%d/%s", (int)task.tgid,
			 (int)task.tid, stop == 'F' ? "cgroup" : "status");
	} else if (task.state == 'D') {
		task_read_sleep(why->source, &task);
		why_task(why, &task);
	} else if (strchr("ZX", task.state)) {
		why_say_task(&task);
		why_say(" has ended, but for its other threads if it has any.");
		why_from("/proc/%d/task/%d/status", (int)task.tgid,
			 (int)task.tid);
	}
	if (!stop)
		explain_hung_threads(why, &task);
	task_free(&task);
}

/* ---- what it looks like ---- */

/* Who freezes it, or waits until that is over. */
static bool waits_for_freeze(const struct why *why, const char *device)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(&why->tasks, "task", &at)))
		if (value_is(text_field(line, "waits_for"), "queue-freeze") &&
		    rest_is_of(text_field(line, "asked"), device))
			return true;
	return false;
}

void why_symptoms(const struct why *why, struct symptoms *symptoms,
		  struct task *holder, const char *name,
		  const struct text *text)
{
	struct task server;

	memset(symptoms, 0, sizeof(*symptoms));
	symptoms->text = text;
	device_facts_read(&symptoms->facts, text, name);
	symptoms->log = why->log;
	symptoms->freeze_waits = waits_for_freeze(why, name);
	if (server_find(why->source, text, &server)) {
		symptoms->server_state = server_stop(why->source, &server);
		/* That its main thread is stopped means nothing then. */
		if (!symptoms->server_state && !strchr("Tt", server.state))
			symptoms->server_state = server.state;
	}
	task_free(&server);
	memset(holder, 0, sizeof(*holder));
	if (symptoms->facts.holder.known && symptoms->facts.holder.nr &&
	    task_read(why->source, holder, symptoms->facts.holder.nr,
		      symptoms->facts.holder.nr)) {
		task_read_sleep(why->source, holder);
		symptoms->holder_sleeps_in = holder->function;
	}
}

/* With the time that the kernel gave it. */
static void from_log(struct why *why, const char *device, const char *what)
{
	const char *line = why->log;
	char *escaped;
	size_t len;

	line = kernel_log_find(why->log, device, what, &len);
	if (!line)
		return;
	escaped = escape_copy(line, len);
	why_from("kernel log: %s", escaped);
	free(escaped);
}

static void note(struct why *why, const char *device,
		 const struct pattern *pattern)
{
	struct why_looks *looks;

	why->looks = check_memory(reallocarray(why->looks, why->nr_looks + 1,
					       sizeof(*why->looks)));
	looks = &why->looks[why->nr_looks++];
	snprintf(looks->device, sizeof(looks->device), "%s", device);
	looks->pattern = pattern;
}

void why_patterns(struct why *why, const char *name, const struct text *text)
{
	const struct pattern *pattern;
	struct symptoms symptoms;
	struct verdict verdict;
	struct task holder;
	size_t at = 0;
	bool stuck, told;

	judge_device(&verdict, text, NULL, name);
	server_judge(why->source, &verdict, text, name);
	stuck = verdict.status == VERDICT_STUCK && verdict.nr_steps;
	/* Of a root cause that is said before, with this host's names. */
	told = why->help == WHY_HELP_SAID;
	why_symptoms(why, &symptoms, &holder, name, text);
	while ((pattern = pattern_next(&symptoms, &at))) {
		note(why, name, pattern);
		why_say("This looks like %s: %s. Seen with: %s.", pattern->name,
			pattern->means, pattern->versions);
		if (!told && !stuck)
			why_say(" What helps: %s.", pattern->helps);
		if (pattern->logged)
			from_log(why, name, pattern->logged);
		else
			why_say("\n");
	}
	why->log_missed |= pattern_needs_log(&symptoms);
	if (stuck && !told) {
		/* That nothing is known to free it was said of what waits for this. */
		if (why->help == WHY_HELP_NOT_KNOWN)
			why_say("This frees %s, and what waits for it:\n", name);
		why_help(why, &verdict);
	}
	verdict_free(&verdict);
	task_free(&holder);
}
