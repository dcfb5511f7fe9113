// SPDX-License-Identifier: GPL-2.0
/* Everything that is stuck on the host, by root cause, for people. */
#include <argz.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/units.h"
#include "facts/device_facts.h"
#include "facts/tasks.h"
#include "why/all.h"

/* The chain of so many devices of a cause is told; those of a server are alike. */
#define TOLD 3
/* So many names are told in a list. */
#define LISTED 8

static void say_others(size_t nr)
{
	why_say(" and %zu other%s", nr, nr == 1 ? "" : "s");
}

static void print_list(const char *before, const char *names, size_t len)
{
	const char *name = NULL;
	size_t nr = 0;

	while ((name = argz_next(names, len, name)) && nr < LISTED)
		why_say("%s%s", nr++ ? ", " : before, name);
	if (argz_count(names, len) > nr)
		say_others(argz_count(names, len) - nr);
}

/* "guest db-7: qemu-kvm[454] (nbd101, in D)" */
static void print_user(const struct user *user)
{
	if (user->guest)
		why_say("guest %s: ", user->guest);
	why_say("%s[%d] (%s%s)", user->comm ? user->comm : "?",
		(int)user->tgid, user->disk,
		user->gone ? ", gone but for its io_uring" :
		user->in_d ? ", in D" : "");
}

/* Those first that hang. */
static void print_users(const struct causes *causes, const struct cause *cause)
{
	const struct user *user;
	size_t i, nr = 0;
	int hangs;

	for (hangs = 1; hangs >= 0; hangs--) {
		user = causes->users.user;
		for (i = 0; i < causes->users.nr; i++, user++) {
			if (!cause_is_below(cause, user->disk) ||
			    (user->in_d || user->gone) != hangs ||
			    nr++ >= LISTED)
				continue;
			why_say("%s", nr > 1 ? ", " : "   Hurt: ");
			print_user(user);
		}
	}
	if (nr > LISTED)
		say_others(nr - LISTED);
	if (nr)
		why_say(".\n");
}

/* A process that holds up itself, and its threads. */
static void print_locked(const struct why *why, const struct locked *locked)
{
	struct task task;
	size_t i;

	if (!locked->tgid)
		return;
	why_say("   Hurt: %s%s%s%s[%d]%s.\n", locked->guest ? "guest " : "",
		locked->guest ? locked->guest : "", locked->guest ? ": " : "",
		locked->comm, (int)locked->tgid, locked->in_d ? " (in D)" : "");
	for (i = 0; i < locked->nr && i < LISTED; i++) {
		why_say("%s", i ? ", " : "   Cannot go on: ");
		if (!task_read(why->source, &task, locked->tgid, locked->tid[i])) {
			why_say("thread %d", (int)locked->tid[i]);
			continue;
		}
		why_say("%s[%d]", task.comm, (int)task.tid);
		task_free(&task);
	}
	if (locked->nr > LISTED)
		say_others(locked->nr - LISTED);
	why_say(". For how long is not known.\n");
}

static void print_tasks(const struct causes *causes, const struct cause *cause)
{
	const struct hung_task *task = causes->hung;
	struct value comm;
	size_t i, nr = 0;
	char *waiting;

	for (i = 0; i < causes->nr_hung; i++, task++) {
		if (task->key != cause->key || ++nr > LISTED)
			continue;
		comm = text_field(task->line, "comm");
		why_say("%s%.*s[%d]", nr > 1 ? ", " : "   Cannot go on: ",
			(int)comm.len, comm.at ? comm.at : "", (int)task->tid);
		if (*task->device && !cause_owes(cause, task->device))
			why_say(" (%s)", task->device);
		waiting = tasks_say_waiting(task->line);
		why_say(" %s", waiting);
		free(waiting);
	}
	if (nr > LISTED)
		say_others(nr - LISTED);
	if (nr)
		why_say(".\n");
}

/* Maps, arrays and partitions that lie on its devices. */
static void print_above(const struct causes *causes, const struct cause *cause)
{
	const char *name = NULL;
	size_t nr = 0;
	char *full;

	while ((name = argz_next(cause->above, cause->above_len, name))) {
		if (cause_owes(cause, name) || nr++ >= LISTED)
			continue;
		full = disk_full_name(causes->why->source, name);
		why_say("%s%s", nr > 1 ? ", " : "   On it: ", full);
		free(full);
	}
	if (nr > LISTED)
		say_others(nr - LISTED);
	if (nr)
		why_say(".\n");
}

/* Takes names. */
static void print_names(const char *before, char *names, size_t len,
			const char *after)
{
	print_list(before, names, len);
	if (names)
		why_say("%s\n", after);
	free(names);
}

static void print_mounts(const struct causes *causes, const struct cause *cause)
{
	char *names;
	size_t len;

	names = mounted_list(causes, cause, false, &len);
	print_names("   Mounted: ", names, len, ".");
	names = mounted_list(causes, cause, true, &len);
	print_names("   Mounted in other mount namespaces: ", names, len, ".");
	names = mounted_swap(causes, cause, &len);
	print_names("   Swap: ", names, len,
		    ". Any process that needs memory can hang on it.");
}

static void print_held_up(const struct cause *cause)
{
	const char *sentence = NULL;

	while ((sentence = argz_next(cause->held_up, cause->held_up_len,
				     sentence)))
		why_say("   %s.\n", sentence);
}

static void print_head(const struct cause *cause, size_t number)
{
	char age[UNITS_LEN];

	why_say("%zu. %s.\n", number, cause->title);
	/* That none is in flight would say nothing: the title has the device. */
	if (!cause->requests && !cause->requests_unknown) {
		if (cause->devices && !cause->oldest_ns)
			why_say("   Since when is not known: nbd does not record it.\n");
		return;
	}
	if (cause->requests) {
		why_say("   %s%" PRIu64 " request%s",
			cause->requests_unknown ? "At least " : "",
			cause->requests, cause->requests == 1 ? "" : "s");
		if (cause->oldest_ns) {
			units_age(age, cause->oldest_ns);
			why_say(", the oldest for %s", age);
		}
	} else {
		why_say("   How many requests wait is not known");
	}
	if (cause->devices)
		print_list(cause->requests ? ", of " : ", at ", cause->devices,
			   cause->devices_len);
	why_say(".\n");
}

static void tell(struct causes *causes, const struct cause *cause)
{
	const char *name = NULL;
	size_t nr = 0;

	/* What cannot be read was said. */
	if (cause->is_unread)
		return;
	if (cause->tid)
		why_holder(causes->why, cause->tid, cause->tgid);
	if (cause->locked.tgid) {
		why_deadlocks(causes->why, cause->locked.tgid);
		why_contexts(causes->why, cause->locked.tgid);
		why_rings(causes->why, cause->locked.tgid, false);
	}
	while ((name = argz_next(cause->devices, cause->devices_len, name)) &&
	       nr++ < TOLD)
		why_owing(causes->why, name);
}

/* ---- all together ---- */

static int say_all(struct causes *causes)
{
	int status = VERDICT_FREE;
	const struct cause *cause;
	size_t i;

	for (i = 0; i < causes->nr; i++) {
		cause = &causes->cause[i];
		if (i && !document())
			putchar('\n');
		print_head(cause, i + 1);
		print_held_up(cause);
		print_users(causes, cause);
		print_locked(causes->why, &cause->locked);
		print_tasks(causes, cause);
		print_above(causes, cause);
		print_mounts(causes, cause);
		why_say_help(&cause->verdict, "   ");
		causes->why->help = cause->verdict.nr_steps ?
			WHY_HELP_SAID : WHY_HELP_NOT_KNOWN;
		tell(causes, cause);
		if (cause->status == VERDICT_UNKNOWN)
			document_incomplete("cause-unknown");
		if (status != VERDICT_STUCK)
			status = cause->status;
	}
	return status;
}

/*
 * Tasks that cannot go on, and are of no cause, as that is not for long.
 * Return: whether it is not known for how long
 */
static bool say_young(const struct causes *causes)
{
	const struct hung_task *longest;
	size_t nr = hung_count_young(causes, &longest);
	bool timeless;
	char *waiting;

	if (!nr)
		return false;
	timeless = hung_is_timeless(longest);
	waiting = tasks_say_waiting(longest->line);
	why_say("%zu task%s cannot go on, %s%s: 'nbddiag tasks' shows %s.\n",
		nr, nr == 1 ? "" : "s",
		nr == 1 ? "" : timeless ? "one " : "the longest ", waiting,
		nr == 1 ? "it" : "them");
	free(waiting);
	return timeless;
}

/* What is not known; and that nothing is stuck, if nothing was found. */
static int say_rest(struct causes *causes, int status)
{
	bool gaps;

	unfollowed_say(causes->why);
	gaps = why_gaps(causes->why) || causes->why->cut;
	if (causes->nr) {
		mounted_say_unread(causes);
		return status;
	}
	if (gaps)
		why_say("No nbd device is stuck, nor anything else that is known here.\n");
	else
		why_say("Nothing is stuck: no nbd device, no task, and no disk %s %u s.\n",
			"that owes requests for", device_facts_stuck_s);
	if (say_young(causes))
		gaps = true;
	return gaps ? VERDICT_UNKNOWN : VERDICT_FREE;
}

int why_all(struct why *why)
{
	struct causes causes = { .why = why };
	int status;

	causes_find(&causes);
	all_put(&causes);
	if (document())
		json_array(document(), "chain");
	status = say_all(&causes);
	if (causes.nr)
		why_leave_line();
	status = say_rest(&causes, status);
	causes_free(&causes);
	return status;
}
