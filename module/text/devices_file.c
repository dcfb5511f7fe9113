// SPDX-License-Identifier: GPL-2.0
/* Prints the file devices. */
#include <linux/module.h>

#include "access/memory.h"
#include "object/task_files.h"
#include "snapshot/device.h"
#include "snapshot/disks.h"
#include "text/files.h"
#include "text/request_line.h"
#include "text/socket_line.h"
#include "text/text_file.h"
#include "text/values.h"

/* What is printed next, and where to go on. */
struct devices_view {
	unsigned long at;
	bool head;
	struct nbd_snap snap;
	struct open_devices opens;
};

static void take_brief(struct gendisk *disk, void *data)
{
	struct devices_view *view = data;

	nbd_snap_brief(&view->snap, disk, &view->opens);
}

static void *devices_record(struct devices_view *view, loff_t *pos)
{
	unsigned long at = *pos - 1;
	unsigned int noio;
	bool found;

	view->head = !*pos;
	if (view->head) {
		open_devices_forget(&view->opens);
		return view;
	}
	noio = memalloc_noio_save();
	found = disks_call(&at, take_brief, view);
	memalloc_noio_restore(noio);
	if (!found)
		return NULL;
	/* Position n is for the first device numbered n - 1 or above. */
	*pos = at;
	return view;
}

static void *devices_start(struct seq_file *m, loff_t *pos)
{
	return devices_record(m->private, pos);
}

static void *devices_next(struct seq_file *m, void *record, loff_t *pos)
{
	++*pos;
	return devices_record(m->private, pos);
}

static void devices_stop(struct seq_file *m, void *record)
{
}

static void put_requests(struct seq_file *m, const struct requests_snap *r)
{
	if (r->why_unknown) {
		seq_puts(m, " inflight=");
		put_unknown(m, r->why_unknown);
		seq_puts(m, " oldest_age_ns=");
		put_unknown(m, r->why_unknown);
	} else {
		seq_printf(m, " inflight=%u", r->inflight);
		put_oldest_age(m, r);
	}
}

/* Of the first socket that has a name at its other end, and how many have another one. */
static void put_peers(struct seq_file *m, const struct nbd_snap *snap)
{
	const struct nbd_facts *f = &snap->facts;

	const char *why_not = f->why_unknown ?: snap->why_no_peer;

	if (why_not) {
		seq_puts(m, " peer=");
		put_unknown(m, why_not);
	} else if (f->sockets) {
		put_addr(m, " peer=", &snap->first_peer);
	} else {
		seq_puts(m, " peer=-");
	}
	put_number(m, " peers_named=", known_unless(f->why_unknown, snap->peers_named));
	put_number(m, " peers_differing=",
		   known_unless(f->why_unknown, snap->peers_differing));
}

/* So that who lists devices needs the file of none of them. */
static void put_listed(struct seq_file *m, const struct nbd_snap *snap,
		       const char *state_reason, const char *attachable_reason)
{
	const struct nbd_facts *f = &snap->facts;

	seq_printf(m, " state_reason=%s attachable_reason=%s capacity_bytes=%llu",
		   state_reason, attachable_reason, snap->device.capacity);
	put_number(m, " openers=", snap->device.openers);
	if (f->config || f->why_unknown)
		put_number(m, " sockets=", snap->config.num_connections);
	else
		seq_puts(m, " sockets=-");
	put_peers(m, snap);
	put_hex(m, " device_flags=", snap->device.flags);
}

static int devices_show(struct seq_file *m, void *record)
{
	const struct devices_view *view = record;
	const struct nbd_snap *snap = &view->snap;
	const struct nbd_facts *f = &snap->facts;
	const char *state_reason, *reason;
	enum tristate attachable;

	if (view->head) {
		seq_puts(m, FORMAT);
		return 0;
	}
	seq_printf(m, "device: name=%s state=%s", snap->device.name,
		   nbd_state_text(nbd_state(f, &state_reason)));
	attachable = nbd_attachable(f, &reason);
	put_truth(m, " attachable=",
		  known_unless(attachable == UNKNOWN ? reason : NULL,
			       attachable));
	put_number(m, " live=", known_unless(f->why_unknown, f->sockets - f->dead));
	put_number(m, " dead=", known_unless(f->why_unknown, f->dead));
	put_requests(m, &snap->requests);
	put_number(m, " config_refs=", snap->device.config_refs);
	seq_printf(m, " consistent=%s", yes_no(f->locked));
	put_listed(m, snap, state_reason, reason);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations devices_ops = {
	.start = devices_start,
	.next = devices_next,
	.stop = devices_stop,
	.show = devices_show,
};

static int devices_open(struct inode *inode, struct file *file)
{
	return text_open(file, &devices_ops, sizeof(struct devices_view)) ?
		0 : -ENOMEM;
}

static int devices_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct devices_view *view = m->private;

	open_devices_forget(&view->opens);
	return seq_release_private(inode, file);
}

const struct file_operations text_devices_fops = {
	.owner = THIS_MODULE,
	.open = devices_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = devices_release,
};
