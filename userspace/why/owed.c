// SPDX-License-Identifier: GPL-2.0
/* Which devices owe the AIO requests of a process, and what holds them up. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/rest.h"
#include "host/disks.h"
#include "why/why.h"

/* A request that was split rests in several places. */
static bool is_split(const struct aio_owner *owner, const struct rests *rests)
{
	uint64_t lines = rests->others;
	size_t i;

	for (i = 0; i < rests->nr; i++)
		lines += rests->rest[i].requests;
	return lines > owner->owed;
}

static void explain_rest(struct why *why, const struct aio_owner *owner,
			 const struct rest *rest, bool split)
{
	char *name = check_memory(strndup(rest->device.at, rest->device.len));
	char *full = disk_full_name(why->source, name);

	if (owner->inflight_known && owner->inflight == 1 && !split)
		why_say("%s owes it", full);
	else
		why_say("%s owes %u%s of %s", full, rest->requests,
			!split ? "" : rest->requests == 1 ? " part" : " parts",
			owner->inflight_known && owner->inflight == 1 ?
			"it" : "them");
	why_say_rest(why, rest);
	why_say(".");
	why_from(value_is(rest->state, "no-path") ?
		 "nbddiag/aio: owed; nbddiag/io: path" : "nbddiag/aio: owed");
	if (!strncmp(name, "nbd", 3))
		why_device(why, name, true);
	else
		why_owing(why, name);
	free(full);
	free(name);
}

static void explain_not_found(struct why *why,
			      const struct aio_owner *owner)
{
	unsigned int i;
	char *full;

	why_say("%" PRIu64 " could not be followed to a device (%.*s)",
		owner->not_found, (int)owner->why_not_found.len,
	    owner->why_not_found.at ? owner->why_not_found.at : "");
	for (i = 0; i < owner->nr_devices; i++) {
		if (owner->device[i].requests)
			continue;
		full = disk_full_name(why->source, owner->device[i].name);
		why_say(". %s may owe them", full);
		free(full);
	}
	why_say(".");
	why_from("nbddiag/aio: owed_by, candidate");
	why_note_unknown(why, "device-unknown");
	for (i = 0; i < owner->nr_devices; i++)
		if (!owner->device[i].requests &&
		    strncmp(owner->device[i].name, "nbd", 3))
			why_owing(why, owner->device[i].name);
}

void why_owed(struct why *why, const struct aio_owner *owner)
{
	struct rests rests;
	size_t i;

	aio_rests(&why->aio, owner, &rests);
	for (i = 0; i < rests.nr; i++)
		explain_rest(why, owner, &rests.rest[i], is_split(owner, &rests));
	if (rests.others) {
		why_say("%u more rest%s at other devices.", rests.others,
			rests.others == 1 ? "s" : "");
		why_from("nbddiag/aio: owed");
	}
	if (owner->not_found)
		explain_not_found(why, owner);
}

void why_owed_to(struct why *why, const struct task *task)
{
	struct aio_owner owner;
	size_t at = 0;

	while (aio_next(&why->aio, &at, &owner)) {
		if (owner.kind != AIO_SPACE || !owner.inflight ||
		    value_or_zero(text_field(owner.line, "pid")) !=
				(uint64_t)task->tgid)
			continue;
		if (!why_visit(why, &why->owners, task->tgid))
			return;
		why_say_task(task);
		why_say(" waits for %" PRIu64 " AIO request%s.", owner.inflight,
			owner.inflight == 1 ? "" : "s");
		why_from("nbddiag/aio: space, context");
		why_owed(why, &owner);
		return;
	}
}
