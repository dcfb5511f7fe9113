// SPDX-License-Identifier: GPL-2.0
/* Why a process hangs: its threads in D, and its AIO contexts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/aio.h"
#include "facts/device.h"
#include "facts/tasks.h"
#include "facts/text.h"
#include "host/disks.h"
#include "host/freezer.h"
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
	enum exit_status status;
	uint64_t inflight;
	struct text text;
	char *message = device_read_or_say(why->source, &text, name, &status);
	bool unread = message && status != EXIT_NO_SUCH;

	free(message);
	/* What it owes is then not known, and this says so. */
	if (unread) {
		why_device(why, name, false);
		return true;
	}
	inflight = value_or_zero(text_key_field(&text, "requests", "inflight"));
	text_free(&text);
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

/* Of a root cause it was said before, and all threads of a process are frozen together. */
static void say_thaw(struct why *why, const struct task *leader)
{
	struct verdict verdict = {};

	if (why->help == WHY_HELP_SAID ||
	    !why_visit(why, &why->frozen, leader->tgid))
		return;
	why_add_thaw(why, &verdict, leader->tgid, leader->tid);
	why_help(why, &verdict);
	why->help = WHY_HELP_NOT_KNOWN;
	verdict_free(&verdict);
}

bool why_frozen(struct why *why, const struct task *leader)
{
	struct freezer freezer;

	if (leader->state == 'D' ||
	    !freezer_find(why->source, &freezer, leader->tgid, leader->tid))
		return false;
	why_say_task(leader);
	why_say(" is frozen by its cgroup: it does nothing until it is thawed.");
	why_from("%s", freezer.file);
	freezer_free(&freezer);
	say_thaw(why, leader);
	return true;
}

/* Return: whether it owes devices something as their server. */
static bool explain_serving(struct why *why, pid_t tgid, bool *stopped)
{
	struct task leader;
	bool owes;

	*stopped = false;
	if (!task_read(why->source, &leader, tgid, tgid))
		return false;
	*stopped = why_stopped(why, &leader) || why_frozen(why, &leader);
	owes = why_served(why, &leader);
	task_free(&leader);
	return owes;
}

/**
 * struct threads - those of a process, or one of them
 * @task: as task_read() fills them, and why_look_twice()
 * @nr: how many
 * @stuck: how many of them were explained
 * @left: how many were in D, and were not a moment later
 */
struct threads {
	struct task *task;
	size_t nr;
	size_t stuck;
	size_t left;
};

/* @free: none waits for a lock, and nothing is owed to it */
static void say_none_in_d(pid_t pid, const struct threads *threads, bool owes,
			  bool free)
{
	why_say("No thread of process %d %s in D", (int)pid,
		threads->left ? "stays" : "is");
	if (owes)
		why_say(", and it is not stopped. If it does not answer soon, "
			"look at its log, its storage and the network");
	else if (free && !threads->left)
		why_say(": they can go on");
	why_say(".\n");
}

/* Else something may be owed to it. */
static bool is_owed_known(const struct why *why)
{
	return why->aio_found == MODFILE_READ &&
	       why->tasks_found == MODFILE_READ &&
	       why->uring_found == MODFILE_READ;
}

static void read_threads(struct why *why, struct threads *threads,
			 const struct task_id *ids, size_t nr, pid_t pid)
{
	size_t i;

	memset(threads, 0, sizeof(*threads));
	threads->task = check_memory(calloc(nr + 1, sizeof(*threads->task)));
	for (i = 0; i < nr; i++)
		if ((ids[i].tgid == pid || ids[i].tid == pid) &&
		    task_read(why->source, &threads->task[threads->nr],
			      ids[i].tgid, ids[i].tid))
			threads->nr++;
	why_look_twice(why, threads->task, threads->nr);
}

static void free_threads(struct threads *threads)
{
	size_t i;

	for (i = 0; i < threads->nr; i++)
		task_free(&threads->task[i]);
	free(threads->task);
}

static void explain_each(struct why *why, struct threads *threads)
{
	struct task *task;
	size_t i;

	for (i = 0; i < threads->nr; i++) {
		task = &threads->task[i];
		/* Some cannot go on in S: see the file tasks. */
		if (why_left(task)) {
			threads->left++;
		} else if (task->state == 'D' || tasks_line(&why->tasks, task->tid)) {
			task_read_sleep(why->source, task);
			why_task(why, task);
			threads->stuck++;
		}
		why_held_up_by(why, task->tid);
	}
}

static void say_left(const struct threads *threads, pid_t pid)
{
	if (!threads->left)
		return;
	why_say("%zu thread%s of process %d %s in D, and a moment later %s not. ",
		threads->left, threads->left == 1 ? "" : "s", (int)pid,
		threads->left == 1 ? "was" : "were",
		threads->left == 1 ? "it was" : "they were");
	why_say("Whether %s progress is not known from that.",
		threads->left == 1 ? "it makes" : "they make");
	why_from("/proc/%d/task/*/status", (int)pid);
}

static void fail_without(const struct why *why, pid_t pid)
{
	if (why->source->live)
		fail(EXIT_NO_SUCH, "there is no process %d", (int)pid);
	fail(EXIT_NO_SUCH,
	     "process %d is not in this capture: there was none, or it had nothing to do with nbd or AIO",
	     (int)pid);
}

/* What it owes, its locks and what it is owed. */
static void explain_rest(struct why *why, const struct threads *threads,
			 const struct task_id *ids, size_t nr, pid_t pid)
{
	pid_t tgid = threads->task[0].tgid;
	bool stopped, owed, owes = explain_serving(why, tgid, &stopped);
	enum why_locks locks = why_locks(why, tgid, pid == tgid ? 0 : pid);

	if (threads->stuck || locks == WHY_LOCKS_DEADLOCK)
		return;
	owed = is_owed(why, tgid) || explain_open_devices(why, ids, nr, tgid);
	if (!stopped)
		say_none_in_d(pid, threads, owes,
			      locks == WHY_LOCKS_NONE && !owed &&
			      is_owed_known(why));
}

static void explain_threads(struct why *why, pid_t pid)
{
	struct task_id *ids;
	struct threads threads;
	size_t nr;

	ids = task_list(why->source, &nr);
	read_threads(why, &threads, ids, nr, pid);
	explain_each(why, &threads);
	say_left(&threads, pid);
	if (threads.nr)
		explain_rest(why, &threads, ids, nr, pid);
	else if (!why_rings_of_gone(why, pid))
		fail_without(why, pid);
	free_threads(&threads);
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
	if (!owner.inflight_known)
		why_note_unknown(why, "requests-unknown");
	why_owed(why, &owner);
}

void why_process(struct why *why, pid_t pid)
{
	explain_threads(why, pid);
	why_contexts(why, pid);
	why_rings(why, pid, false);
}
