/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests of io_uring that wait for a page. Such a read by way of the page cache
 * is named by no bio, and no task sleeps for it: it puts a record of its own into
 * the queue of all that wait for the page.
 */
#ifndef NBDDIAG_PAGE_WAITS_H
#define NBDDIAG_PAGE_WAITS_H

#include "access/symbols.h"

struct bio;
struct kiocb;

/*
 * Find out where the kernel has these queues.
 *
 * Context: may sleep, for some ticks of the clock; never for I/O. Once, before any
 * other function of this file.
 */
void page_waits_init(void);

/* Return: NULL, or why it is not known where these queues are. */
const char *page_waits_why_unknown(void);

/* Have a cache tell the function that wakes such a request. @cache: zeroed */
void page_waits_functions(struct symbol_cache *cache);

/*
 * Which requests wait for pages of a bio?
 *
 * @bio: any address; as long as it is in use, its pages are
 * @fn: called for each, with the request's kiocb: proved to wait for the page
 *
 * Context: may sleep, as it lets others run. Looks a name up, so not to be called with
 * a lock.
 * Return: false if a queue changed too much meanwhile; what @fn was called with may
 * be twice there then, or missing.
 */
bool page_waits_each(struct symbol_cache *functions, const struct bio *bio,
		     void (*fn)(const struct kiocb *kiocb, void *data),
		     void *data);

#endif /* NBDDIAG_PAGE_WAITS_H */
