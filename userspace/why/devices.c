// SPDX-License-Identifier: GPL-2.0
/*
 * Which nbd devices are stuck, by root cause: a server that does not answer,
 * whatever number of devices it serves; a device that nothing serves.
 */
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/brief.h"
#include "facts/device.h"
#include "facts/device_facts.h"
#include "holders/server.h"
#include "verdict/judge.h"
#include "verdict/judged.h"
#include "verdict/mixed.h"
#include "why/causes.h"

/* What is judged wedged only because its server does not answer is the server's. */
static bool is_of_server(const struct verdict *verdict)
{
	return !strcmp(verdict->reason, "server-stopped") ||
	       !strcmp(verdict->reason, "requests-stuck");
}

/* @stop: of server_stop() */
static const char *what_server_does(const struct task *server, char stop)
{
	if (stop)
		return stop == 'F' ? "is frozen by its cgroup" : "is stopped";
	return server->state == 'D' ? "hangs itself, in D" : "does not answer";
}

static struct cause *cause_of_device(struct causes *causes, const char *name,
				     const struct text *text,
				     const struct verdict *verdict)
{
	struct cause *cause;
	struct task server;
	char stop;

	if (verdict->status == VERDICT_STUCK && is_of_server(verdict) &&
	    server_find(causes->why->source, text, &server)) {
		stop = server_stop(causes->why->source, &server);
		cause = causes_get(causes, say("server %d", (int)server.tid),
				   say("The server %s[%d] %s", server.comm,
				       (int)server.tid,
				       what_server_does(&server, stop)));
		/* What has stopped it is its own reason. */
		if (!stop)
			cause->server = server.tgid;
		task_free(&server);
		return cause;
	}
	return causes_get(causes, say("device %s", name),
			say("%s", verdict->text));
}

/* It need not be stuck for that. */
static void judge_volumes(struct causes *causes, const char *name,
			  const struct text *text)
{
	struct device_facts facts;
	struct cause *cause;
	struct mixed mixed;

	if (!mixed_find(&mixed, text, name))
		return;
	device_facts_read(&facts, text, name);
	cause = causes_get(causes, say("volumes %s", name),
			   say("%s is served by different volumes, judging by their names: %s",
			       name, "data is being mixed up"));
	cause->status = VERDICT_STUCK;
	cause->is_mixed = true;
	cause_add_device(cause, name, facts.inflight.nr, facts.oldest_ns.nr);
	cause->requests_unknown = !facts.inflight.known;
	verdict_add_step(&cause->verdict,
			 say("stop all that uses it now, and compare what %.*s and %.*s have",
			     (int)mixed.first.len, mixed.first.at,
			     (int)mixed.other.len, mixed.other.at),
			 say("whatever uses it is interrupted. "
			     "The longer it goes on, the more data is mixed up"));
}

static void add_unread(struct causes *causes, const char *name,
		       const char *message)
{
	struct cause *cause;

	complain("%s", message);
	document_incomplete(message);
	cause = causes_get(causes, say("device %s", name),
			   say("What is with %s cannot be read", name));
	cause->status = VERDICT_UNKNOWN;
	cause->is_unread = true;
	cause->requests_unknown = true;
	cause_add_device(cause, name, 0, 0);
}

static void add_stuck(struct causes *causes, const char *name,
		      struct judged *judged)
{
	struct cause *cause = cause_of_device(causes, name, &judged->text,
					      &judged->verdict);
	struct device_facts facts;

	device_facts_read(&facts, &judged->text, name);
	cause_add_device(cause, name, facts.inflight.nr, facts.oldest_ns.nr);
	cause->requests_unknown |= !facts.inflight.known;
	cause->status = judged->verdict.status;
	if (!cause->verdict.word) {
		cause->verdict = judged->verdict;
		memset(&judged->verdict, 0, sizeof(judged->verdict));
	}
}

static void judge_one(struct causes *causes, const char *name, struct judged *judged)
{
	if (judged->message) {
		/* One that has gone holds up nobody. */
		if (judged->status != EXIT_NO_SUCH)
			add_unread(causes, name, judged->message);
		return;
	}
	server_judge(causes->why->source, &judged->verdict, &judged->text, name);
	if (judged->verdict.status == VERDICT_STUCK ||
	    judged->verdict.status == VERDICT_UNKNOWN)
		add_stuck(causes, name, judged);
	judge_volumes(causes, name, &judged->text);
	causes_note_clients(causes, name, &judged->text);
}

/* What "devices" says of most devices is enough, so that their files are not read. */
static bool is_well(const char *line, const char *name)
{
	struct verdict verdict;
	struct text brief;
	bool well;

	brief_parse(&brief, line);
	well = judge_brief(&verdict, &brief, name) &&
	       (verdict.status == VERDICT_FREE ||
		verdict.status == VERDICT_IN_USE);
	verdict_free(&verdict);
	text_free(&brief);
	return well;
}

void devices_judge(struct causes *causes)
{
	struct text devices;
	char **names = why_devices(causes->why, &devices), **name;
	const char **unwell = check_memory(calloc(source_count_names(names) + 1,
						  sizeof(*unwell)));
	struct judged *judged;
	size_t i, nr = 0, at = 0;
	const char *line;

	for (name = names; *name; name++) {
		line = brief_find(&devices, *name, &at);
		if (!line || (!brief_is_free(line) && !is_well(line, *name)))
			unwell[nr++] = *name;
	}
	judged = judged_read_all(causes->why->source, unwell, nr);
	for (i = 0; i < nr; i++) {
		judge_one(causes, unwell[i], &judged[i]);
		judged_free(&judged[i]);
	}
	free(judged);
	free(unwell);
	source_free_names(names);
	text_free(&devices);
}
