// SPDX-License-Identifier: GPL-2.0
/* Why a process hangs: its threads in D, and its AIO contexts. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"
#include "facts/aio.h"
#include "facts/tasks.h"
#include "facts/text.h"
#include "why/why.h"

/* Return: the block of its live contexts, if it has any. */
static bool find_space(const struct why *why, pid_t pid,
		       struct aio_owner *owner)
{
	size_t at = 0;

	while (aio_next(&why->aio, &at, owner))
		if (owner->kind == AIO_SPACE &&
		    value_or_zero(text_field(owner->line, "pid")) ==
				(uint64_t)pid)
			return true;
	return false;
}

static bool is_owed(const struct why *why, pid_t pid)
{
	struct aio_owner owner;

	return (find_space(why, pid, &owner) &&
		(owner.inflight || !owner.inflight_known)) ||
	       why_rings_owe(why, pid);
}

static void explain_threads(struct why *why, pid_t pid)
{
	struct task_id *ids;
	size_t nr, i, seen = 0, stuck = 0;
	enum why_locks locks;
	struct task task;
	pid_t tgid = pid;

	ids = task_list(why->source, &nr);
	for (i = 0; i < nr; i++) {
		if (ids[i].tgid != pid && ids[i].tid != pid)
			continue;
		if (!task_read(why->source, &task, ids[i].tgid, ids[i].tid))
			continue;
		seen++;
		tgid = task.tgid;
		/* Some cannot go on in S: see the file tasks. */
		if (task.state == 'D' || tasks_line(&why->tasks, task.tid)) {
			task_read_sleep(why->source, &task);
			why_task(why, &task);
			stuck++;
		}
		why_held_up_by(why, task.tid);
		task_free(&task);
	}
	free(ids);
	if (!seen && why_rings_of_gone(why, pid))
		return;
	if (!seen && why->source->live)
		fail(EXIT_NO_SUCH, "there is no process %d", (int)pid);
	if (!seen)
		fail(EXIT_NO_SUCH,
		     "process %d is not in this capture: there was none, or it had nothing to do with nbd or AIO",
		     (int)pid);
	locks = why_locks(why, tgid, pid == tgid ? 0 : pid);
	if (!stuck && locks != WHY_LOCKS_DEADLOCK)
		why_say("No thread of process %d is in D%s.\n", (int)pid,
			locks == WHY_LOCKS_NONE && !is_owed(why, tgid) ?
			": they can go on" : "");
}

static void explain_contexts(struct why *why, pid_t pid)
{
	struct aio_owner owner;

	if (!find_space(why, pid, &owner))
		return;
	why_say("It has %u AIO context%s: %" PRIu64 " request%s in flight, %" PRIu64
	    " completed event%s that wait%s for the process to take them.",
	    owner.contexts, owner.contexts == 1 ? "" : "s",
	    owner.inflight, owner.inflight == 1 ? "" : "s",
	    owner.unreaped, owner.unreaped == 1 ? "" : "s",
	    owner.unreaped == 1 ? "s" : "");
	if (!owner.inflight && owner.inflight_known)
		why_say(" The kernel owes it nothing.");
	why_from("nbddiag/aio: space, context");
	why_owed(why, &owner);
}

void why_process(struct why *why, pid_t pid)
{
	explain_threads(why, pid);
	explain_contexts(why, pid);
	why_rings(why, pid);
}
