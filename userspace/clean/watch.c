// SPDX-License-Identifier: GPL-2.0
/* Watches what comes of the steps, and reports the truth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/say.h"
#include "clean/clean.h"
#include "facts/device_facts.h"
#include "holders/holders.h"

#define PAUSE_NS 200000000L
/* To look at all threads of the host is more work. */
#define HOLDERS_S 1

/**
 * struct watch - what was seen so far
 * @begun: when, in seconds
 * @changed: when something changed
 * @looked: when it was looked at who holds the device
 * @is_ending: one of these is in D, or ends, or was not found
 * @last: what was seen before
 */
struct watch {
	double begun;
	double changed;
	double looked;
	bool is_ending;
	struct device_facts last;
};

/* ---- what there is to wait for ---- */

static bool holder_is_ending(const struct holder *holder)
{
	const struct task *task = &holder->task;

	return (holder->kind == HOLDER_PROCESS ||
		holder->kind == HOLDER_THREAD ||
		(holder->kind == HOLDER_AIO && task->tid)) &&
	       (task->is_exiting || strchr("DZX", task->state));
}

static bool look_for_ending(const struct clean *c)
{
	struct holders holders;
	bool found;
	size_t i;

	holders_find(c->source, &holders, &c->judged.text);
	found = !holders_complete(&holders);
	for (i = 0; i < holders.nr; i++)
		found |= holder_is_ending(&holders.holder[i]);
	holders_free(&holders);
	return found;
}

static bool is_same(const struct device_facts *a,
		    const struct device_facts *b)
{
	return a->state == b->state && a->consistent == b->consistent &&
	       a->openers.nr == b->openers.nr &&
	       a->config_refs.nr == b->config_refs.nr &&
	       a->netlink.nr == b->netlink.nr &&
	       a->receivers.nr == b->receivers.nr &&
	       a->inflight.nr == b->inflight.nr &&
	       a->sockets.nr == b->sockets.nr && a->live.nr == b->live.nr;
}

static bool goes_on(struct watch *w, const struct clean *c)
{
	double now = clock_seconds();

	if (!c->acted || now - w->begun >= c->wait_s)
		return false;
	if (!is_same(&w->last, &c->facts.dev))
		w->changed = now;
	w->last = c->facts.dev;
	if (now - w->changed >= CLEAN_QUIET_S &&
	    now - w->looked >= HOLDERS_S) {
		w->is_ending = look_for_ending(c);
		w->looked = clock_seconds();
	}
	return clean_may_change(&c->facts, w->is_ending, now - w->changed);
}

/* ---- what is tried again ---- */

/*
 * A task that hung in NBD_SET_SOCK goes on when the requests have failed, and
 * adds its socket. And what was done in part may be written again. Only what
 * was agreed to, and each only once.
 */
static bool try_again(struct clean *c)
{
	enum clean_action action;

	for (action = CLEAN_SOCKETS; action < CLEAN_ACTIONS; action++) {
		if (!c->number[action] || c->again[action] || c->stop ||
		    !c->plan.step[action].what ||
		    strcmp(c->plan.generation, c->generation))
			continue;
		if (!c->partial[action] &&
		    !(action == CLEAN_SOCKETS && c->done[CLEAN_FAIL_IO]))
			continue;
		c->again[action] = true;
		printf("%u. %s: once more\n", c->number[action],
		       clean_action_word(action));
		clean_do(c, action);
		return true;
	}
	return false;
}

void clean_watch(struct clean *c)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct watch watch = { .begun = clock_seconds() };

	watch.changed = watch.begun;
	for (;;) {
		clean_look(c);
		if (!c->there || c->plan.free)
			return;
		if (try_again(c))
			continue;
		if (!goes_on(&watch, c))
			return;
		nanosleep(&pause, NULL);
	}
}

/* ---- the report ---- */

void clean_print_verdict(const struct verdict *v)
{
	char *before = say("%s: ", v->word);

	fold_line(stdout, before, v->text, ".");
	free(before);
}

void clean_print_holders(const struct clean *c)
{
	struct holders holders;
	char *text, *line;
	size_t i;

	holders_find(c->source, &holders, &c->judged.text);
	if (holders.nr)
		puts("Who holds it:");
	for (i = 0; i < holders.nr; i++) {
		text = holder_text(&holders.holder[i]);
		line = say("%s %s", holder_kind_name(holders.holder[i].kind),
			   text);
		fold_line(stdout, "  -  ", line, "");
		free(line);
		free(text);
	}
	if (!holders_complete(&holders))
		puts(holders.nr ? "There may be others." :
		     "Who holds it was not found.");
	holders_free(&holders);
}

int clean_report(const struct clean *c)
{
	const struct verdict *v = &c->judged.verdict;
	const struct device_facts *dev = &c->facts.dev;

	if (!c->there) {
		printf("%s is gone%s\n", c->device, c->destroyed ?
		       ", as it was made to be destroyed on disconnect" : "");
		return VERDICT_UNKNOWN;
	}
	if (c->plan.free) {
		printf("%s is free\n", c->device);
		return VERDICT_FREE;
	}
	clean_print_verdict(v);
	if (dev->inflight.nr)
		printf("Requests in flight: %llu.%s\n", dev->inflight.nr,
		       c->asked.fail_io ? "" :
		       " To fail them was not asked for (--fail-io).");
	clean_print_holders(c);
	return v->status;
}
