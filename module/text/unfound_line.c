// SPDX-License-Identifier: GPL-2.0
/* Prints the AIO requests that were found at no device. */
#include "text/chain_fields.h"
#include "text/unfound_line.h"
#include "text/values.h"

void put_unfound(struct seq_file *m, const struct aio_snap *snap,
		 const struct aio_context *context)
{
	put_number(m, " unfound=",
		   known_unless(snap->why_no_requests, context->nr_unfound));
	put_number(m, " missing=", aio_context_missing(context));
}

static void put_target(struct seq_file *m, const struct disk_names *names,
		       const struct aio_request *request)
{
	const struct opened *opened = &request->opened;

	seq_puts(m, " asked=");
	if (request->why_not_opened)
		put_unknown(m, request->why_not_opened);
	else
		put_opened(m, names, opened);
	seq_puts(m, " dev=");
	if (!request->why_not_opened)
		seq_printf(m, "%u:%u", MAJOR(opened->devt),
			   MINOR(opened->devt));
	else
		seq_putc(m, '-');
	seq_puts(m, " fs=");
	if (*opened->fs)
		put_string(m, opened->fs, strlen(opened->fs));
	else
		seq_putc(m, '-');
}

static const char * const op_names[] = {
	[AIO_REQUEST_READ] = "read",
	[AIO_REQUEST_WRITE] = "write",
	[AIO_REQUEST_FSYNC] = "fsync",
	[AIO_REQUEST_POLL] = "poll",
};

static void put_what(struct seq_file *m, const struct aio_request *request)
{
	seq_puts(m, " op=");
	if (request->kind == AIO_REQUEST_NEW)
		put_unknown(m, "submitting");
	else
		seq_puts(m, op_names[request->kind]);
	if (request->kind == AIO_REQUEST_READ ||
	    request->kind == AIO_REQUEST_WRITE)
		seq_printf(m, " pos_bytes=%lld direct=%s", request->pos,
			   yes_no(request->direct));
	else
		seq_puts(m, " pos_bytes=- direct=-");
}

static void put_state(struct seq_file *m, const struct aio_request *request)
{
	seq_puts(m, " state=");
	if (request->complete)
		seq_puts(m, "complete");
	else if (request->submitting)
		seq_puts(m, "submitting");
	else if (request->kind == AIO_REQUEST_FSYNC)
		seq_puts(m, "fsync");
	else if (request->kind == AIO_REQUEST_POLL)
		seq_puts(m, "poll");
	else if (request->where == AIO_AT_FS)
		seq_puts(m, "fs-completion");
	else if (request->where == AIO_AT_DRIVER)
		seq_puts(m, "held-by-driver");
	else
		put_unknown(m, "not-found-below");
}

void show_unfound(struct seq_file *m, const struct aio_snap *snap,
		  const struct aio_request *request)
{
	put_target(m, snap->names, request);
	put_what(m, request);
	put_state(m, request);
	seq_putc(m, '\n');
}
