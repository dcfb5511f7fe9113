// SPDX-License-Identifier: GPL-2.0
/* Who should answer a device's requests, what that does, and what this looks like. */
#include <string.h>

#include "facts/device_facts.h"
#include "facts/text.h"
#include "holders/server.h"
#include "why/pattern.h"
#include "why/why.h"

void why_explain_server(struct why *why, const struct text *text)
{
	struct task task;

	if (!server_find(why->source, text, &task))
		return;
	if (server_is_stopped(&task)) {
		why_say_task(&task);
		why_say(" is %s: it answers nothing until it goes on.",
			task.state == 'T' ? "stopped" : "held by a debugger");
		why_from("/proc/%d/task/%d/status", (int)task.tgid,
			 (int)task.tid);
	} else if (task.state == 'D') {
		task_read_sleep(why->source, &task);
		why_task(why, &task);
	} else if (strchr("ZX", task.state)) {
		why_say_task(&task);
		why_say(" has ended, but for its other threads if it has any.");
		why_from("/proc/%d/task/%d/status", (int)task.tgid,
			 (int)task.tid);
	}
	task_free(&task);
}

/* ---- what it looks like ---- */

void why_symptoms(const struct why *why, struct symptoms *symptoms,
		  struct task *holder, const char *name,
		  const struct text *text)
{
	struct task server;

	memset(symptoms, 0, sizeof(*symptoms));
	symptoms->text = text;
	device_facts_read(&symptoms->facts, text, name);
	symptoms->log = why->log;
	if (server_find(why->source, text, &server))
		symptoms->server_state = server.state;
	task_free(&server);
	memset(holder, 0, sizeof(*holder));
	if (symptoms->facts.holder.known && symptoms->facts.holder.nr &&
	    task_read(why->source, holder, symptoms->facts.holder.nr,
		      symptoms->facts.holder.nr)) {
		task_read_sleep(why->source, holder);
		symptoms->holder_sleeps_in = holder->function;
	}
}

void why_patterns(struct why *why, const char *name, const struct text *text)
{
	const struct pattern *pattern;
	struct symptoms symptoms;
	struct task holder;
	size_t at = 0;

	why_symptoms(why, &symptoms, &holder, name, text);
	while ((pattern = pattern_next(&symptoms, &at))) {
		why_say("This looks like %s: %s. Seen with: %s. What helps: %s.\n",
			pattern->name, pattern->means, pattern->versions,
			pattern->helps);
	}
	task_free(&holder);
}
