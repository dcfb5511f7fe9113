// SPDX-License-Identifier: GPL-2.0
/*
 * Does the steps of a plan. Before each of them the device is looked at again:
 * what was agreed to was agreed to for what was seen then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/fold.h"
#include "base/say.h"
#include "clean/clean.h"
#include "clean/knob.h"
#include "clean/netlink.h"
#include "host/task.h"

/* ---- looking ---- */

static void plan_anew(struct clean *c)
{
	clean_facts_read(&c->facts, &c->judged.text, c->device);
	clean_plan_make(&c->plan, &c->facts, &c->judged.verdict, &c->asked);
}

void clean_begin(struct clean *c)
{
	judged_read(c->source, &c->judged, c->device);
	c->there = true;
	plan_anew(c);
	memcpy(c->generation, c->plan.generation, GENERATION_LEN);
	c->state = c->facts.dev.state;
	c->destroyed = c->facts.destroyed;
}

void clean_end(struct clean *c)
{
	clean_plan_free(&c->plan);
	judged_free(&c->judged);
	memset(&c->facts, 0, sizeof(c->facts));
}

void clean_look(struct clean *c)
{
	clean_end(c);
	c->there = judged_read_again(c->source, &c->judged, c->device);
	if (c->there)
		plan_anew(c);
}

/* ---- may it still be done? ---- */

static bool refuse_step(struct clean *c, enum clean_action action, const char *why)
{
	complain("step %u (%s) is not done, nor anything after it: %s",
		 c->number[action], clean_action_word(action), why);
	c->stop = true;
	return false;
}

static void say_not_needed(const struct clean *c, enum clean_action action)
{
	printf("%u. %s: no longer needed, or not possible any more\n",
	       c->number[action], clean_action_word(action));
}

/* Of the device as it was seen last. */
static bool is_still_needed(struct clean *c, enum clean_action action)
{
	/* Its configuration has gone, and what was to be cleaned with it. */
	if (!c->there || c->plan.free || c->facts.dev.state == STATE_OPENED) {
		c->stop = true;
		return false;
	}
	if (c->plan.refused)
		return refuse_step(c, action, c->plan.refused);
	if (strcmp(c->plan.generation, c->generation))
		return refuse_step(c, action, "it was set up anew and has another generation");
	if (action == CLEAN_DISCONNECT && c->facts.dev.state != c->state)
		return refuse_step(c, action, "its state has changed");
	if (!c->plan.step[action].what)
		say_not_needed(c, action);
	return c->plan.step[action].what;
}

/* ---- nbd's own way ---- */

static bool may_disconnect(void *data)
{
	clean_look(data);
	return is_still_needed(data, CLEAN_DISCONNECT);
}

static void say_who_hangs(const struct clean *c, pid_t pid)
{
	struct task task;

	if (!task_read(c->source, &task, pid, pid))
		return;
	if (task.state == 'D')
		complain("process %d, which was to do it, waits in the kernel. "
			 "It cannot be killed. It ends when what it waits for ends",
			 (int)pid);
	else
		complain("process %d, which was to do it, was told to end",
			 (int)pid);
	task_free(&task);
}

static void do_disconnect(struct clean *c)
{
	struct netlink_outcome outcome;

	netlink_disconnect(&outcome, c->plan.index, may_disconnect, c);
	switch (outcome.result) {
	case NETLINK_DONE:
		c->done[CLEAN_DISCONNECT] = true;
		printf("%u. disconnect: done\n", c->number[CLEAN_DISCONNECT]);
		break;
	case NETLINK_FAILED:
		complain("disconnect over netlink failed: %s", outcome.error);
		break;
	case NETLINK_STOPPED:
		break;
	case NETLINK_HANGS:
		complain("netlink has not answered for %d s. Nothing was sent. "
			 "A command of another program may hang in it",
			 NETLINK_PATIENCE_S);
		say_who_hangs(c, outcome.pid);
		break;
	case NETLINK_HANGS_SENT:
		complain("the disconnect was sent and has not ended for %d s. "
			 "Do not attach %s before it has ended: it could hit the new volume",
			 NETLINK_PATIENCE_S, c->device);
		say_who_hangs(c, outcome.pid);
		c->stop = true;
		c->acted = true;
		break;
	}
}

/* ---- the knob ---- */

static void say_count(const char *what, const struct count *count)
{
	if (count->known)
		printf("   %s: %llu\n", what, count->nr);
	else
		printf("   %s: not known\n", what);
}

static void say_counts(enum clean_action action, const struct knob_outcome *o)
{
	if (action == CLEAN_SOCKETS) {
		say_count("sockets shut", &o->shut);
		say_count("sockets that could not be shut now", &o->left);
		say_count("sockets left alone, as a process has them open",
			  &o->held);
	} else {
		say_count("requests failed", &o->failed);
		say_count("requests still in flight", &o->unfailed);
	}
}

static void do_knob(struct clean *c, enum clean_action action)
{
	const char *word = clean_action_word(action);
	struct knob_outcome outcome;
	char *before;

	knob_write(c->source, &outcome, c->device, word,
		   c->generation);
	c->partial[action] = outcome.partial;
	if (!outcome.error || outcome.partial)
		c->done[action] = true;
	if (outcome.error == ENODATA && !outcome.partial) {
		/* What was there at the last look has ended by itself. */
		say_not_needed(c, action);
	} else if (outcome.error) {
		complain("%s: %s: %s", word, outcome.partial ?
			 "done in part only" : "not done", outcome.message);
	} else {
		before = say("%u. %s: ", c->number[action], word);
		fold_line(stdout, before, outcome.message, "");
		free(before);
	}
	if (outcome.said && c->done[action])
		say_counts(action, &outcome);
	knob_outcome_free(&outcome);
}

void clean_do(struct clean *c, enum clean_action action)
{
	clean_look(c);
	if (!is_still_needed(c, action))
		return;
	if (action == CLEAN_DISCONNECT)
		do_disconnect(c);
	else
		do_knob(c, action);
	if (c->done[action])
		c->acted = true;
	flush_output();
}
