// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict on a device. Free is only what is wholly known and free in every
 * respect: an attach of a device that a process still has open lets that process
 * write to the new volume. What is not known is "unknown", never a guess.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/say.h"
#include "base/units.h"
#include "facts/device_facts.h"
#include "facts/text.h"
#include "verdict/advice.h"
#include "verdict/judge.h"
#include "verdict/mixed.h"

/* ---- ways to say it ---- */

static void set_verdict(struct verdict *v, enum verdict_status status,
			const char *word, const char *reason, char *text)
{
	v->status = status;
	v->word = word;
	v->reason = reason;
	v->text = text;
}

static void judge_unknown(struct verdict *v, const char *reason, char *text)
{
	set_verdict(v, VERDICT_UNKNOWN, "unknown", reason, text);
}

static void judge_wedged(struct verdict *v, const char *reason, char *text)
{
	set_verdict(v, VERDICT_STUCK, "wedged", reason, text);
}

static void judge_in_use(struct verdict *v, const struct device_facts *f,
			 char *text)
{
	set_verdict(v, VERDICT_IN_USE, "in-use", device_facts_attach_word(f->attach),
		    text);
}

/* ---- what is not known ---- */

/* A word of a newer module. */
static void judge_strange(struct verdict *v, const struct device_facts *f,
			  const char *code, const char *key, const char *word)
{
	judge_unknown(v, code,
		      say("%s has %s '%s', which this program does not know. Is the module newer?",
			  f->device, key, word));
}

static void judge_state_unknown(struct verdict *v,
				const struct device_facts *f)
{
	const char *sentence, *reason = device_facts_state_reason(f, &sentence);

	if (f->state == STATE_OTHER)
		judge_strange(v, f, "unknown-state", "the state",
			      f->state_word);
	else if (!reason)
		judge_strange(v, f, "unknown-state-reason", "the state_reason",
			      f->state_reason);
	else
		judge_unknown(v, reason,
			      say("the state of %s is not known: %s",
				  f->device, sentence));
	v->fleeting = reason && !strcmp(reason, "changing");
}

static bool judge_broken(struct verdict *v, const struct device_facts *f)
{
	if (!f->broken)
		return false;
	judge_unknown(v, "malformed",
		      say("the file of %s is malformed or cut off: "
			  "%s is missing, is there twice, or makes no sense",
			  f->device, f->broken));
	return true;
}

static void judge_contradiction(struct verdict *v,
				const struct device_facts *f)
{
	judge_unknown(v, "contradiction",
		      say("the file of %s contradicts itself. Look again. It says: "
			  "state %s, attachable_reason %s, openers %llu, inflight %llu",
			  f->device, f->state_word, f->attach_word,
			  f->openers.nr, f->inflight.nr));
	v->fleeting = true;
}

/* What keeps us from judging a device whose state is known. */
static bool judge_attach_unknown(struct verdict *v,
				 const struct device_facts *f)
{
	if (f->attach == ATTACH_GOING_AWAY ||
	    (f->state == STATE_FREE && f->removing))
		judge_unknown(v, "going-away",
			      say("%s is being removed. Look again",
				  f->device));
	else if (!f->attachable && !f->not_attachable)
		judge_unknown(v, "attachable-unknown",
			      say("whether the kernel would attach %s is not known: %s",
				  f->device, f->attach_word));
	else if (f->attach == ATTACH_OTHER)
		judge_strange(v, f, "unknown-attachable-reason",
			      "the attachable_reason", f->attach_word);
	else if (!device_facts_attach_fits(f))
		judge_contradiction(v, f);
	else
		return false;
	return true;
}

/* ---- requests ---- */

static void judge_stuck(struct verdict *v, const struct device_facts *f)
{
	char age[UNITS_LEN];

	units_age(age, f->oldest_ns.nr);
	judge_wedged(v, "requests-stuck",
		     say("%s is in use, but its oldest request has had no answer for %s",
			 f->device, age));
}

/* Whether the server answers, of a device that is in use. */
static bool judge_requests(struct verdict *v, const struct device_facts *f)
{
	if (!f->inflight.known) {
		judge_unknown(v, "requests-unknown",
			      say("%s is in use. Whether its server answers requests is not known",
				  f->device));
	} else if (f->inflight.nr && !f->oldest_ns.known) {
		judge_unknown(v, "requests-unknown",
			      say("%s is in use. How long its requests have waited is not known",
				  f->device));
		v->fleeting = true;
	} else if (device_facts_are_stuck(f)) {
		judge_stuck(v, f);
	} else {
		return false;
	}
	return true;
}

/* ---- nbd's lock ---- */

static bool has_same_holder(const struct device_facts *f,
			    const struct text *before)
{
	struct device_facts then;

	if (!before || !f->holder.known)
		return false;
	device_facts_read(&then, before, f->device);
	return !then.broken && !then.consistent && then.holder.known &&
	       then.holder.nr == f->holder.nr;
}

static bool judge_lock(struct verdict *v, const struct device_facts *f,
		       const struct text *before)
{
	if (f->consistent)
		return false;
	if (has_same_holder(f, before)) {
		judge_wedged(v, "lock-held",
			     say("%s[%llu] (state %s) has held nbd's lock of %s for at least %d s. "
				 "Every attach and disconnect hangs until the lock is free",
				 f->holder_comm, f->holder.nr,
				 f->holder_state, f->device,
				 JUDGE_LOCK_S));
	} else if (f->state < STATE_UNKNOWN && device_facts_are_stuck(f)) {
		judge_stuck(v, f);
	} else {
		judge_unknown(v, "lock-held",
			      say("nbd's lock of %s was held while the device was read. "
				  "What was read may not be true. Look again",
				  f->device));
	}
	v->fleeting = true;
	return true;
}

/* ---- each state ---- */

static void judge_free(struct verdict *v, const struct device_facts *f)
{
	if (f->openers.known && !f->openers.nr && f->config_refs.known &&
	    !f->config_refs.nr && f->no_keepers && f->inflight.known &&
	    !f->inflight.nr)
		set_verdict(v, VERDICT_FREE, "free", "free",
			    say("%s can be attached: "
				"nothing has it open, and nothing is in flight",
				f->device));
	else if (!f->openers.known || !f->config_refs.known ||
		 !f->inflight.known)
		judge_unknown(v, "not-all-known",
			      say("%s has no configuration, "
				  "but its openers, references or requests are not known. "
				  "Whether it is safe to attach it is not known either",
				  f->device));
	else
		judge_contradiction(v, f);
}

static void judge_opened(struct verdict *v, const struct device_facts *f)
{
	switch (f->attach) {
	case ATTACH_OPENED:
		if (f->inflight.nr)
			judge_contradiction(v, f);
		else
			judge_in_use(v, f,
				     say("%s is not attached, but it is open. "
					 "Programs that have it open would write to the next volume",
					 f->device));
		break;
	case ATTACH_BOUND:
	case ATTACH_SETUP_TASK_SET:
		judge_wedged(v, device_facts_attach_word(f->attach),
			     say("an attach of %s was begun and never finished. "
				 "Every other one fails until the device's last opener closes it",
				 f->device));
		break;
	default:
		judge_in_use(v, f,
			     say("%s is not attached, but it is open and has requests in flight",
				 f->device));
	}
}

/* "NAME still holds ..." for the sentences below. */
static const char *what_it_holds(const struct device_facts *f)
{
	switch (f->attach) {
	case ATTACH_STARTED:
		return "still holds an old connection";
	case ATTACH_BOUND:
		return "still holds an old connection made over netlink";
	case ATTACH_SETUP_TASK_SET:
		return "still holds an attach that was never finished";
	case ATTACH_LEFTOVER:
		return "still holds sockets of an earlier attach";
	default:
		return "has lost its connections, and nbd is not done with them";
	}
}

static char *why_refused(const struct device_facts *f)
{
	const char *fails = f->attach == ATTACH_BOUND ? "is refused" :
		"fails with EBUSY";
	const char *until = "its last opener closes it";

	if (f->receivers.nr)
		until = "its receivers have ended and nobody has it open";
	else if (f->netlink.nr)
		until = "it is disconnected and nobody has it open";
	return say("%s %s. Every attach %s until %s", f->device,
		   what_it_holds(f), fails, until);
}

static void judge_orphaned(struct verdict *v, const struct device_facts *f)
{
	char *why = why_refused(f);

	set_verdict(v, VERDICT_STUCK, "orphaned", device_facts_attach_word(f->attach),
		    say("%s. Nothing serves its sockets, though %llu of %llu are not marked dead",
			why, f->live.nr, f->sockets.nr));
	free(why);
}

static void judge_used(struct verdict *v, const struct device_facts *f)
{
	if (judge_requests(v, f))
		return;
	switch (f->state) {
	case STATE_OPENED:
		judge_opened(v, f);
		break;
	case STATE_SETUP:
		judge_in_use(v, f, say("%s is being attached",
				       f->device));
		break;
	case STATE_DEGRADED:
		judge_in_use(v, f,
			     say("%s is attached, but some of its connections are dead",
				 f->device));
		break;
	default:
		judge_in_use(v, f, say("%s is attached and served%s", f->device,
				       f->inflight.nr ? "" : ", and has no request in flight"));
	}
}

static void judge_state(struct verdict *v, const struct device_facts *f)
{
	switch (f->state) {
	case STATE_FREE:
		judge_free(v, f);
		break;
	case STATE_OPENED:
	case STATE_SETUP:
	case STATE_CONNECTED:
	case STATE_DEGRADED:
		judge_used(v, f);
		break;
	case STATE_DISCONNECTED:
		judge_wedged(v, device_facts_attach_word(f->attach),
			     why_refused(f));
		break;
	case STATE_ORPHANED:
		judge_orphaned(v, f);
		break;
	case STATE_UNKNOWN:
	case STATE_OTHER:
		judge_state_unknown(v, f);
	}
}

/* ---- all together ---- */

static void judge_facts(struct verdict *v, const struct device_facts *f,
			const struct text *before)
{
	const char *meaning;

	if (judge_lock(v, f, before))
		return;
	if (f->state >= STATE_UNKNOWN || !device_facts_state_reason(f, &meaning))
		judge_state_unknown(v, f);
	else if (!judge_attach_unknown(v, f))
		judge_state(v, f);
}

void judge_device(struct verdict *verdict, const struct text *text,
		  const struct text *before, const char *device)
{
	struct device_facts facts;

	memset(verdict, 0, sizeof(*verdict));
	device_facts_read(&facts, text, device);
	if (judge_broken(verdict, &facts))
		return;
	judge_facts(verdict, &facts, before);
	advice_steps(verdict, &facts);
	advice_warnings(verdict, &facts);
}

bool judge_brief(struct verdict *verdict, const struct text *text,
		 const char *device)
{
	struct device_facts facts;

	memset(verdict, 0, sizeof(*verdict));
	device_facts_read_brief(&facts, text, device);
	if (judge_broken(verdict, &facts))
		return false;
	judge_facts(verdict, &facts, NULL);
	/* The sentences need more than was read. */
	free(verdict->text);
	verdict->text = NULL;
	return !mixed_is_possible(text) && !verdict->fleeting &&
	       (verdict->status != VERDICT_IN_USE || !facts.inflight.nr ||
		facts.oldest_ns.nr < JUDGE_LOOK_S * 1000000000ULL);
}
