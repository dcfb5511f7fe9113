// SPDX-License-Identifier: GPL-2.0
/*
 * The plan to clean a device. No step makes a device attachable that somebody
 * still has open: it would write to the next volume. What can be told
 * beforehand to hang, or to be refused, is not tried.
 */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "clean/knob.h"
#include "clean/plan.h"
#include "facts/device_facts.h"
#include "verdict/cost.h"

static const char * const action_words[] = {
	[CLEAN_DISCONNECT] = "disconnect",
	[CLEAN_SOCKETS] = "sockets",
	[CLEAN_FAIL_IO] = "fail-io",
};

const char *clean_action_word(enum clean_action action)
{
	return action_words[action];
}

/**
 * struct planning - what a plan is made from, and the plan
 * @f: the device
 * @asked: what may be done
 * @plan: the plan
 */
struct planning {
	const struct clean_facts *f;
	const struct clean_asked *asked;
	struct clean_plan *plan;
};

/* ---- parts of a plan ---- */

static void add_step(struct planning *p, enum clean_action action, char *what,
		     char *cost)
{
	p->plan->step[action].what = what;
	p->plan->step[action].cost = cost;
	p->plan->nr_steps++;
}

static void add_note(char **notes, size_t *nr, char *note)
{
	if (*nr == CLEAN_NOTES)
		free(note);
	else
		notes[(*nr)++] = note;
}

static void not_done(struct planning *p, char *note)
{
	add_note(p->plan->not_done, &p->plan->nr_not_done, note);
}

static void remains(struct planning *p, char *note)
{
	add_note(p->plan->remains, &p->plan->nr_remains, note);
}

/* ---- what steps cost ---- */

static bool may_have_requests(const struct clean_facts *f)
{
	return !f->dev.inflight.known || f->dev.inflight.nr;
}

static char *cost_of_failing_io(const struct clean_facts *f)
{
	char *failing = cost_of_failing(&f->dev), *cost;

	if (!may_have_requests(f))
		return failing;
	cost = say("%s. File systems on it may go read-only. "
		   "A server that was only stopped may still carry out what it has received",
		   failing);
	free(failing);
	return cost;
}

static char *cost_of_disconnect(const struct clean_facts *f)
{
	char *failing = cost_of_failing_io(f);
	char *cost = say("%s%s%s", failing, f->dev.netlink.nr ?
			 ". It can no longer be reconnected in place" :
			 "",
			 f->dev.openers.nr ?
			 ". Whoever has it open loses it" : "");

	free(failing);
	return cost;
}

/* Who hangs sending gets an error; what was sent goes on waiting. */
static char *cost_of_sockets(const struct clean_facts *f)
{
	static const char rest[] =
		"From then on whoever has it open gets I/O errors. "
		"The servers see the connections close. "
		"The device does not become attachable by this";

	if (may_have_requests(f))
		return say("requests that hang half sent, or while they are sent, fail. "
			   "It is DATA LOSS if one of them writes. "
			   "Others in flight are left. %s", rest);
	return say("nothing is in flight, so no request fails. %s",
		   rest);
}

/* ---- nbd's own way ---- */

static bool helps_to_disconnect(const struct planning *p)
{
	return p->f->dev.netlink.nr ||
	       (p->asked->fail_io && may_have_requests(p->f));
}

/* Return: why it could hurt or hang, NULL if not; for free(). */
static char *why_not_disconnect(const struct planning *p)
{
	const struct clean_facts *f = p->f;

	if (may_have_requests(f) && !p->asked->fail_io)
		return say("it would fail what is in flight. --fail-io allows that");
	if (!f->dev.consistent)
		return say("nbd's lock is held. "
			   "It would wait for that, and all of genetlink with it");
	if (!f->started)
		return say("it was never started in this configuration");
	if (!f->index.known ||
	    strtoull(f->dev.device + strlen("nbd"), NULL, 10) != f->index.nr)
		return say("its number in nbd is not known");
	if (f->why_no_farewell)
		return say("nbd says farewell to each server first, "
			   "which could hang or do harm: %s",
			   f->why_no_farewell);
	return NULL;
}

static void plan_disconnect(struct planning *p)
{
	const struct clean_facts *f = p->f;
	char *why;

	if (!helps_to_disconnect(p))
		return;
	why = why_not_disconnect(p);
	if (why) {
		not_done(p, say("disconnect over netlink, nbd's own way: %s",
				why));
		free(why);
		return;
	}
	add_step(p, CLEAN_DISCONNECT,
		 say("disconnect %s over netlink, nbd's own way. %s",
		     f->dev.device, f->dev.netlink.nr ?
		     "This drops the reference that nbd itself holds" :
		     "This makes nbd fail the requests in flight"),
		 cost_of_disconnect(f));
}

static bool is_planned(const struct planning *p, enum clean_action action)
{
	return p->plan->step[action].what;
}

/* ---- the sockets ---- */

/* Return: why the knob would refuse it, for free(); or NULL. */
static char *why_not_sockets(const struct planning *p)
{
	const struct clean_facts *f = p->f;

	if (f->dev.state != STATE_ORPHANED)
		return say("there is no socket that nothing serves and no process has open");
	if (!f->dev.consistent)
		return say("nbd's lock is held. Without it no socket is shut");
	if (f->dev.setup_pid.known && !is_planned(p, CLEAN_DISCONNECT))
		return say("thread %llu, which set it up, is alive and has it open. "
			   "It may be about to start it",
			   f->dev.setup_pid.nr);
	return NULL;
}

/* What would be refused is not offered. */
static void offer_sockets(struct planning *p, const char *why_not)
{
	char *cost;

	if (p->f->dev.state != STATE_ORPHANED)
		return;
	if (why_not) {
		not_done(p, say("--sockets would do nothing now: %s", why_not));
		return;
	}
	cost = cost_of_sockets(p->f);
	not_done(p,
		 say("--sockets would shut what nothing serves and no process has open (%llu). "
		     "Cost: %s", clean_facts_strays(p->f), cost));
	free(cost);
}

static void plan_sockets(struct planning *p)
{
	char *why = why_not_sockets(p);

	if (!p->asked->sockets)
		offer_sockets(p, why);
	else if (why)
		not_done(p, say("--sockets: %s", why));
	else
		add_step(p, CLEAN_SOCKETS,
			 say("%s (%llu), through /%s",
			     "shut sockets that nothing serves and no process has open",
			     clean_facts_strays(p->f), KNOB_CLEANUP),
			 cost_of_sockets(p->f));
	free(why);
}

/* ---- the requests, by the knob ---- */

/* What keeps a sender busy could make the kernel wait for it. */
static char *why_sockets_first(const struct planning *p)
{
	const struct clean_facts *f = p->f;
	bool others = f->open;

	if (is_planned(p, CLEAN_SOCKETS))
		others = f->open > clean_facts_strays(f);
	if (f->held.nr && others)
		return say("a process has sockets of it open, "
			   "and these are never touched. End that process first");
	if (is_planned(p, CLEAN_SOCKETS))
		return NULL;
	if (!f->dev.consistent && (f->open || f->sending))
		return say("sockets must be shut down first, and nbd's lock is held. "
			   "Without it no socket is shut");
	if (f->open)
		return say("sockets must be shut down first. %s",
			   p->asked->sockets ? "See --sockets above" :
			   "--sockets allows that");
	if (f->dev.state == STATE_ORPHANED && f->sending)
		return say("a sender hangs on a socket. %s",
			   p->asked->sockets ? "See --sockets above" :
			   "--sockets ends that");
	return NULL;
}

static char *why_not_fail(const struct planning *p)
{
	const struct clean_facts *f = p->f;

	if (!f->dev.inflight.known)
		return say("whether requests are in flight is not known");
	if (!f->dev.inflight.nr)
		return say("no request is in flight");
	if (f->dead_conn_timeout_s.nr && !f->disconnected)
		return say("requests may wait for a reconnect, for %llu s at most",
			   f->dead_conn_timeout_s.nr);
	return why_sockets_first(p);
}

static void offer_to_fail(struct planning *p, const char *why_not)
{
	char *cost;

	if (!may_have_requests(p->f))
		return;
	if (why_not && !p->f->dev.consistent) {
		not_done(p, say("--fail-io would do nothing now: %s", why_not));
		return;
	}
	cost = cost_of_failing_io(p->f);
	not_done(p,
		 say("--fail-io would fail what is in flight, so that what waits for it goes on. "
		     "Cost: %s", cost));
	free(cost);
}

static void plan_fail_io(struct planning *p)
{
	bool tried = is_planned(p, CLEAN_DISCONNECT);
	char *why = why_not_fail(p);

	if (!p->asked->fail_io) {
		offer_to_fail(p, why);
	} else if (!why) {
		add_step(p, CLEAN_FAIL_IO,
			 say("fail the requests in flight%s, through /" KNOB_CLEANUP,
			     tried ? ", if any are left" : ""),
			 cost_of_failing_io(p->f));
	} else if (!tried || !may_have_requests(p->f)) {
		not_done(p, say("--fail-io: %s", why));
	}
	free(why);
}

/* ---- what remains ---- */

static void plan_remains(struct planning *p)
{
	const struct clean_facts *f = p->f;

	if (f->dev.netlink.nr && !is_planned(p, CLEAN_DISCONNECT))
		remains(p,
			say("nbd's own reference, until it is disconnected over netlink"));
	if (may_have_requests(f) && !is_planned(p, CLEAN_DISCONNECT) &&
	    !is_planned(p, CLEAN_FAIL_IO))
		remains(p, say("requests in flight, and all that wait for them"));
	if (f->held.nr)
		remains(p, say("sockets that a process has open: %llu",
			       f->held.nr));
	if (!f->dev.openers.known)
		remains(p, say("whoever has it open. How often it is open is not known"));
	else if (f->dev.openers.nr)
		remains(p,
			say("whoever has it open (openers: %llu). Only the last close frees it. "
			    "Before that it is not made attachable: "
			    "programs that have it open would write to the next volume",
			    f->dev.openers.nr));
}

/* ---- what is refused ---- */

/* Return: a reason for free(), or NULL. */
static char *why_refused(const struct clean_facts *f, const struct verdict *v)
{
	if (v->status == VERDICT_UNKNOWN)
		return say("what is not known for certain is not cleaned");
	/* Whether it is in use was read without it too. */
	if (!f->dev.consistent && !device_facts_are_left_over(&f->dev))
		return say("nbd's lock is held. What was read without it may not be true");
	switch (f->dev.state) {
	case STATE_CONNECTED:
	case STATE_DEGRADED:
		return say("it is in use, and its connections are served. "
			   "'nbddiag check %s' says how to detach it",
			   f->dev.device);
	case STATE_SETUP:
		return say("it is being set up");
	default:
		break;
	}
	if (!device_facts_are_left_over(&f->dev) || *f->generation)
		return NULL;
	if (!*f->generation_text)
		return say("this module has no generation, as it is older than this program. "
			   "Load a newer one");
	return say("its generation is not known: %s",
		   f->generation_text);
}

static bool has_receivers(const struct clean_facts *f)
{
	return !f->recv_threads.known || f->recv_threads.nr ||
	       !f->dev.receivers.known || f->dev.receivers.nr;
}

static void plan_all(struct planning *p)
{
	const struct clean_facts *f = p->f;

	if (!device_facts_are_left_over(&f->dev)) {
		not_done(p,
			 say("%s is not attached, so that there is nothing to clean",
			     f->dev.device));
	} else if (has_receivers(f)) {
		not_done(p, say("its receivers still run. Clean it when they have ended"));
	} else {
		plan_disconnect(p);
		plan_sockets(p);
		plan_fail_io(p);
	}
	plan_remains(p);
}

void clean_plan_make(struct clean_plan *plan, const struct clean_facts *facts,
		     const struct verdict *verdict,
		     const struct clean_asked *asked)
{
	struct planning planning = {
		.f = facts, .asked = asked, .plan = plan,
	};

	memset(plan, 0, sizeof(*plan));
	plan->index = facts->index.nr;
	memcpy(plan->generation, facts->generation, GENERATION_LEN);
	plan->free = verdict->status == VERDICT_FREE;
	if (plan->free)
		return;
	plan->refused = why_refused(facts, verdict);
	if (!plan->refused)
		plan_all(&planning);
}

void clean_plan_free(struct clean_plan *plan)
{
	size_t i;

	for (i = 0; i < CLEAN_ACTIONS; i++) {
		free(plan->step[i].what);
		free(plan->step[i].cost);
	}
	for (i = 0; i < plan->nr_not_done; i++)
		free(plan->not_done[i]);
	for (i = 0; i < plan->nr_remains; i++)
		free(plan->remains[i]);
	free(plan->refused);
	memset(plan, 0, sizeof(*plan));
}

/* ---- waiting ---- */

bool clean_may_change(const struct clean_facts *facts, bool holder_is_ending,
		      double quiet_s)
{
	const struct device_facts *dev = &facts->dev;

	if (quiet_s < CLEAN_QUIET_S || !dev->consistent || dev->receivers.nr)
		return true;
	/* Without a timeout nothing ends them, nor who waits for them. */
	if (dev->inflight.nr)
		return dev->timeout_s.nr;
	return holder_is_ending;
}
