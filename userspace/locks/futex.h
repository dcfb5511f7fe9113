/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which lock each thread of a process waits for, and which thread holds it: a
 * pthread mutex as it lies in the memory of the process.
 */
#ifndef NBDDIAG_FUTEX_H
#define NBDDIAG_FUTEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "host/source.h"

/* Words of 4 bytes that are looked at: so many before the futex, and in all. */
#define FUTEX_BEFORE 9
#define FUTEX_WORDS 19

/* No index of a thread. */
#define FUTEX_NOBODY ((size_t)-1)

/* Why the memory of a process was not read, or that it was. */
enum futex_memory {
	FUTEX_MEMORY_READ,
	FUTEX_MEMORY_32_BIT,	/* a 32-bit program: other layouts */
	FUTEX_MEMORY_DENIED,
	FUTEX_MEMORY_HANGS,
	FUTEX_MEMORY_ENDS,	/* it is being killed, or has gone */
	FUTEX_MEMORY_UNKNOWN,	/* not captured, or not understood */
};

/* What the futex is that a thread waits in. */
enum futex_kind {
	FUTEX_IS_NONE,		/* it waits in none */
	FUTEX_IS_MUTEX,		/* held by @owner */
	FUTEX_IS_END,		/* of @owner, as in pthread_join(3) */
	FUTEX_IS_FOREIGN,	/* held by a thread of another process */
	FUTEX_IS_OWNERLESS,	/* a mutex that does not record its owner */
	FUTEX_IS_EVENT,		/* a condition variable or the like: no lock */
	FUTEX_IS_ENDLESS,	/* a PI mutex refused, as by the kernel's EDEADLK */
	FUTEX_IS_ABSENT,	/* its page is not in memory */
	FUTEX_IS_OTHER,		/* nothing that is known here */
};

/**
 * struct futex_thread - a thread, and the futex that it waits in
 * @tid: the thread, as /proc numbers it
 * @number: the same in its own pid namespace, as it is written into locks
 * @waits: it waits in a futex; if not, the rest is not set
 * @address: of the futex
 * @op: second argument of futex(2)
 * @value: third argument of futex(2)
 * @timed: it waits with a timeout
 * @on_stack: the futex is just above its stack pointer
 * @joins: the futex is where glibc has the number of the thread @value, which
 *	the kernel clears when that ends
 * @holds_pi: another thread waits for a PI mutex that this one holds; also if
 *	@waits is not set
 * @missing: a page was not in memory
 * @known: a bit for each word that was read
 * @word: what is there; the futex itself is @word[FUTEX_BEFORE]
 */
struct futex_thread {
	pid_t tid;
	pid_t number;
	bool waits;
	uint64_t address;
	uint32_t op;
	uint32_t value;
	bool timed;
	bool on_stack;
	bool joins;
	bool holds_pi;
	bool missing;
	uint32_t known;
	uint32_t word[FUTEX_WORDS];
};

/**
 * struct futexes - the threads of a process
 * @tgid: the process
 * @memory: what came of reading its memory
 * @thread: in the order of /proc
 * @nr: how many
 * @order: their indices in the order of their numbers, from futex_sort(): in
 *	another pid namespace than that of /proc it is another one
 *
 * Those that wait slept from before the first thing that was read until after
 * the last, so what all of them say is true of one moment.
 */
struct futexes {
	pid_t tgid;
	enum futex_memory memory;
	struct futex_thread *thread;
	size_t nr;
	uint32_t *order;
};

/**
 * struct futex_lock - what a thread waits for
 * @kind: what it is
 * @owner: index of the thread that holds it or is to end, or FUTEX_NOBODY
 * @number: of the owner, in the pid namespace of the thread that waits
 * @used: a bit for each word that this is known from
 */
struct futex_lock {
	enum futex_kind kind;
	size_t owner;
	pid_t number;
	uint32_t used;
};

/**
 * futex_read() - which futexes the threads of a process wait in
 * @futexes: filled, for futex_free(), if true is returned
 *
 * On the live host its memory is read as memory.h says.
 *
 * Return: false if no thread waits in one, or that was not captured. If that is
 * not known true, and @futexes->memory says why.
 */
bool futex_read(const struct source *source, struct futexes *futexes,
		pid_t tgid);

/**
 * futex_free() - give back what futex_read() took
 * @futexes: from futex_read(), or zeroed
 */
void futex_free(struct futexes *futexes);

/**
 * futex_find() - the thread with a number
 * @number: in its own pid namespace
 *
 * Return: its index, or FUTEX_NOBODY.
 */
size_t futex_find(const struct futexes *futexes, uint32_t number);

/**
 * futex_make_room() - allocate the threads of a process
 * @futexes: zeroed; its threads and their order are made, and @futexes->nr
 *	stays 0
 * @nr: how many there can be
 */
void futex_make_room(struct futexes *futexes, size_t nr);

/**
 * futex_sort() - bring the threads in order, for futex_find()
 * @futexes: all threads of the process, with their numbers
 *
 * It does not allocate.
 */
void futex_sort(struct futexes *futexes);

/**
 * futex_find_pi() - note which threads hold PI mutexes, once all is known
 * @futexes: all threads of the process, after futex_sort()
 */
void futex_find_pi(struct futexes *futexes);

/* What a thread waits for. */
struct futex_lock futex_decode(const struct futexes *futexes,
			       const struct futex_thread *thread);

/**
 * futex_print() - write what futex_read() reads in a captured tree
 * @futexes: from futex_read()
 *
 * Words from which nothing is known are left out: they may be anything.
 */
void futex_print(const struct futexes *futexes, FILE *out);

/**
 * futex_parse() - the reverse of futex_print()
 * @futexes: zeroed; filled
 * @data: the file, from malloc() with room for one byte more; it is freed
 */
void futex_parse(struct futexes *futexes, char *data, size_t size);

#endif /* NBDDIAG_FUTEX_H */
