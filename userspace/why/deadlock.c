// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that hang by themselves: the kernel owes them nothing, results wait
 * for them, and their threads wait for each other. To read the locks of all
 * processes would take long, and who takes its results does not hang.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
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

static bool has_thread_in_d(struct causes *causes, pid_t tgid)
{
	const struct task_id *id;
	struct task task;
	bool in_d = false;
	size_t i;

	causes_list_tasks(causes);
	for (i = 0; i < causes->nr_tasks && !in_d; i++) {
		id = &causes->tasks[i];
		if (id->tgid != tgid ||
		    !task_read(causes->why->source, &task, tgid, id->tid))
			continue;
		in_d = task.state == 'D';
		task_free(&task);
	}
	return in_d;
}

/* @locked: with its threads, which the cause takes */
static void add_cause(struct causes *causes, const struct locked *locked,
		      const char *who)
{
	struct cause *cause;

	cause = causes_get(causes, say("process %d", (int)locked->tgid),
			   say("%s in the program %s[%d]%s%s", who, locked->comm,
			       (int)locked->tgid,
			       locked->guest ? " of guest " : "",
			       locked->guest ? locked->guest : ""));
	cause->status = VERDICT_STUCK;
	cause->locked = *locked;
	cause->tasks = locked->nr;
	cause->users = 1;
	add_help(cause, locked->tgid);
}

static bool is_known(const struct causes *causes, pid_t tgid)
{
	size_t i;

	for (i = 0; i < causes->nr; i++)
		if (causes->cause[i].locked.tgid == tgid)
			return true;
	return false;
}

static void judge(struct causes *causes, pid_t tgid, unsigned int *looked_at)
{
	struct locked locked = { .tgid = tgid };
	struct why *why = causes->why;
	struct task task;
	char *who;

	if (!tgid || is_known(causes, tgid))
		return;
	if (*looked_at == WHY_MAX_LOCKED) {
		why->cut |= WHY_CUT_LOCKED;
		return;
	}
	++*looked_at;
	who = why_deadlock(why, tgid, &locked.tid, &locked.nr);
	if (!who)
		return;
	if (task_read(why->source, &task, tgid, tgid)) {
		locked.comm = check_memory(strdup(task.comm));
		locked.guest = guest_name(why->source, tgid);
		locked.in_d = has_thread_in_d(causes, tgid);
		task_free(&task);
		add_cause(causes, &locked, who);
	} else {
		free(locked.tid);
	}
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
		if (!uring_is_unowned(&ring) && !uring_waits_for(&ring) &&
		    value_or_zero(text_field(ring.line, "unreaped")))
			judge(causes, uring_pid(&ring), &looked_at);
}
