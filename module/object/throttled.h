/* SPDX-License-Identifier: GPL-2.0 */
/* Bios that limits of cgroups hold back before they reach a disk. */
#ifndef NBDDIAG_THROTTLED_H
#define NBDDIAG_THROTTLED_H

#include "access/known.h"

struct bio;
struct request_queue;

/**
 * throttled_count() - how many bios are held back
 * @q: a queue that cannot go away
 *
 * Context: any; does not sleep.
 */
struct known throttled_count(const struct request_queue *q);

/**
 * throttled_each() - show each bio that is held back
 * @q: a queue that cannot go away
 * @fn: called for each; the bio may be let go at any moment
 * @data: its last argument
 *
 * A cgroup is seen once however many of its bios are held back, so that this
 * takes a microsecond or two for each cgroup that ever used the disk.
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: NULL, or why not all of them were found.
 */
const char *throttled_each(const struct request_queue *q,
			   void (*fn)(const struct bio *bio, void *data),
			   void *data);

#endif /* NBDDIAG_THROTTLED_H */
