// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that hang by themselves: the kernel owes them nothing, results wait
 * for them, and their threads wait for each other. To read the locks of all
 * processes would take long, and who takes its results does not hang.
 */
#include <stdlib.h>

#include "base/say.h"
#include "facts/aio.h"
#include "facts/uring.h"
#include "host/guest.h"
#include "why/causes.h"

static void add_help(struct cause *cause, pid_t tgid)
{
	verdict_add_step(&cause->verdict,
			 say("end the process: run 'kill -KILL %d'. Nothing else ends this",
			     (int)tgid),
			 say("a guest in it ends as by a power cut. "
			     "Save its stacks before, for whoever mends the program: run 'gdb -p %d'",
			     (int)tgid));
}

static void judge(struct causes *causes, pid_t tgid, unsigned int *looked_at)
{
	struct why *why = causes->why;
	struct cause *cause;
	struct task task;
	char *who, *guest;

	if (*looked_at == WHY_MAX_LOCKED) {
		why->cut |= WHY_CUT_LOCKED;
		return;
	}
	++*looked_at;
	who = why_deadlock(why, tgid);
	if (!who || !task_read(why->source, &task, tgid, tgid)) {
		free(who);
		return;
	}
	guest = guest_name(why->source, tgid);
	cause = causes_get(causes, say("process %d", (int)tgid),
			   say("%s in the program %s[%d]%s%s", who, task.comm,
			       (int)tgid, guest ? " of guest " : "",
			       guest ? guest : ""));
	cause->status = VERDICT_STUCK;
	if (!cause->locked)
		add_help(cause, tgid);
	cause->locked = tgid;
	task_free(&task);
	free(guest);
	free(who);
}

void deadlock_judge(struct causes *causes)
{
	const struct why *why = causes->why;
	struct uring_ring ring = {};
	unsigned int looked_at = 0;
	struct aio_owner owner;
	size_t at = 0;

	while (aio_next(&why->aio, &at, &owner))
		if (owner.kind == AIO_SPACE && owner.inflight_known &&
		    !owner.inflight && owner.unreaped)
			judge(causes, (pid_t)value_or_zero(text_field(owner.line,
								      "pid")),
			      &looked_at);
	while (uring_next(&why->uring, &ring))
		if (!uring_is_gone(&ring) && !uring_waits_for(&ring) &&
		    value_or_zero(text_field(ring.line, "unreaped")))
			judge(causes, uring_pid(&ring), &looked_at);
}
