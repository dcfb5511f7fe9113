/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a task sleeps on, by the record of it on its own stack
 * -----------------------------------------------------------
 *
 * Whoever waits for a page, a lock, a completion or a wait queue puts a record
 * into a list of waiters and sleeps. The record is a variable of the function that
 * sleeps, so it lies on the task's stack, and it names the task. It is found by that
 * name, and believed only if its neighbours in the list point back to it.
 *
 * A neighbour is the head of the list, which lies in the object that is waited
 * for, or the record of another task, on that task's stack. Stacks of others are
 * not read by way of a list: they may be gone, and what lies there then may be
 * anything. So a record may be unproved here, and be proved by the records of
 * these other tasks, each found on its own stack.
 *
 * The records of functions that called the one that sleeps lie at higher
 * addresses. The lowest one counts.
 */
#ifndef NBDDIAG_WAIT_H
#define NBDDIAG_WAIT_H

#include "access/symbols.h"
#include "object/callers.h"
#include "object/stack.h"

#define WAIT_NAME_LEN 48

enum wait_kind {
	WAIT_NOTHING,		/* no record was found */
	WAIT_PAGE,		/* a page, or folio */
	WAIT_BIT,		/* a bit of a word, as of a buffer or an inode */
	WAIT_VARIABLE,		/* a change of something at an address */
	WAIT_QOS,		/* what limits writeback or latency at a disk */
	WAIT_QUEUE,		/* any wait queue */
	WAIT_COMPLETION,
	WAIT_MUTEX,
	WAIT_RWSEM_READ,
	WAIT_RWSEM_WRITE,
	WAIT_SEMAPHORE,
};

/**
 * struct wait_record - a record on the stack of a task that sleeps
 * @kind: what it is
 * @node: where it is linked into the list of waiters
 * @next: the node after it
 * @prev: the node before it
 * @next_proved: @next points back
 * @prev_proved: @prev points back
 * @next_elsewhere: @next may be read, and lies on no stack but perhaps its own
 * @prev_elsewhere: the same of @prev
 * @head: head of the list, if it is known
 * @headless: it was looked for, and not found
 * @object: what is waited for, if it is known: a page, a word, a struct rq_wait, a
 *	completion or a lock
 * @behind_readers: there is no record, see find_rt_writer(): no task but readers has
 *	@object
 * @bit: of WAIT_PAGE and WAIT_BIT
 * @sbq: of WAIT_QUEUE: perhaps the struct sbitmap_queue that has no tag left
 * @sleeps_in: the function whose variable the record is, without a record the one
 *	that has gone to sleep; empty if not found
 */
struct wait_record {
	enum wait_kind kind;
	const void *node;
	const void *next;
	const void *prev;
	bool next_proved;
	bool prev_proved;
	bool next_elsewhere;
	bool prev_elsewhere;
	const void *head;
	bool headless;
	const void *object;
	bool behind_readers;
	int bit;
	const void *sbq;
	char sleeps_in[WAIT_NAME_LEN];
};

/**
 * struct wait_functions - functions by which records are told
 * @wakers: called to wake who is in a wait queue
 * @lockers: sleep for a lock
 * @callers: those that were met
 */
struct wait_functions {
	struct symbol_cache wakers;
	struct symbol_cache lockers;
	struct callers callers;
};

/**
 * wait_functions_init() - have caches tell these functions
 * @functions: zeroed; for one walk of all tasks
 */
void wait_functions_init(struct wait_functions *functions);

/*
 * Find the record of what a task sleeps on.
 *
 * @record: filled
 * @stack: a copy of its stack
 * @task: address of the task; only compared
 * @noted: what compat_blocker() said when the stack was copied
 *
 * What is found is only true if the task did not run meanwhile, which the caller
 * has to find out.
 *
 * Context: any; does not sleep. Looks names of functions up, so not to be called
 * with a lock.
 */
void wait_find(struct wait_record *record, const struct stack_copy *stack,
	       const void *task, unsigned long noted,
	       struct wait_functions *functions);

/* Set what is waited for, once the head of the list is known. */
void wait_set_head(struct wait_record *record, const void *head);

/* Is it a lock? */
static inline bool wait_is_lock(const struct wait_record *record)
{
	return record->kind >= WAIT_MUTEX;
}

/* Is the record of a kind whose object is only known by the head of its list? */
bool wait_needs_head(const struct wait_record *record);

enum wait_holder {
	WAIT_HELD_BY_TASK,
	WAIT_HELD_BY_READERS,	/* of a read-write semaphore: the kernel keeps no list */
	WAIT_HELD_BY_NOBODY,	/* it is being passed on */
	WAIT_HOLDER_NOT_KEPT,	/* of a semaphore, or of what is no lock */
	WAIT_HOLDER_NOT_FOUND,
	WAIT_HOLDER_UNREADABLE,
};

/*
 * Who has the lock that a task waits for?
 *
 * @record: of a lock, with @object
 * @task: set to the address of the task, which may be gone a moment later; of
 *	readers, to that of the one which took it last, if it is noted: it may have
 *	given it back, and others may have it
 */
enum wait_holder wait_held_by(const struct wait_record *record,
			      const void **task);

#endif /* NBDDIAG_WAIT_H */
