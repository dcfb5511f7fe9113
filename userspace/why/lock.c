// SPDX-License-Identifier: GPL-2.0
/* Which threads of a process wait for which, by mutexes of the process itself. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "locks/futex.h"
#include "why/why.h"

/**
 * struct locks - the locks of a process, being explained
 * @why: the chain
 * @futexes: its threads
 * @lock: what each of them waits for
 * @wanted: only threads for which this is set are spoken of
 * @in_cycle: the thread is part of a deadlock
 * @found: so far
 */
struct locks {
	struct why *why;
	struct futexes futexes;
	struct futex_lock *lock;
	bool *wanted;
	bool *in_cycle;
	enum why_locks found;
};

/* ---- sentences ---- */

static char *comm_of(const struct locks *locks, size_t i)
{
	struct task task;
	char *comm;

	if (!task_read(locks->why->source, &task, locks->futexes.tgid,
		       locks->futexes.thread[i].tid))
		return check_memory(strdup("thread"));
	comm = check_memory(strdup(task.comm));
	task_free(&task);
	return comm;
}

static char *name_of(const struct locks *locks, size_t i)
{
	char *comm = comm_of(locks, i), *name;

	name = say("%s[%d]", comm, (int)locks->futexes.thread[i].tid);
	free(comm);
	return name;
}

static void say_thread(const struct locks *locks, size_t i)
{
	char *name = name_of(locks, i);

	why_say("%s", name);
	free(name);
}

static void from_memory(const struct locks *locks)
{
	why_from("/proc/%d/task/*/syscall, mem", (int)locks->futexes.tgid);
}

static size_t owner_of(const struct locks *locks, size_t i)
{
	return locks->lock[i].owner;
}

/* ---- deadlocks ---- */

/* The name alone, if that says which of them is meant. */
static void say_first_again(const struct locks *locks, size_t first)
{
	char *comm = comm_of(locks, first), *other;
	bool same = false;
	size_t i;

	for (i = owner_of(locks, first); i != first && !same;
	     i = owner_of(locks, i)) {
		other = comm_of(locks, i);
		same = !strcmp(comm, other);
		free(other);
	}
	if (same)
		say_thread(locks, first);
	else
		why_say("%s", comm);
	free(comm);
}

/* Begins the sentence of what a thread waits for; the owner's name follows. */
static void say_wait(const struct locks *locks, size_t i, bool many, bool again)
{
	if (locks->lock[i].kind == FUTEX_IS_END)
		why_say(" wait%s for ", many ? "" : "s");
	else
		why_say(" wait%s for %s that ", many ? "" : "s",
			again ? "one" : "a mutex");
}

/* Ends it, after the owner's name. */
static void say_held(const struct locks *locks, size_t i)
{
	why_say(locks->lock[i].kind == FUTEX_IS_END ? " to end" : " holds");
}

static void explain_cycle(struct locks *locks, size_t first)
{
	bool timed = false, again = false;
	size_t i = first, owner;

	say_thread(locks, first);
	do {
		owner = owner_of(locks, i);
		say_wait(locks, i, false, again);
		if (owner == i)
			why_say("it");
		else if (owner == first)
			say_first_again(locks, first);
		else
			say_thread(locks, owner);
		say_held(locks, i);
		if (owner == i)
			why_say(" itself");
		if (owner != first)
			why_say(", which");
		again = again || locks->lock[i].kind == FUTEX_IS_MUTEX;
		timed = timed || locks->futexes.thread[i].timed;
		locks->in_cycle[i] = true;
		i = owner;
	} while (i != first);
	why_say(": a deadlock in the process%s.",
		timed ? ", until a wait times out" : "");
	from_memory(locks);
	locks->found = WHY_LOCKS_DEADLOCK;
}

/* Each thread waits for one owner at most: so each is passed once. */
static size_t next_cycle(const struct locks *locks, size_t *path, size_t *next)
{
	size_t i, at;

	while (*next < locks->futexes.nr) {
		i = (*next)++;
		for (at = i; at != FUTEX_NOBODY && !path[at];
		     at = owner_of(locks, at))
			path[at] = i + 1;
		if (at != FUTEX_NOBODY && path[at] == i + 1)
			return at;
	}
	return FUTEX_NOBODY;
}

static size_t *new_path(const struct locks *locks)
{
	return check_memory(calloc(locks->futexes.nr + 1, sizeof(size_t)));
}

static void explain_cycles(struct locks *locks)
{
	size_t *path = new_path(locks), next = 0, first;

	while ((first = next_cycle(locks, path, &next)) != FUTEX_NOBODY)
		if (locks->wanted[first])
			explain_cycle(locks, first);
	free(path);
}

/* ---- other waits ---- */

static void explain_holder(struct locks *locks, size_t i)
{
	struct task task;

	/* What it waits for itself, if that is known, has its own sentence. */
	if (locks->lock[i].owner != FUTEX_NOBODY ||
	    !task_read(locks->why->source, &task, locks->futexes.tgid,
		       locks->futexes.thread[i].tid))
		return;
	task_read_sleep(locks->why->source, &task);
	why_task(locks->why, &task);
	task_free(&task);
	switch (locks->lock[i].kind) {
	case FUTEX_IS_EVENT:
		why_say("It waits for a condition variable, a semaphore or the like.");
		break;
	case FUTEX_IS_ABSENT:
		why_say("What it waits for is not known: the page is not in memory.");
		why_note_unknown(locks->why, "locks-unknown");
		break;
	case FUTEX_IS_OTHER:
		why_say("It waits in a futex that is no mutex known here.");
		break;
	default:
		return;
	}
	from_memory(locks);
}

/* Threads that wait for one mutex; @which are their indices. */
static void explain_group(struct locks *locks, const size_t *which, size_t nr)
{
	const struct futex_lock *lock = &locks->lock[*which];

	say_thread(locks, *which);
	if (nr > 1)
		why_say(" and %zu more thread%s", nr - 1, nr == 2 ? "" : "s");
	switch (lock->kind) {
	case FUTEX_IS_MUTEX:
	case FUTEX_IS_END:
		say_wait(locks, *which, nr > 1, false);
		say_thread(locks, lock->owner);
		say_held(locks, *which);
		why_say(".");
		break;
	case FUTEX_IS_FOREIGN:
		why_say(" wait%s for a mutex that thread %d of another process holds.",
			nr > 1 ? "" : "s", (int)lock->number);
		break;
	case FUTEX_IS_OWNERLESS:
		why_say(" wait%s for a mutex of a kind that does not record who holds it.",
			nr > 1 ? "" : "s");
		why_note_unknown(locks->why, "holder-unknown");
		break;
	default:
		why_say(" waits for ever on its own stack, as when a PI mutex is refused.");
		break;
	}
	from_memory(locks);
	if (lock->owner != FUTEX_NOBODY)
		explain_holder(locks, lock->owner);
	if (locks->found == WHY_LOCKS_NONE)
		locks->found = WHY_LOCKS_WAIT;
}

static int by_address(const void *a, const void *b, void *data)
{
	const struct futex_thread *thread = data;
	size_t one = *(const size_t *)a, two = *(const size_t *)b;

	if (thread[one].address != thread[two].address)
		return thread[one].address < thread[two].address ? -1 : 1;
	return one < two ? -1 : one > two;
}

static bool is_for_a_lock(const struct locks *locks, size_t i)
{
	switch (locks->lock[i].kind) {
	case FUTEX_IS_MUTEX:
	case FUTEX_IS_END:
	case FUTEX_IS_FOREIGN:
	case FUTEX_IS_OWNERLESS:
	case FUTEX_IS_ENDLESS:
		return locks->wanted[i] && !locks->in_cycle[i];
	default:
		return false;
	}
}

/* Return: how many from here on wait for the same. */
static size_t count_same(const struct futex_thread *thread, const size_t *which,
			 size_t nr)
{
	size_t same = 1;

	while (same < nr &&
	       thread[which[same]].address == thread[*which].address)
		same++;
	return same;
}

/* In the order of the first thread of each group. */
static void explain_groups(struct locks *locks)
{
	struct futex_thread *thread = locks->futexes.thread;
	size_t *which = check_memory(calloc(locks->futexes.nr + 1,
					    sizeof(*which)));
	size_t *group = check_memory(calloc(locks->futexes.nr + 1,
					    sizeof(*group)));
	size_t nr = 0, i, at;

	for (i = 0; i < locks->futexes.nr; i++)
		if (is_for_a_lock(locks, i))
			which[nr++] = i;
	qsort_r(which, nr, sizeof(*which), by_address, thread);
	for (i = 0; i < nr; i += count_same(thread, &which[i], nr - i))
		group[which[i]] = i + 1;
	for (i = 0; i < locks->futexes.nr; i++) {
		if (!group[i])
			continue;
		at = group[i] - 1;
		explain_group(locks, &which[at],
			      count_same(thread, &which[at], nr - at));
	}
	free(which);
	free(group);
}

/* ---- no locks, or not known ---- */

static size_t count_of_kind(const struct locks *locks, enum futex_kind kind)
{
	size_t nr = 0, i;

	for (i = 0; i < locks->futexes.nr; i++)
		nr += locks->wanted[i] && locks->lock[i].kind == kind;
	return nr;
}

static void explain_count(struct locks *locks, enum futex_kind kind,
			  const char *what)
{
	size_t nr = count_of_kind(locks, kind);

	if (!nr)
		return;
	why_say("%zu thread%s of process %d wait%s %s.", nr, nr == 1 ? "" : "s",
		(int)locks->futexes.tgid, nr == 1 ? "s" : "", what);
	from_memory(locks);
	if (kind == FUTEX_IS_ABSENT)
		why_note_unknown(locks->why, "locks-unknown");
	if (kind != FUTEX_IS_EVENT && locks->found == WHY_LOCKS_NONE)
		locks->found = WHY_LOCKS_WAIT;
}

static void explain_rest(struct locks *locks)
{
	explain_count(locks, FUTEX_IS_EVENT,
		      "for condition variables, semaphores or the like");
	explain_count(locks, FUTEX_IS_ABSENT,
		      "in futexes that cannot be read: their pages are not in memory");
	explain_count(locks, FUTEX_IS_OTHER,
		      "in futexes that are no mutexes known here");
}

static const char *why_not_read(enum futex_memory memory)
{
	switch (memory) {
	case FUTEX_MEMORY_32_BIT:
		return "it is a 32-bit program, whose locks lie otherwise";
	case FUTEX_MEMORY_DENIED:
		return "its memory may not be read";
	case FUTEX_MEMORY_HANGS:
		return "reading its memory hangs";
	case FUTEX_MEMORY_ENDS:
		return "it is ending";
	default:
		return "this is not understood";
	}
}

/* ---- a process ---- */

static void explain_all(struct locks *locks, bool only_cycles)
{
	explain_cycles(locks);
	if (only_cycles)
		return;
	explain_groups(locks);
	if (locks->futexes.memory == FUTEX_MEMORY_READ) {
		explain_rest(locks);
		return;
	}
	why_say("Which locks the threads of process %d wait for is not known: %s.",
		(int)locks->futexes.tgid, why_not_read(locks->futexes.memory));
	why_from("/proc/%d/task/*/syscall, auxv", (int)locks->futexes.tgid);
	why_note_unknown(locks->why, "locks-unknown");
	locks->found = WHY_LOCKS_WAIT;
}

/* All threads, or those to which waiting leads from one. */
static void choose(struct locks *locks, pid_t tid)
{
	size_t i;

	for (i = 0; i < locks->futexes.nr; i++)
		if (!tid)
			locks->wanted[i] = true;
		else if (locks->futexes.thread[i].tid == tid)
			break;
	while (tid && i < locks->futexes.nr && !locks->wanted[i]) {
		locks->wanted[i] = true;
		if (owner_of(locks, i) != FUTEX_NOBODY)
			i = owner_of(locks, i);
	}
}

/* Return: false if nothing waits for a lock; otherwise for free_locks(). */
static bool read_locks(struct locks *locks, struct why *why, pid_t tgid)
{
	size_t i, nr;

	memset(locks, 0, sizeof(*locks));
	locks->why = why;
	if (!futex_read(why->source, &locks->futexes, tgid))
		return false;
	nr = locks->futexes.nr;
	locks->lock = check_memory(calloc(nr + 1, sizeof(*locks->lock)));
	locks->wanted = check_memory(calloc(nr + 1, 1));
	locks->in_cycle = check_memory(calloc(nr + 1, 1));
	for (i = 0; i < nr; i++)
		locks->lock[i] = futex_decode(&locks->futexes,
					      &locks->futexes.thread[i]);
	return true;
}

static void free_locks(struct locks *locks)
{
	free(locks->lock);
	free(locks->wanted);
	free(locks->in_cycle);
	futex_free(&locks->futexes);
}

static enum why_locks explain(struct why *why, pid_t tgid, pid_t tid,
			      bool only_cycles)
{
	struct locks locks;

	if (!read_locks(&locks, why, tgid))
		return WHY_LOCKS_NONE;
	choose(&locks, tid);
	explain_all(&locks, only_cycles);
	free_locks(&locks);
	return locks.found;
}

/* Then it ends by itself. */
static bool is_timed(const struct locks *locks, size_t first)
{
	size_t i = first;

	do {
		if (locks->futexes.thread[i].timed)
			return true;
		i = owner_of(locks, i);
	} while (i != first);
	return false;
}

static char *say_cycle(const struct locks *locks, size_t first)
{
	size_t second = owner_of(locks, first);
	char *one = name_of(locks, first), *two = name_of(locks, second), *text;

	if (second == first)
		text = say("%s waits for itself", one);
	else
		text = say("%s and %s%s wait for each other", one, two,
			   owner_of(locks, second) != first ? " and others" : "");
	free(one);
	free(two);
	return text;
}

/* Threads that wait for each other and for ever. Return: the first of them, or FUTEX_NOBODY. */
static size_t mark_deadlocks(const struct locks *locks, bool *stuck)
{
	size_t *path = new_path(locks), next = 0, first, found = FUTEX_NOBODY, i;

	while ((first = next_cycle(locks, path, &next)) != FUTEX_NOBODY) {
		if (is_timed(locks, first))
			continue;
		if (found == FUTEX_NOBODY)
			found = first;
		for (i = first; !stuck[i]; i = owner_of(locks, i))
			stuck[i] = true;
	}
	free(path);
	return found;
}

/* Each way leads to a deadlock, to a wait with a timeout, or to nobody. */
static bool is_stuck(const struct locks *locks, const bool *stuck, size_t i)
{
	while (i != FUTEX_NOBODY && !stuck[i] && !locks->futexes.thread[i].timed)
		i = owner_of(locks, i);
	return i != FUTEX_NOBODY && stuck[i];
}

/* Of a process that ends nothing need be known. */
static bool is_unknown(const struct locks *locks)
{
	return (locks->futexes.memory != FUTEX_MEMORY_READ &&
		locks->futexes.memory != FUTEX_MEMORY_ENDS) ||
	       count_of_kind(locks, FUTEX_IS_ABSENT);
}

char *why_deadlock(struct why *why, pid_t tgid, pid_t **tids, size_t *nr)
{
	struct locks locks;
	char *text = NULL;
	size_t first, i;
	bool *stuck;

	if (!read_locks(&locks, why, tgid))
		return NULL;
	choose(&locks, 0);
	stuck = check_memory(calloc(locks.futexes.nr + 1, 1));
	first = mark_deadlocks(&locks, stuck);
	if (first != FUTEX_NOBODY) {
		text = say_cycle(&locks, first);
		*tids = check_memory(calloc(locks.futexes.nr, sizeof(**tids)));
		*nr = 0;
		for (i = 0; i < locks.futexes.nr; i++)
			if (is_stuck(&locks, stuck, i))
				(*tids)[(*nr)++] = locks.futexes.thread[i].tid;
	} else if (is_unknown(&locks)) {
		why->locks_unknown = true;
	}
	free(stuck);
	free_locks(&locks);
	return text;
}

enum why_locks why_locks(struct why *why, pid_t tgid, pid_t tid)
{
	if (!why_visit(why, &why->processes, tgid))
		return WHY_LOCKS_NONE;
	return explain(why, tgid, tid, false);
}

void why_deadlocks(struct why *why, pid_t tgid)
{
	if (why_visit(why, &why->processes, tgid))
		explain(why, tgid, 0, true);
}
