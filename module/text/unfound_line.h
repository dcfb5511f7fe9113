/* SPDX-License-Identifier: GPL-2.0 */
/* What aio_scan says of AIO requests that were found at no device. */
#ifndef NBDDIAG_UNFOUND_LINE_H
#define NBDDIAG_UNFOUND_LINE_H

#include "snapshot/aio.h"

struct seq_file;

/* Prints the fields that a context has in a deep scan only. */
void put_unfound(struct seq_file *m, const struct aio_snap *snap,
		 const struct aio_context *context);

/* Prints the line of a request, but for whose it is. */
void show_unfound(struct seq_file *m, const struct aio_snap *snap,
		  const struct aio_request *request);

#endif /* NBDDIAG_UNFOUND_LINE_H */
