// SPDX-License-Identifier: GPL-2.0
/*
 * Rings of io_uring: whose they are, and which devices owe their requests. A ring
 * that no process has any more keeps a device in use until its requests are done.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/rest.h"
#include "facts/uring.h"
#include "host/disks.h"
#include "why/why.h"

static const char *plural(uint64_t nr)
{
	return nr == 1 ? "" : "s";
}

/* ---- from a ring down ---- */

static void explain_rests(struct why *why, const struct uring_ring *ring)
{
	struct rests rests;
	char *name;
	size_t i;

	uring_rests(&why->uring, ring, &rests);
	for (i = 0; i < rests.nr; i++) {
		const struct rest *rest = &rests.rest[i];

		name = check_memory(strndup(rest->device.at, rest->device.len));
		why_say_names(why, rest->device);
		why_say(" owes %u of them", rest->requests);
		why_say_rest(why, rest);
		why_say(".");
		why_from("nbddiag/uring: owed");
		why_owing(why, name);
		free(name);
	}
	if (!rests.others)
		return;
	why_say("%u more rest at other devices.", rests.others);
	why_from("nbddiag/uring: owed");
}

/* Sockets and the like are what a live process waits for. @hangs: something waits for all */
static void explain_unfound(struct why *why, const struct uring_ring *ring,
			    bool hangs)
{
	uint64_t owed = value_or_zero(text_field(ring->line, "owed"));
	uint64_t nr = uring_waits_for(ring);

	if (nr <= owed)
		return;
	why_say("%" PRIu64 " of them %s found at no disk: ", nr - owed,
		nr - owed == 1 ? "was" : "were");
	why_say("such wait for sockets, pipes or files, or a thread does them.");
	why_from("nbddiag/uring: ring");
	if (hangs)
		why_note_unknown(why, "requests-unknown");
}

static void explain_unowned(struct why *why, const struct uring_ring *ring)
{
	uint64_t nr = uring_waits_for(ring);
	struct value worker = text_field(ring->line, "worker");
	char *name = uring_name_unowned(ring);

	why_say("A %s waits for %" PRIu64 " request%s: ",
		name, nr, plural(nr));
	why_say("until they are done, what they were asked of stays in use.");
	if (worker.kind == VALUE_GIVEN)
		why_say(" The kernel's worker %.*s frees it then.",
			(int)worker.len, worker.at);
	why_from("nbddiag/uring: ring");
	free(name);
	explain_rests(why, ring);
	explain_unfound(why, ring, true);
}

bool why_rings_of_gone(struct why *why, pid_t pid)
{
	struct uring_ring ring = {};
	bool any = false;

	while (uring_next(&why->uring, &ring)) {
		if (!uring_is_unowned(&ring) || uring_pid(&ring) != pid)
			continue;
		/* What it closed while it lived why_rings() tells. */
		if (!uring_is_closed(&ring))
			explain_unowned(why, &ring);
		any = true;
	}
	return any;
}

bool why_rings_of_worker(struct why *why, pid_t tid)
{
	struct uring_ring ring = {};
	bool any = false;

	while (uring_next(&why->uring, &ring)) {
		if (value_or_zero(text_field(ring.line, "worker")) !=
				(uint64_t)tid)
			continue;
		explain_unowned(why, &ring);
		any = true;
	}
	return any;
}

bool why_rings_owe(const struct why *why, pid_t pid)
{
	struct uring_ring ring = {};

	while (uring_next(&why->uring, &ring))
		if (!uring_is_unowned(&ring) && uring_pid(&ring) == pid &&
		    uring_waits_for(&ring))
			return true;
	return false;
}

static void explain_owned(struct why *why, const struct uring_ring *ring,
			  bool hangs)
{
	uint64_t nr = uring_waits_for(ring);
	uint64_t unreaped = value_or_zero(text_field(ring->line, "unreaped"));

	if (!nr && !unreaped)
		return;
	why_say("It has an io_uring: %" PRIu64 " request%s in flight, ", nr,
		plural(nr));
	why_say("%" PRIu64 " result%s to be taken.", unreaped,
		plural(unreaped));
	why_from("nbddiag/uring: ring");
	explain_rests(why, ring);
	explain_unfound(why, ring, hangs);
}

bool why_rings(struct why *why, pid_t pid, bool hangs)
{
	struct uring_ring ring = {};
	bool any = false;

	if (!why_visit(why, &why->rings, pid))
		return true;
	while (uring_next(&why->uring, &ring)) {
		if (uring_pid(&ring) != pid)
			continue;
		if (uring_is_closed(&ring))
			explain_unowned(why, &ring);
		else if (!uring_is_unowned(&ring))
			explain_owned(why, &ring, hangs);
		any = true;
	}
	return any;
}

/* ---- from a device up ---- */

void why_rings_on(struct why *why, const char *device)
{
	struct uring_ring ring = {};
	unsigned int nr;
	char *name, done[40];

	while (uring_next(&why->uring, &ring)) {
		nr = uring_count_at(&why->uring, &ring, device);
		if (!nr)
			continue;
		snprintf(done, sizeof(done), "%u request%s done", nr,
			 nr == 1 ? " is" : "s are");
		name = uring_is_unowned(&ring) ? uring_name_unowned(&ring) :
						 uring_name(&ring);
		if (uring_is_unowned(&ring))
			why_say("A %s keeps %s in use until %s.", name, device,
				done);
		else
			why_say("An io_uring of %s waits for %u request%s here.",
				name, nr, plural(nr));
		why_from("nbddiag/uring: ring, owed");
		free(name);
	}
}
