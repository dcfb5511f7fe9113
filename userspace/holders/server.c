// SPDX-License-Identifier: GPL-2.0
/* Who should answer a device's requests, and whether that can. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "holders/server.h"
#include "host/freezer.h"
#include "host/tcp_server.h"
#include "host/unix_server.h"

static bool is_idle(const struct text *text)
{
	return value_is(text_key_field(text, "requests", "inflight"), "0");
}

static bool is_live(const char *socket)
{
	return !value_is(text_field(socket, "dead"), "yes") &&
	       !value_is(text_field(socket, "peer_exists"), "no");
}

const char *server_socket(const struct text *text)
{
	struct value index = text_field(text_next(text, "request",
						  &(size_t){ 0 }), "socket");
	bool idle = is_idle(text);
	const char *socket;
	uint64_t want, nr;
	size_t at = 0;

	if (!value_number(index, &want) && !idle)
		return NULL;
	while ((socket = text_next(text, "socket", &at)))
		if (idle ? is_live(socket) :
			   value_number(text_field(socket, "index"), &nr) &&
			   nr == want)
			break;
	return socket;
}

pid_t server_listener(const char *socket)
{
	uint64_t pid;

	return value_number(text_field(socket, "peer_pid"), &pid) &&
	       pid <= INT32_MAX ? (pid_t)pid : 0;
}

static void find_over_tcp(const struct source *source, const char *socket,
			  struct servers *servers)
{
	char *own = value_copy(text_field(socket, "own"));
	char *peer = value_copy(text_field(socket, "peer"));

	if (own && peer)
		tcp_server_find(source, own, peer, servers);
	free(own);
	free(peer);
}

bool server_find_all(const struct source *source, const char *socket,
		     struct servers *servers)
{
	pid_t listener = server_listener(socket);
	uint64_t inode;

	memset(servers, 0, sizeof(*servers));
	if (!value_is(text_field(socket, "family"), "unix")) {
		find_over_tcp(source, socket, servers);
		return servers->nr;
	}
	if (value_number(text_field(socket, "inode"), &inode) &&
	    unix_server_find(source, inode, servers))
		return true;
	if (listener > 1)
		servers_add(servers, listener);
	return servers->nr;
}

bool server_find(const struct source *source, const struct text *text,
		 struct task *task)
{
	const char *socket = server_socket(text);
	struct servers servers;
	bool found = false;

	memset(task, 0, sizeof(*task));
	if (!socket || value_is(text_field(socket, "peer_exists"), "no"))
		return false;
	server_find_all(source, socket, &servers);
	if (servers.nr == 1)
		found = task_read(source, task, servers.pid[0], servers.pid[0]);
	servers_free(&servers);
	return found;
}

static char state_of(const struct source *source, const struct task *leader,
		     const char *name)
{
	pid_t tid = (pid_t)strtol(name, NULL, 10);
	struct task task;
	char state;

	if (tid == leader->tid)
		return leader->state;
	if (!task_read(source, &task, leader->tgid, tid))
		return 'X';
	state = task.state;
	task_free(&task);
	return state;
}

/* One that was only told to freeze may hang for another reason. */
static bool is_frozen(const struct source *source, const struct task *task)
{
	struct freezer freezer;
	bool frozen = freezer_find(source, &freezer, task->tgid, task->tid) &&
		      freezer.is_done;

	freezer_free(&freezer);
	return frozen;
}

char server_stop(const struct source *source, const struct task *task)
{
	char path[64], state, stopped = 0, **names;
	bool runs = false;
	size_t i;

	/* To be let go on by a signal does not help it then. */
	if (is_frozen(source, task))
		return 'F';
	snprintf(path, sizeof(path), "proc/%d/task", (int)task->tgid);
	names = source_names(source, path, "");
	for (i = 0; names && names[i] && i < SERVER_THREADS && !runs; i++) {
		state = state_of(source, task, names[i]);
		if (state == 't' || (state == 'T' && !stopped))
			stopped = state;
		runs = !strchr("TtDZXx", state);
	}
	source_free_names(names);
	return runs ? 0 : stopped;
}

/* Of what is served, what was said first is how to detach it. */
static void drop_steps(struct verdict *verdict)
{
	size_t i;

	for (i = 0; i < verdict->nr_steps; i++) {
		free(verdict->step[i].action);
		free(verdict->step[i].cost);
	}
	verdict->nr_steps = 0;
}

static char *say_how_to_go_on(const struct source *source,
			      const struct task *server, char stop)
{
	struct freezer freezer;
	char *how, *text;

	if (stop == 'T')
		return say("let its server go on: run 'kill -CONT %d'",
			   (int)server->tid);
	if (stop == 't')
		return say("have the debugger let its server %d go on",
			   (int)server->tid);
	if (!freezer_find(source, &freezer, server->tgid, server->tid))
		return say("look again: its server %d was thawed just now",
			   (int)server->tid);
	how = freezer_say_thaw(&freezer);
	text = say("thaw its server: %s", how);
	free(how);
	freezer_free(&freezer);
	return text;
}

static const char *say_how_stopped(char stop)
{
	return stop == 'F' ? "frozen by its cgroup" : "stopped";
}

static char *say_cost(char stop)
{
	return stop == 'F' ?
	       say("%s", FREEZER_COST) :
	       say("none: the requests in flight are carried out");
}

/* Nothing waits for it yet. */
static void warn_of_stopped(const struct source *source,
			    struct verdict *verdict, const char *device,
			    const struct task *server, char stop)
{
	char *how = say_how_to_go_on(source, server, stop);

	verdict_add_warning(verdict,
			    say("%s[%d], the server of %s, is %s. The next request gets no answer. "
				"What helps: %s", server->comm, (int)server->tid,
				device, say_how_stopped(stop), how));
	free(how);
}

static bool is_locked(const struct verdict *verdict)
{
	return !strcmp(verdict->reason, "lock-held");
}

static void judge_stopped(const struct source *source, struct verdict *verdict,
			  const char *device, const struct task *server,
			  char stop)
{
	bool locked = is_locked(verdict);

	/* Whoever has the lock may well wait for the server. */
	if (locked)
		verdict_add_warning(verdict, verdict->text);
	else
		free(verdict->text);
	verdict->text = say("%s is attached, but its server %s[%d] is %s. "
			    "What is in flight gets no answer",
			    device, server->comm, (int)server->tid,
			    say_how_stopped(stop));
	/* The first step for what is stuck is to let whatever server answer. */
	if (verdict->status == VERDICT_STUCK && verdict->nr_steps && !locked) {
		free(verdict->step[0].action);
		free(verdict->step[0].cost);
		verdict->step[0].action = say_how_to_go_on(source, server, stop);
		verdict->step[0].cost = say_cost(stop);
	} else {
		drop_steps(verdict);
		verdict_add_step(verdict, say_how_to_go_on(source, server, stop),
				 say_cost(stop));
	}
	verdict->word = "wedged";
	verdict->status = VERDICT_STUCK;
	verdict->reason = "server-stopped";
}

void server_judge(const struct source *source, struct verdict *verdict,
		  const struct text *text, const char *device)
{
	struct task task;
	char stop;

	if ((verdict->status != VERDICT_IN_USE && !is_locked(verdict) &&
	     strcmp(verdict->reason, "requests-stuck")) ||
	    !server_find(source, text, &task))
		return;
	stop = server_stop(source, &task);
	if (stop && is_idle(text) && !is_locked(verdict))
		warn_of_stopped(source, verdict, device, &task, stop);
	else if (stop && !is_idle(text))
		judge_stopped(source, verdict, device, &task, stop);
	task_free(&task);
}
