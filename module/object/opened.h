/* SPDX-License-Identifier: GPL-2.0 */
/* Which device or filesystem a request was meant for. */
#ifndef NBDDIAG_OPENED_H
#define NBDDIAG_OPENED_H

struct chain_origin;
struct kiocb;
struct page;

/**
 * opened_by_file() - find what the file of a kiocb is on
 * @origin: gets @asked, @asked_part and @fs
 * @kiocb: any address
 *
 * Context: any; does not sleep.
 */
void opened_by_file(struct chain_origin *origin, const struct kiocb *kiocb);

/**
 * opened_by_page() - find what the file of a page is on
 * @origin: gets @asked, @asked_part and @fs
 * @page: any address
 *
 * Context: any; does not sleep.
 */
void opened_by_page(struct chain_origin *origin, const struct page *page);

#endif /* NBDDIAG_OPENED_H */
