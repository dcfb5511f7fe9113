/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tasks that cannot hand a request to a disk yet
 * ----------------------------------------------
 *
 * Such a request is nowhere but in the hands of the task that submits it. Where
 * the task waits is known: the tags of a queue, writeback throttling and a frozen
 * queue have a list of those who wait. An entry of it lies on the stack of the
 * task. So the task is looked up, its stack is copied, and the entry believed only
 * if it is in the part that is in use. Of a queue that shares its tags with others
 * the stack also tells for which of them the tag is wanted.
 *
 * The stack of a task in io_submit() also has the address of the AIO request.
 */
#ifndef NBDDIAG_SUBMITTERS_H
#define NBDDIAG_SUBMITTERS_H

#include "object/waiter.h"

struct kiocb;
struct request_queue;

/* What a task waits for. */
enum submit_wait {
	SUBMIT_NO_WAIT,
	SUBMIT_TAG,		/* all tags are taken */
	SUBMIT_WRITEBACK,	/* writeback throttling has enough in flight */
	SUBMIT_FROZEN,		/* the queue takes nothing for now */
};

/**
 * struct submitter - a task that waits to submit a request
 * @waits_for: for what
 * @task: its address; only to compare it, or to be proved again
 * @kiocb: the AIO request that it is submitting, or NULL; only to tell one from
 *	another, or to be followed and proved
 */
struct submitter {
	enum submit_wait waits_for;
	const void *task;
	const struct kiocb *kiocb;
};

/* Cheap: can there be any? Context: any; does not sleep. */
bool submitters_may_be(const struct request_queue *q);

/**
 * submitters_each() - show each task that waits to submit to a queue
 * @q: a queue that cannot go away
 * @stack: room for a copy
 * @fn: called for each
 * @data: its last argument
 *
 * Of a frozen queue only those are shown that submit AIO, as who freezes it waits
 * in the same list.
 *
 * Context: may sleep for a moment, never for I/O.
 */
void submitters_each(const struct request_queue *q, struct stack_copy *stack,
		     void (*fn)(const struct submitter *submitter, void *data),
		     void *data);

/* Is an AIO request still in the hands of io_submit()? @kiocb: any address */
bool submitters_has(const struct kiocb *kiocb);

#endif /* NBDDIAG_SUBMITTERS_H */
