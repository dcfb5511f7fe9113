// SPDX-License-Identifier: GPL-2.0
/*
 * AIO requests that could not be followed to a device. Of a task that waits for
 * them at the end of its process is known for how long; of others it is not.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/say.h"
#include "facts/aio.h"
#include "facts/device_facts.h"
#include "host/guest.h"
#include "why/causes.h"

static bool is_followed(const struct aio_owner *owner)
{
	return owner->owed || owner->others ||
	       (owner->inflight_known && !owner->inflight);
}

static char *say_title(const struct source *source,
		       const struct aio_owner *owner, pid_t tid, pid_t tgid)
{
	struct value comm = text_field(owner->line, "comm");
	char *guest = guest_name(source, tgid), *title;
	char *nr = owner->inflight_known ? say("%" PRIu64, owner->inflight) :
					   say("an unknown number of");

	title = say("%.*s[%d]%s%s waits for %s AIO request%s %s",
		    (int)comm.len, comm.at ? comm.at : "", (int)tid,
		    guest ? " of guest " : "", guest ? guest : "", nr,
		    owner->inflight_known && owner->inflight == 1 ? "" : "s",
		    "that could not be followed to a device");
	free(guest);
	free(nr);
	return title;
}

void unfollowed_judge(struct causes *causes)
{
	const struct why *why = causes->why;
	uint64_t waiting, tid, tgid;
	struct aio_owner owner;
	struct cause *cause;
	size_t at = 0;

	while (aio_next(&why->aio, &at, &owner)) {
		waiting = value_or_zero(text_field(owner.line, "waiting_ns"));
		tid = value_or_zero(text_field(owner.line, "tid"));
		tgid = value_or_zero(text_field(owner.line, "tgid"));
		if (owner.kind != AIO_WAITER || is_followed(&owner) ||
		    waiting < device_facts_stuck_s * 1000000000ULL ||
		    !tid || tid > INT_MAX || tgid > INT_MAX)
			continue;
		cause = causes_get(causes, say("task %d", (int)tid),
				   say_title(why->source, &owner, (pid_t)tid,
					     (pid_t)tgid));
		cause->status = VERDICT_STUCK;
		cause->tid = (pid_t)tid;
		cause->tgid = (pid_t)tgid;
		cause->requests = owner.inflight;
		cause->oldest_ns = waiting;
	}
}

void unfollowed_say(const struct why *why)
{
	struct aio_owner owner;
	uint64_t nr = 0;
	size_t at = 0;

	while (aio_next(&why->aio, &at, &owner))
		if (owner.kind != AIO_WAITER)
			nr += owner.not_found;
	if (!nr)
		return;
	why_say("%" PRIu64 " AIO request%s could not be followed to a device, ",
		nr, nr == 1 ? "" : "s");
	why_say("and since when %s %s owed is not known: see 'nbddiag aio'.",
		nr == 1 ? "it" : "they", nr == 1 ? "is" : "are");
	why_from("nbddiag/aio: owed_by");
}
