/* SPDX-License-Identifier: GPL-2.0 */
/* The lines about requests in the file of a device. */
#ifndef NBDDIAG_REQUEST_LINE_H
#define NBDDIAG_REQUEST_LINE_H

#include "object/request.h"

struct seq_file;

/**
 * put_oldest_age() - the field oldest_age_ns
 * @m: where to
 * @r: the requests
 */
void put_oldest_age(struct seq_file *m, const struct requests_snap *r);

/**
 * show_requests() - the line that sums them up
 * @m: where to
 * @r: the requests
 */
void show_requests(struct seq_file *m, const struct requests_snap *r);

/**
 * show_request() - the line of one request
 * @m: where to
 * @all: the requests of the device
 * @r: one of them
 */
void show_request(struct seq_file *m, const struct requests_snap *all,
		  const struct request_snap *r);

#endif /* NBDDIAG_REQUEST_LINE_H */
