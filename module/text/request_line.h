/* SPDX-License-Identifier: GPL-2.0 */
/* The lines about requests in the file of a device. */
#ifndef NBDDIAG_REQUEST_LINE_H
#define NBDDIAG_REQUEST_LINE_H

#include "object/request.h"

struct seq_file;

/* The field oldest_age_ns. */
void put_oldest_age(struct seq_file *m, const struct requests_snap *r);

/* The line that sums them up. */
void show_requests(struct seq_file *m, const struct requests_snap *r);

/* The line of one request. */
void show_request(struct seq_file *m, const struct requests_snap *all,
		  const struct request_snap *r);

#endif /* NBDDIAG_REQUEST_LINE_H */
