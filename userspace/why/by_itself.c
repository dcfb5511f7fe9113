// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that have a device open and hang by themselves: the device owes them nothing.
 * A person who is told that the device is served looks elsewhere, and must be told where.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/aio.h"
#include "facts/uring.h"
#include "holders/server.h"
#include "host/freezer.h"
#include "host/guest.h"
#include "host/task.h"
#include "host/task_fds.h"
#include "why/by_itself.h"
#include "why/why.h"

/* ---- which processes ---- */

static bool has_open(const struct own_process *process, const char *device)
{
	size_t i;

	for (i = 0; i < process->nr_disks; i++)
		if (!strcmp(process->disk[i], device))
			return true;
	return false;
}

static void add_disk(struct own_process *process, const char *name)
{
	if (has_open(process, name))
		return;
	process->disk = check_memory(reallocarray(process->disk, process->nr_disks + 1,
						  sizeof(*process->disk)));
	strcpy(process->disk[process->nr_disks++], name);
}

static void note_unread(struct unread *unread, pid_t tgid)
{
	if (!unread->nr++)
		unread->first = tgid;
}

/*
 * The names are found once: on the host each one is looked up in sysfs. Threads mostly
 * share the descriptors of the first.
 */
static void find_disks(struct by_itself *all, struct own_process *process)
{
	char *fds = task_block_fds(all->source, process->tgid, process->tgid);
	const char *at = fds;
	struct task_fd fd;
	struct disk disk;

	if (errno)
		note_unread(&all->fds, process->tgid);
	while (at && task_next_fd(&at, &fd))
		if (disk_map_find(&all->disks, fd.major, fd.minor, &disk))
			add_disk(process, disk.whole);
	free(fds);
}

static void add(struct by_itself *all, uint64_t pid, bool takes_none)
{
	struct own_process *process;
	size_t i;

	if (!pid || pid > INT_MAX)
		return;
	for (i = 0; i < all->nr; i++) {
		if (all->process[i].tgid != (pid_t)pid)
			continue;
		all->process[i].takes_none |= takes_none;
		return;
	}
	if (all->nr == BY_ITSELF_MAX) {
		all->is_cut = true;
		return;
	}
	process = &all->process[all->nr++];
	process->tgid = (pid_t)pid;
	process->takes_none = takes_none;
	find_disks(all, process);
}

static void find(struct by_itself *all)
{
	const struct text *aio = hung_aio(all->hung);
	struct uring_ring ring = {};
	struct aio_owner owner;
	size_t at = 0;

	all->is_read = true;
	all->disks.source = all->source;
	all->process = check_memory(calloc(BY_ITSELF_MAX, sizeof(*all->process)));
	while (aio_next(aio, &at, &owner))
		if (owner.kind == AIO_SPACE)
			add(all, value_or_zero(text_field(owner.line, "pid")),
			    owner.inflight_known && !owner.inflight &&
			    owner.unreaped);
	while (uring_next(&all->hung->uring, &ring))
		if (!uring_is_unowned(&ring))
			add(all, uring_pid(&ring), !uring_waits_for(&ring) &&
			    value_or_zero(text_field(ring.line, "unreaped")));
}

/* ---- does it hang? ---- */

static char *say_frozen(const struct by_itself *all, const struct task *leader)
{
	struct freezer freezer;
	char *how, *text;

	/* It was a moment ago. */
	if (!freezer_find(all->source, &freezer, leader->tgid, leader->tid))
		return NULL;
	how = freezer_say_thaw(&freezer);
	text = say("is frozen by its cgroup: to thaw it, %s", how);
	free(how);
	freezer_free(&freezer);
	return text;
}

static char *say_stopped(const struct by_itself *all, const struct task *leader)
{
	switch (server_stop(all->source, leader)) {
	case 'T':
		return say("is stopped: it goes on after 'kill -CONT %d'",
			   (int)leader->tgid);
	case 't':
		return say("is held by a debugger");
	case 'F':
		return say_frozen(all, leader);
	default:
		return NULL;
	}
}

/* To read the locks of a process may take a moment, so that is done for some only. */
static char *say_deadlock(struct by_itself *all, struct own_process *process)
{
	struct why why = { .source = all->source };
	char *who, *text;
	pid_t *tids;
	size_t nr;

	if (all->nr_locked == WHY_MAX_LOCKED) {
		all->locks_are_cut = true;
		return NULL;
	}
	all->nr_locked++;
	who = why_deadlock(&why, process->tgid, &tids, &nr);
	if (why.locks_unknown)
		note_unread(&all->locks, process->tgid);
	if (!who)
		return NULL;
	text = say("hangs by itself: %s, a deadlock in that process", who);
	free(who);
	free(tids);
	return text;
}

static void judge_process(struct by_itself *all, struct own_process *process)
{
	struct task leader;

	process->is_judged = true;
	if (!task_read(all->source, &leader, process->tgid, process->tgid))
		return;
	process->hangs = say_stopped(all, &leader);
	if (!process->hangs && process->takes_none)
		process->hangs = say_deadlock(all, process);
	task_free(&leader);
}

/* ---- what is said ---- */

/* "qemu-kvm[372] of guest web-01", for free(). */
static char *say_process(const struct source *source, pid_t tgid)
{
	char *guest = guest_name(source, tgid), *name;
	struct task leader;

	if (!task_read(source, &leader, tgid, tgid))
		memset(&leader, 0, sizeof(leader));
	name = say("%s[%d]%s%s", leader.comm ? leader.comm : "process", (int)tgid,
		   guest ? " of guest " : "", guest ? guest : "");
	task_free(&leader);
	free(guest);
	return name;
}

/* Only a device that is served is known not to be the reason. */
static void say_it(const struct by_itself *all, const struct own_process *process,
		   struct verdict *verdict, bool is_served, const char *device)
{
	char *name = say_process(all->source, process->tgid);
	char *text;

	if (!is_served) {
		verdict_add_warning(verdict,
				    say("%s, which has it open, %s. "
					"'nbddiag why --pid %d' tells more",
					name, process->hangs, (int)process->tgid));
		free(name);
		return;
	}
	text = say("%s. But %s, which has it open, %s. %s is not the reason. "
		   "'nbddiag why --pid %d' tells more",
		   verdict->text, name, process->hangs, device, (int)process->tgid);
	free(name);
	free(verdict->text);
	verdict->text = text;
}

void by_itself_judge(struct by_itself *all, struct verdict *verdict,
		     const struct text *text, const char *device)
{
	struct own_process *process;
	bool is_served;
	size_t i;

	if (verdict->status == VERDICT_FREE || verdict->status == VERDICT_UNKNOWN)
		return;
	/* A server that is stopped, as qemu-nbd, may have the device open itself. */
	if (!strcmp(verdict->reason, "server-stopped"))
		return;
	if (!all->is_read)
		find(all);
	is_served = verdict->status == VERDICT_IN_USE &&
		    value_is(text_get(text, "state"), "connected");
	for (i = 0; i < all->nr; i++) {
		process = &all->process[i];
		if (!has_open(process, device))
			continue;
		if (!process->is_judged)
			judge_process(all, process);
		if (process->hangs)
			say_it(all, process, verdict, is_served, device);
	}
}

static void say_unread(const struct by_itself *all, bool quiet)
{
	const struct unread *fds = &all->fds, *locks = &all->locks;

	if (fds->nr)
		document_incomplete("descriptors-unknown");
	if (fds->nr && !quiet)
		complain("the descriptors of %zu process%s cannot be read, "
			 "the first is process %d: whether what has a device open hangs by itself is not known",
			 fds->nr, fds->nr == 1 ? "" : "es", (int)fds->first);
	if (locks->nr)
		document_incomplete("locks-unknown");
	if (locks->nr && !quiet)
		complain("the locks of %zu process%s cannot be read: "
			 "whether their threads wait for each other is not known. "
			 "Of the first, 'nbddiag why --pid %d' says why",
			 locks->nr, locks->nr == 1 ? "" : "es",
			 (int)locks->first);
}

static void say_cut(const struct by_itself *all, bool quiet)
{
	if (!all->is_cut && !all->locks_are_cut)
		return;
	document_incomplete("too-many");
	if (quiet)
		return;
	if (all->is_cut)
		complain("more than %d processes use AIO or io_uring: "
			 "whether the others hang by themselves is not known",
			 BY_ITSELF_MAX);
	if (all->locks_are_cut)
		complain("more than %d processes have results to take: "
			 "whether threads of the others wait for each other is not known",
			 WHY_MAX_LOCKED);
}

void by_itself_say_gaps(const struct by_itself *all, bool quiet)
{
	if (!all->is_read)
		return;
	say_unread(all, quiet);
	say_cut(all, quiet);
}

void by_itself_free(struct by_itself *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++) {
		free(all->process[i].disk);
		free(all->process[i].hangs);
	}
	free(all->process);
	disk_map_free(&all->disks);
}
