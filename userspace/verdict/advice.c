// SPDX-License-Identifier: GPL-2.0
/*
 * What would free a device and what that costs, in the order to try; and what
 * else to know before anything is done. Only what was measured to help.
 */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/units.h"
#include "facts/device_facts.h"
#include "verdict/advice.h"
#include "verdict/cost.h"

/* ---- steps ---- */

static void step_look_again(struct verdict *v, const struct device_facts *f,
			    const char *why)
{
	verdict_add_step(v, say("wait until %s, and check %s again", why,
				f->device),
			 say("none"));
}

/* Return: there may be openers. */
static bool may_be_open(const struct device_facts *f)
{
	return !f->openers.known || f->openers.nr;
}

static void step_close(struct verdict *v, const struct device_facts *f)
{
	const char *hang = f->inflight.nr ?
		". What waits for a request ends only when that is answered or has failed" : "";

	if (!may_be_open(f))
		return;
	verdict_add_step(v,
			 say("end or detach what has %s open. "
			     "'nbddiag holders %s' shows who. The last close frees it",
			     f->device, f->device),
			 say("these programs, mounts or guests lose the device. "
			     "What they have not yet written to the server is LOST%s",
			     hang));
}

static void step_answer(struct verdict *v, const struct device_facts *f)
{
	verdict_add_step(v,
			 say("let the server of %s answer again, if it is only stopped or cut off. "
			     "Look at its process, its storage and the network",
			     f->device),
			 say("none: the requests in flight are carried out"));
}

static void step_reconnect(struct verdict *v, const struct device_facts *f)
{
	verdict_add_step(v,
			 say("have %s reconnected in place, and only to the SAME volume. "
			     "It takes a program that can do so (netlink, NBD_CMD_RECONFIGURE)",
			     f->device),
			 say("none with the same volume. With another one it is DATA LOSS: "
			     "whoever has the device open goes on writing, into that one"));
}

/* Nobody who has closed the connection carries out anything later. */
static char *cost_of_giving_up(const struct device_facts *f)
{
	char *cost = cost_of_failing(f), *all;

	if (f->peers_closed)
		return cost;
	all = say("%s. A server that was only stopped may still carry them out later",
		  cost);
	free(cost);
	return all;
}

/* For a device that no longer has a connection: its requests are lost. */
static void step_fail_requests(struct verdict *v,
			       const struct device_facts *f)
{
	verdict_add_step(v,
			 say("run 'nbd-client -d /dev/%s'. "
			     "It fails what is in flight, which nothing answers any more. "
			     "That alone does not free the device",
			     f->device),
			 cost_of_giving_up(f));
}

static void step_netlink(struct verdict *v, const struct device_facts *f)
{
	verdict_add_step(v,
			 say("run 'nbd-client -d /dev/%s'. %s", f->device,
			     may_be_open(f) ?
			     "The device is free once nobody has it open either" :
			     "This frees the device"),
			 cost_of_failing(f));
}

static void step_detach(struct verdict *v, const struct device_facts *f)
{
	char *cost = cost_of_failing(f);

	verdict_add_step(v,
			 say("end its use first (guests, mounts, dm). "
			     "Then run 'nbd-client -d /dev/%s', or 'qemu-nbd -d' if that attached it",
			     f->device),
			 say("%s. Whoever still uses it gets I/O errors. "
			     "What was not yet written is LOST", cost));
	free(cost);
}

static void step_give_up(struct verdict *v, const struct device_facts *f)
{
	verdict_add_step(v,
			 say("run 'nbd-client -d /dev/%s'. "
			     "It fails what is in flight and drops the connection. "
			     "It can hang too, if a request is stuck half sent",
			     f->device),
			 cost_of_giving_up(f));
}

/* ---- steps of our own ---- */

/* What is in flight there will never be answered. */
static bool is_unserved(const struct device_facts *f)
{
	return device_facts_are_left_over(f) && f->receivers.known &&
	       !f->receivers.nr;
}

static void step_clean_sockets(struct verdict *v,
			       const struct device_facts *f)
{
	verdict_add_step(v,
			 say("run 'nbddiag clean %s --sockets'. "
			     "It shuts sockets that nothing serves, "
			     "so that the servers at their other ends are rid of them. "
			     "That alone does not free the device. "
			     "The module must be loaded with allow_cleanup=1",
			     f->device),
			 say("what is just being sent on them fails. "
			     "From then on whoever has the device open gets I/O errors"));
}

static void step_clean_fail_io(struct verdict *v,
			       const struct device_facts *f)
{
	verdict_add_step(v,
			 say("run 'nbddiag clean %s%s --fail-io'. "
			     "It fails what is in flight, so that what waits for it goes on. "
			     "That alone does not free the device. "
			     "The module must be loaded with allow_cleanup=1",
			     f->device,
			     f->state == STATE_ORPHANED ? " --sockets" : ""),
			 cost_of_giving_up(f));
}

static void steps_clean(struct verdict *v, const struct device_facts *f)
{
	if (!is_unserved(f))
		return;
	if (f->inflight.nr)
		step_clean_fail_io(v, f);
	else if (f->state == STATE_ORPHANED)
		step_clean_sockets(v, f);
}

/* ---- which steps ---- */

/* Whoever has the lock waits for a request, or to send one. */
static void advise_lock(struct verdict *v, const struct device_facts *f)
{
	step_answer(v, f);
	if (f->timeout_s.nr)
		step_look_again(v, f,
				"nbd has given its requests up (timeout_s)");
	if (is_unserved(f) && f->inflight.nr)
		step_clean_fail_io(v, f);
	verdict_add_step(v,
			 say("restart the host, if the server never answers again. "
			     "Nothing less is known to help then. "
			     "Do not kill a server that is only stopped"),
			 say("all that runs on the host ends. What was not yet written is LOST"));
}

static void advise_held(struct verdict *v, const struct device_facts *f)
{
	bool ending = f->receivers.nr;

	if (ending)
		step_look_again(v, f, "its receivers have ended");
	if (f->netlink.nr) {
		if (f->bound && !ending)
			step_reconnect(v, f);
		step_netlink(v, f);
	} else if (!f->inflight.known || f->inflight.nr) {
		step_fail_requests(v, f);
	}
	/* Who waits for a request can close it only after that. */
	if (f->inflight.known && !f->inflight.nr) {
		step_close(v, f);
		steps_clean(v, f);
	} else {
		steps_clean(v, f);
		step_close(v, f);
	}
	if (!v->nr_steps)
		step_look_again(v, f, "what keeps it has gone");
}

static void advise_setup(struct verdict *v, const struct device_facts *f)
{
	step_look_again(v, f, "it is attached");
	if (f->setup_pid.known)
		verdict_add_step(v,
				 say("if it never is: end the process of thread %llu. "
				     "That one attaches it",
				     f->setup_pid.nr),
				 say("this attach fails"));
}

void advice_steps(struct verdict *v, const struct device_facts *f)
{
	if (v->status == VERDICT_FREE)
		return;
	if (!f->consistent) {
		if (v->status == VERDICT_STUCK)
			advise_lock(v, f);
		return;
	}
	if (v->status == VERDICT_UNKNOWN) {
		/* The last close frees whatever it is, if it is left over. */
		if (f->state == STATE_UNKNOWN && f->openers.nr)
			step_close(v, f);
		return;
	}
	switch (f->state) {
	case STATE_SETUP:
		advise_setup(v, f);
		if (v->status == VERDICT_STUCK)
			step_give_up(v, f);
		step_close(v, f);
		break;
	case STATE_CONNECTED:
	case STATE_DEGRADED:
		if (v->status == VERDICT_STUCK) {
			step_answer(v, f);
			step_give_up(v, f);
			step_close(v, f);
		} else {
			step_detach(v, f);
		}
		break;
	default:
		advise_held(v, f);
	}
}

/* ---- warnings ---- */

static void warn_peers(struct verdict *v, const struct device_facts *f)
{
	if (!f->peers_differ)
		return;
	verdict_add_warning(v,
			    say("its sockets lead to different volumes, judging by their names: "
				"%s and %s. %llu of %llu sockets differ%s from the first",
				*f->peer[0] ? f->peer[0] : "(not known)",
				*f->peer[1] ? f->peer[1] : "(not known)",
				f->peers_differing.nr, f->sockets.nr,
				f->peers_differing.nr == 1 ? "s" : ""));
	if (f->receivers.nr)
		verdict_add_warning(v,
				    say("it is served over these different ends. "
					"Unless they lead to one volume, data is being mixed up"));
}

static const char *why_no_answer(const struct device_facts *f)
{
	if (f->peers_closed)
		return "Its server has closed the connection, so nobody will answer it";
	if (f->receivers.known && !f->receivers.nr)
		return "No receiver runs, so no answer can come";
	return "Its server, if there is one, does not answer";
}

static void warn_requests(struct verdict *v, const struct device_facts *f)
{
	char age[UNITS_LEN];

	if (!f->inflight.known)
		verdict_add_warning(v, say("whether writes are in flight is not known"));
	else if (f->writes)
		verdict_add_warning(v,
				    say("writes are in flight: %s%u, "
					"discards and flushes included. To fail them is DATA LOSS",
					cost_at_least(f), f->writes));
	else if (f->reads < f->inflight.nr)
		verdict_add_warning(v,
				    say("requests are in flight: %llu. "
					"Whether any of them writes is not known",
					f->inflight.nr));
	if (!device_facts_are_stuck(f))
		return;
	units_age(age, f->oldest_ns.nr);
	verdict_add_warning(v,
			    say("the oldest request has had no answer for %s. %s",
				age, why_no_answer(f)));
}

static void warn_openers(struct verdict *v, const struct device_facts *f)
{
	const char *client = f->receivers.nr && !f->netlink.nr ?
		", its client included" : "";
	bool owes_nothing = v->status == VERDICT_IN_USE && f->receivers.nr &&
		f->inflight.known && !f->inflight.nr;

	if (!f->openers.known)
		verdict_add_warning(v,
				    say("how often it is open is not known. "
					"'nbddiag holders %s' looks for who has it",
					f->device));
	else if (f->openers.nr)
		verdict_add_warning(v,
				    say("it is open (openers: %llu%s). "
					"'nbddiag holders %s' shows who%s%s%s",
					f->openers.nr, client, f->device,
					owes_nothing ? ", 'nbddiag why " : "",
					owes_nothing ? f->device : "",
					owes_nothing ? "' whether one of them hangs" : ""));
	if (f->netlink.nr)
		verdict_add_warning(v,
				    say("netlink keeps it until it is disconnected"));
	if (f->state == STATE_OPENED && f->attachable)
		verdict_add_warning(v,
				    say("the kernel would accept an attach by ioctl. Do not do it: "
					"whoever has it open could write to the new volume"));
}

static void warn_lock(struct verdict *v, const struct device_facts *f)
{
	if (f->consistent)
		return;
	if (f->holder.known)
		verdict_add_warning(v,
				    say("this was read without nbd's lock, so it may not be true. "
					"%s[%llu] (state %s) has the lock",
					f->holder_comm, f->holder.nr,
					f->holder_state));
	else
		verdict_add_warning(v,
				    say("this was read without nbd's lock, so it may not be true. "
					"Who has the lock is not known"));
	verdict_add_warning(v,
			    say("an attach or a disconnect would wait for that lock, "
				"and could not be killed meanwhile"));
}

void advice_warnings(struct verdict *v, const struct device_facts *f)
{
	warn_openers(v, f);
	warn_requests(v, f);
	warn_peers(v, f);
	warn_lock(v, f);
	if (f->counted.known && f->sockets.nr > f->counted.nr)
		verdict_add_warning(v,
				    say("only %llu of its %llu sockets were looked at",
					f->counted.nr, f->sockets.nr));
}
