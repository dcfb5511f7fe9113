/* SPDX-License-Identifier: GPL-2.0 */
/* All requests that a request queue has given out. */
#ifndef NBDDIAG_TAGS_H
#define NBDDIAG_TAGS_H

#include "object/request.h"

struct request_queue;
struct wait_queue_head;

/**
 * tags_each() - show a visitor each request that is in use
 * @q: a queue; may be gone, and then nothing is found
 * @visitor: the visitor
 *
 * Each, wherever it is: in a plug, with the scheduler, waiting to be sent again,
 * or with the driver. Tables of tags are replaced when hardware queues or the
 * scheduler change, and no lock keeps them. So they are read with fault
 * tolerance, and once more from the start if they were replaced meanwhile.
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: NULL, or why not all of them were found.
 */
const char *tags_each(const struct request_queue *q,
		      const struct requests_visitor *visitor);

/**
 * tags_each_started() - show a visitor each request that is with the driver
 * @q: a queue that cannot go away
 * @visitor: the visitor
 *
 * By the tables of the driver's own tags, so that a flush is seen too, which the
 * block layer sends for others and which is in no other table.
 *
 * Context and return as above.
 */
const char *tags_each_started(const struct request_queue *q,
			      const struct requests_visitor *visitor);

/*
 * Show where tasks wait for a tag, if any does.
 *
 * @q: a queue that cannot go away
 * @fn: called for each place; there may be tasks of other queues that share their
 *	tags with this one
 *
 * Context: any; does not sleep.
 */
void tags_each_wait(const struct request_queue *q,
		    void (*fn)(const struct wait_queue_head *wait, void *data),
		    void *data);

/**
 * tags_is_in_use() - is a request in use by a queue?
 * @rq: any address
 * @q: the queue
 *
 * Context: any; does not sleep.
 */
bool tags_is_in_use(const struct request *rq, const struct request_queue *q);

/*
 * Call a function for each table of tags of a queue.
 *
 * @q: a queue that cannot go away
 * @fn: called for each; often with the same one, as queues share them
 *
 * Context: any; does not sleep.
 */
void tags_each_table(const struct request_queue *q,
		     void (*fn)(const void *tags, void *data), void *data);

/* Has a table of tags one of its bitmaps so many bytes from where it begins? */
bool tags_has_bitmap_at(size_t at);

#endif /* NBDDIAG_TAGS_H */
