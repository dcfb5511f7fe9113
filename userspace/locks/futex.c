// SPDX-License-Identifier: GPL-2.0
/*
 * Pthread mutexes as glibc and musl lay them out, in 64-bit programs.
 *
 * glibc 2.31 to 2.41, sysdeps/nptl/bits/struct_mutex.h and nptl/
 * pthread_mutex_lock.c; the futex is the first word, and aligned to 8 bytes:
 *
 *	0 lock	4 count  8 owner  12 nusers  16 kind  20 spins  24 list
 *
 * musl 1.2, src/internal/pthread_impl.h and src/thread/pthread_mutex_*.c; the
 * futex is the second word, so that its address ends in 4 or c:
 *
 *	-4 type  0 lock  4 waiters  16 count
 *
 * No symbols tell that a futex is part of a mutex. That is believed only if all
 * members fit each other, and the owner is a thread of the process. What the
 * kernel itself reads is certain without: the owner of a PI mutex. A mutex with
 * a priority ceiling (PTHREAD_PRIO_PROTECT) is not told from other futexes.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/futex.h>

#include "base/fail.h"
#include "locks/futex.h"
#include "facts/text.h"

/* Of glibc's "kind". */
#define GLIBC_TYPE 3
#define GLIBC_RECURSIVE 1
#define GLIBC_ADAPTIVE 3
#define GLIBC_ROBUST 16
#define GLIBC_SHARED 128
#define GLIBC_ELISION 256
#define GLIBC_NO_ELISION 512
/* In place of the owner, after a robust mutex's owner has died. */
#define GLIBC_INCONSISTENT 0x7fffffff

/* Of musl's "type". */
#define MUSL_TYPE 3
#define MUSL_ROBUST 4
#define MUSL_PI 8
#define MUSL_SHARED 128
/* What a mutex of the normal type has in place of an owner. */
#define MUSL_BUSY 16

/* What is in a contended lock of glibc, and in the barrier of musl's wait. */
#define CONTENDED 2

/**
 * struct look - the words of a thread's futex, being looked at
 * @thread: it
 * @nr: threads of the process
 * @used: words that were asked for
 * @complete: none of them is unknown
 */
struct look {
	const struct futex_thread *thread;
	size_t nr;
	uint32_t used;
	bool complete;
};

/* Return: the word at an offset in bytes from the futex, 0 if not known. */
static uint32_t word(struct look *look, int offset)
{
	int i = FUTEX_BEFORE + offset / 4;

	if (!(look->thread->known & 1u << i)) {
		look->complete = false;
		return 0;
	}
	look->used |= 1u << i;
	return look->thread->word[i];
}

static uint64_t two_words(struct look *look, int offset)
{
	uint32_t pair[2] = { word(look, offset), word(look, offset + 4) };
	uint64_t value;

	memcpy(&value, pair, sizeof(value));
	return value;
}

/* So many threads of the process can use something; of others one more can. */
static bool is_number_of_users(const struct look *look, uint32_t users,
			       bool shared)
{
	return users && (shared || users <= look->nr);
}

/* ---- mutexes ---- */

/* Return: is this a mutex of glibc, with the owner apart from the futex? */
static bool is_glibc(struct look *look, bool *elided)
{
	uint32_t lock = word(look, 0), count = word(look, 4);
	uint32_t kind = word(look, 16), spins = word(look, 20);
	bool counts = (kind & GLIBC_TYPE) == GLIBC_RECURSIVE;

	*elided = kind & GLIBC_ELISION;
	if (kind & ~(GLIBC_TYPE | GLIBC_SHARED | GLIBC_ELISION |
		     GLIBC_NO_ELISION))
		return false;
	/* A thread that came later may have taken it, and not waited yet. */
	if (lock != CONTENDED && lock != CONTENDED - 1)
		return false;
	if (spins && !*elided && (kind & GLIBC_TYPE) != GLIBC_ADAPTIVE)
		return false;
	return counts == !!count && !two_words(look, 24) &&
		!two_words(look, 32) && (*elided ||
		is_number_of_users(look, word(look, 12), kind & GLIBC_SHARED));
}

static bool is_glibc_robust(struct look *look)
{
	uint32_t kind = word(look, 16), owner = word(look, 8);

	return kind & GLIBC_ROBUST &&
		!(kind & ~(GLIBC_TYPE | GLIBC_ROBUST | GLIBC_SHARED)) &&
		word(look, 4) &&
		is_number_of_users(look, word(look, 12), kind & GLIBC_SHARED) &&
		(owner == (word(look, 0) & FUTEX_TID_MASK) ||
		 owner == GLIBC_INCONSISTENT);
}

/* Return: is this a mutex of musl? Without @normal its owner is in the futex. */
static bool is_musl(struct look *look, bool *normal)
{
	uint32_t type = word(look, -4);

	*normal = !(type & (MUSL_TYPE | MUSL_ROBUST | MUSL_PI));
	if (type & ~(MUSL_TYPE | MUSL_ROBUST | MUSL_SHARED) ||
	    (type & MUSL_TYPE) == MUSL_TYPE)
		return false;
	if (*normal && (word(look, 0) & FUTEX_TID_MASK) != MUSL_BUSY)
		return false;
	return is_number_of_users(look, word(look, 4), type & MUSL_SHARED) &&
		(word(look, 16) <= INT32_MAX);
}

/* ---- what is no lock ---- */

/*
 * A condition variable of glibc 2.41; its g_signals are the futex, and count on
 * from g1_start (in earlier ones from 0, for which there is no need to look).
 * Before them are wseq, g1_start, g_size and wrefs. One that processes share has
 * too little that could be checked.
 */
static bool is_glibc_condition(struct look *look)
{
	int group = look->thread->address & 4 ? 4 : 0;
	uint64_t sequence = two_words(look, -32 - group) >> 1;
	uint64_t start = two_words(look, -24 - group);
	uint32_t references = word(look, -4 - group);

	return sequence && sequence >= start &&
		(int32_t)(look->thread->value - (uint32_t)start) <= 0 &&
		!(references & 1) &&
		is_number_of_users(look, references >> 3, false);
}

/* A thread that waits for a condition variable of musl: "struct waiter". */
static bool is_musl_condition(struct look *look)
{
	return look->thread->on_stack && word(look, 0) == CONTENDED &&
		!word(look, -4) && !two_words(look, 4);
}

/* ---- all of it ---- */

/* The order of threads; that of /proc, where two have one number. */
static bool is_before(const struct futexes *futexes, uint32_t a, uint32_t b)
{
	uint32_t one = futexes->thread[a].number;
	uint32_t two = futexes->thread[b].number;

	return one == two ? a < b : one < two;
}

/* Shell's, because qsort() may allocate. */
void futex_sort(struct futexes *futexes)
{
	uint32_t *order = futexes->order, moved;
	size_t gap = 1, i, to;

	for (i = 0; i < futexes->nr; i++)
		order[i] = i;
	while (gap < futexes->nr)
		gap = 3 * gap + 1;
	for (; gap; gap /= 3) {
		for (i = gap; i < futexes->nr; i++) {
			moved = order[i];
			for (to = i; to >= gap &&
			     is_before(futexes, moved, order[to - gap]);
			     to -= gap)
				order[to] = order[to - gap];
			order[to] = moved;
		}
	}
}

static bool waits_for_pi(const struct futex_thread *thread)
{
	switch (thread->op & FUTEX_CMD_MASK) {
	case FUTEX_LOCK_PI:
	/* FUTEX_LOCK_PI2, of kernel 5.14 */
	case 13:
		return thread->waits;
	default:
		return false;
	}
}

void futex_find_pi(struct futexes *futexes)
{
	struct futex_thread *thread;
	size_t i, owner;

	for (i = 0; i < futexes->nr; i++) {
		thread = &futexes->thread[i];
		if (!waits_for_pi(thread))
			continue;
		owner = futex_find(futexes, thread->word[FUTEX_BEFORE] &
				   FUTEX_TID_MASK);
		if (owner != FUTEX_NOBODY)
			futexes->thread[owner].holds_pi = true;
	}
}

static uint32_t number_at(const struct futexes *futexes, size_t place)
{
	return futexes->thread[futexes->order[place]].number;
}

size_t futex_find(const struct futexes *futexes, uint32_t number)
{
	size_t low = 0, high = futexes->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (number_at(futexes, middle) < number)
			low = middle + 1;
		else
			high = middle;
	}
	/* What has gone has the number 0. */
	if (number && low < futexes->nr && number_at(futexes, low) == number)
		return futexes->order[low];
	return FUTEX_NOBODY;
}

static bool find_owner(const struct futexes *futexes, struct futex_lock *lock,
		       uint32_t number)
{
	lock->number = number;
	lock->owner = futex_find(futexes, number);
	return lock->owner != FUTEX_NOBODY;
}

/* The kernel's own protocol: who holds it is in the futex. */
static enum futex_kind decode_pi(const struct futexes *futexes,
				 struct look *look, struct futex_lock *lock)
{
	uint32_t number = word(look, 0) & FUTEX_TID_MASK;

	if (!number)
		return FUTEX_IS_OTHER;
	return find_owner(futexes, lock, number) ? FUTEX_IS_MUTEX :
						   FUTEX_IS_FOREIGN;
}

/* The futex has the owner, and the bit that somebody waits. */
static enum futex_kind decode_robust(const struct futexes *futexes,
				     struct look *look, struct futex_lock *lock)
{
	bool normal = false;

	if (look->thread->address & 4 ? !is_musl(look, &normal) :
					!is_glibc_robust(look))
		return FUTEX_IS_OTHER;
	if (normal)
		return FUTEX_IS_OWNERLESS;
	return decode_pi(futexes, look, lock);
}

static enum futex_kind decode_plain(const struct futexes *futexes,
				    struct look *look, struct futex_lock *lock)
{
	bool elided = false;
	uint32_t number;

	if (look->thread->address & 4 || look->thread->value != CONTENDED ||
	    !is_glibc(look, &elided))
		return FUTEX_IS_OTHER;
	number = word(look, 8);
	if (!number && elided)
		return FUTEX_IS_OWNERLESS;
	/* Anything could look so, but for its having an owner among these. */
	return find_owner(futexes, lock, number) ? FUTEX_IS_MUTEX :
						   FUTEX_IS_OTHER;
}

/* Return: is it this? If not, what was looked at for that does not count. */
static bool try_it(struct look *look, bool (*is_it)(struct look *look),
		   bool *complete)
{
	look->used = 0;
	look->complete = true;
	if (is_it(look) && look->complete)
		return true;
	*complete = *complete && look->complete;
	return false;
}

/*
 * Both libraries wait for ever on a 0 of their own stack if the kernel refuses a
 * PI mutex, because its owner waits for this very thread by another one.
 */
static bool is_endless(struct look *look)
{
	const struct futex_thread *thread = look->thread;

	if (thread->on_stack && !thread->timed && thread->holds_pi &&
	    !word(look, 0) && look->complete)
		return true;
	look->used = 0;
	look->complete = true;
	return false;
}

static enum futex_kind decode_wait(const struct futexes *futexes,
				   struct look *look, struct futex_lock *lock)
{
	const struct futex_thread *thread = look->thread;
	enum futex_kind kind;
	bool complete;

	if (thread->joins)
		return find_owner(futexes, lock, thread->value) ?
			FUTEX_IS_END : FUTEX_IS_OTHER;
	/* A free mutex of either library has a 0: nobody waits for it to go. */
	if (!thread->value)
		return is_endless(look) ? FUTEX_IS_ENDLESS : FUTEX_IS_EVENT;
	if (thread->value & FUTEX_WAITERS)
		kind = decode_robust(futexes, look, lock);
	else
		kind = decode_plain(futexes, look, lock);
	if (kind != FUTEX_IS_OTHER && look->complete)
		return kind;
	complete = look->complete;
	if (try_it(look, is_glibc_condition, &complete) ||
	    try_it(look, is_musl_condition, &complete))
		return FUTEX_IS_EVENT;
	look->complete = complete;
	return FUTEX_IS_OTHER;
}

struct futex_lock futex_decode(const struct futexes *futexes,
			       const struct futex_thread *thread)
{
	struct futex_lock lock = { FUTEX_IS_NONE, FUTEX_NOBODY, 0, 0 };
	struct look look = { thread, futexes->nr, 0, true };

	if (!thread->waits)
		return lock;
	if (waits_for_pi(thread))
		lock.kind = decode_pi(futexes, &look, &lock);
	else if ((thread->op & FUTEX_CMD_MASK) == FUTEX_WAIT ||
		 (thread->op & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET)
		lock.kind = decode_wait(futexes, &look, &lock);
	else
		lock.kind = FUTEX_IS_OTHER;
	if (lock.kind == FUTEX_IS_OTHER || !look.complete) {
		lock.kind = !look.complete && thread->missing ?
			FUTEX_IS_ABSENT : FUTEX_IS_OTHER;
		look.used = 0;
	}
	if (lock.kind != FUTEX_IS_MUTEX && lock.kind != FUTEX_IS_END)
		lock.owner = FUTEX_NOBODY;
	lock.used = look.used;
	return lock;
}
