// SPDX-License-Identifier: GPL-2.0
/* Prints the requests of a device. */
#include <linux/seq_file.h>

#include "text/chain_fields.h"
#include "text/request_line.h"
#include "text/values.h"

void put_oldest_age(struct seq_file *m, const struct requests_snap *r)
{
	if (!r->shown)
		seq_puts(m, " oldest_age_ns=-");
	else
		put_age(m, " oldest_age_ns=", r->now_ns, r->oldest[0].start_ns);
}

void show_requests(struct seq_file *m, const struct requests_snap *r)
{
	seq_puts(m, "requests: ");
	if (r->why_unknown) {
		put_unknown(m, r->why_unknown);
		seq_putc(m, '\n');
		return;
	}
	seq_printf(m, "inflight=%u", r->inflight);
	put_oldest_age(m, r);
	seq_printf(m, " shown=%u\n", r->shown);
}

static void put_owner(struct seq_file *m, const struct request_snap *r)
{
	if (!r->aio) {
		seq_puts(m, " aio_pid=- aio_context=-");
	} else if (r->several_ctx) {
		seq_puts(m, " aio_pid=-(several) aio_context=-(several)");
	} else {
		seq_puts(m, " aio_pid=");
		if (r->aio_pid)
			seq_printf(m, "%d", r->aio_pid);
		else
			put_unknown(m, "owner-not-found");
		seq_puts(m, " aio_context=");
		if (r->aio_user_id)
			seq_printf(m, "0x%lx", r->aio_user_id);
		else
			put_unknown(m, "owner-not-found");
	}
}

void show_request(struct seq_file *m, const struct requests_snap *all,
		  const struct request_snap *r)
{
	seq_puts(m, "request: op=");
	put_op(m, r->op);
	seq_printf(m, " sector=%llu bytes=%u", r->sector, r->bytes);
	put_age(m, " age_ns=", all->now_ns, r->start_ns);
	put_number(m, " socket=", r->socket);
	put_number(m, " retries=", r->retries);
	put_end_io(m, r->end_io);
	seq_printf(m, " aio_requests=%u", r->aio);
	put_owner(m, r);
	seq_putc(m, '\n');
}
