// SPDX-License-Identifier: GPL-2.0
/* Why a process hangs: its threads in D, and its AIO contexts. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"
#include "facts/aio.h"
#include "facts/device.h"
#include "facts/tasks.h"
#include "facts/text.h"
#include "host/disks.h"
#include "host/task_fds.h"
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

/* Return: whether an nbd device has something in flight; it is then explained. */
static bool explain_owing(struct why *why, const char *name)
{
	uint64_t inflight = 0;
	struct text text;

	if (device_try_read(why->source, &text, name)) {
		inflight = value_or_zero(text_key_field(&text, "requests",
							"inflight"));
		text_free(&text);
	}
	if (!inflight)
		return false;
	why_say("%s, which it has open, owes %" PRIu64 " request%s. ", name,
		inflight, inflight == 1 ? "" : "s");
	why_say("Whether they are its own is not known.");
	why_from("nbddiag/%s: requests; /proc/*/fd", name);
	why_device(why, name, false);
	return true;
}

static bool explain_fds(struct why *why, pid_t tgid, pid_t tid)
{
	char plain[DEVICE_NAME_LEN], *fds;
	const char *at;
	struct task_fd fd;
	struct disk disk;
	bool owed = false;

	fds = task_block_fds(why->source, tgid, tid);
	at = fds;
	while (at && task_next_fd(&at, &fd))
		if (disk_map_find(&why->disks, fd.major, fd.minor, &disk) &&
		    device_has_plain_name(plain, disk.whole))
			owed |= explain_owing(why, plain);
	free(fds);
	return owed;
}

/* A process may wait without a thread in D, as for io_uring or a poll. */
static bool explain_open_devices(struct why *why, const struct task_id *ids,
				 size_t nr, pid_t tgid)
{
	pid_t first = 0;
	bool owed = false;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (ids[i].tgid != tgid)
			continue;
		if (first && task_shares_files(why->source, first, ids[i].tid))
			continue;
		first = first ? first : ids[i].tid;
		owed |= explain_fds(why, tgid, ids[i].tid);
	}
	return owed;
}

static void explain_threads(struct why *why, pid_t pid)
{
	struct task_id *ids;
	size_t nr, i, seen = 0, stuck = 0;
	enum why_locks locks;
	struct task task;
	pid_t tgid = pid;
	bool owed;

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
	if (!seen && why_rings_of_gone(why, pid)) {
		free(ids);
		return;
	}
	if (!seen && why->source->live)
		fail(EXIT_NO_SUCH, "there is no process %d", (int)pid);
	if (!seen)
		fail(EXIT_NO_SUCH,
		     "process %d is not in this capture: there was none, or it had nothing to do with nbd or AIO",
		     (int)pid);
	locks = why_locks(why, tgid, pid == tgid ? 0 : pid);
	if (!stuck && locks != WHY_LOCKS_DEADLOCK) {
		owed = is_owed(why, tgid) ||
			explain_open_devices(why, ids, nr, tgid);
		why_say("No thread of process %d is in D%s.\n", (int)pid,
			locks == WHY_LOCKS_NONE && !owed ?
			": they can go on" : "");
	}
	free(ids);
}

static void say_inflight(const struct aio_owner *owner)
{
	if (owner->inflight_known)
		why_say("%" PRIu64 " request%s in flight, ", owner->inflight,
			owner->inflight == 1 ? "" : "s");
	else
		why_say("how many requests are in flight is not known, ");
}

static void say_unreaped(const struct aio_owner *owner)
{
	if (owner->why_no_unreaped.kind == VALUE_UNKNOWN)
		why_say("and how many completed events wait for the process is not known.");
	else if (owner->unreaped)
		why_say("%" PRIu64 " completed event%s that wait%s for the process to take %s.",
			owner->unreaped, owner->unreaped == 1 ? "" : "s",
			owner->unreaped == 1 ? "s" : "",
			owner->unreaped == 1 ? "it" : "them");
	else
		why_say("no completed event waits for the process.");
}

void why_contexts(struct why *why, pid_t pid)
{
	struct aio_owner owner;

	if (!find_space(why, pid, &owner))
		return;
	why_say("Process %d has %u AIO context%s: ", (int)pid, owner.contexts,
		owner.contexts == 1 ? "" : "s");
	say_inflight(&owner);
	say_unreaped(&owner);
	if (!owner.inflight && owner.inflight_known)
		why_say(" The kernel owes it nothing.");
	why_from("nbddiag/aio: space, context");
	why_owed(why, &owner);
}

void why_process(struct why *why, pid_t pid)
{
	explain_threads(why, pid);
	why_contexts(why, pid);
	why_rings(why, pid);
}
