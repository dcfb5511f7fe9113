// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the file of a device. Only this folder knows the format, which
 * nbddiag(4) documents: raise FORMAT when a key changes its meaning or goes away.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "layout/modules.h"
#include "snapshot/aio_take.h"
#include "snapshot/device.h"
#include "text/files.h"
#include "text/request_line.h"
#include "text/socket_line.h"
#include "text/text_file.h"
#include "text/values.h"

/* ---- its parts ---- */

static void put_generation(struct seq_file *m, const char *key,
			   struct known generation)
{
	seq_puts(m, key);
	if (generation.why_not)
		put_unknown(m, generation.why_not);
	else
		seq_printf(m, "%016llx", generation.value);
}

static void show_verdict(struct seq_file *m, const struct nbd_snap *snap)
{
	const struct nbd_device_snap *d = &snap->device;
	enum tristate attachable;
	const char *reason;
	enum nbd_state state = nbd_state(&snap->facts, &reason);

	seq_printf(m, "device: %s\ndev: %u:%u\n", d->name, MAJOR(d->devt),
		   MINOR(d->devt));
	seq_printf(m, "state: %s\nstate_reason: %s\n", nbd_state_text(state),
		   reason);
	attachable = nbd_attachable(&snap->facts, &reason);
	put_truth(m, "attachable: ",
		  known_unless(attachable == UNKNOWN ? reason : NULL,
			       attachable));
	seq_printf(m, "\nattachable_reason: %s\nconsistent: %s\n", reason,
		   yes_no(snap->facts.locked));
	put_task(m, "lock_holder: ", &snap->lock_holder);
	put_generation(m, "\ngeneration: ", snap->generation);
	seq_putc(m, '\n');
}

static void show_references(struct seq_file *m, const struct nbd_snap *snap)
{
	const struct nbd_device_snap *d = &snap->device;
	const struct known *flags = &snap->config.runtime_flags;

	put_number(m, "openers: ", d->openers);
	put_number(m, "\nconfig_refs: ", d->config_refs);
	if (snap->facts.config) {
		put_number(m, "\nkept_by: openers=", d->openers);
		put_number(m, " receivers=", snap->config.recv_threads);
		put_number(m, " netlink=",
			   known_unless(flags->why_not,
					!!(flags->value & BIT(RT_HAS_CONFIG_REF))));
	} else if (snap->facts.why_unknown) {
		seq_puts(m, "\nkept_by: ");
		put_unknown(m, snap->facts.why_unknown);
	} else {
		seq_puts(m, "\nkept_by: -");
	}
	put_number(m, "\nrefs: ", d->refs);
	put_number(m, "\nindex: ", d->index);
	seq_putc(m, '\n');
}

static const char * const device_flag_names[] = {
	"DESTROY_ON_DISCONNECT", "DISCONNECT_REQUESTED",
};

static void show_device(struct seq_file *m, const struct nbd_snap *snap)
{
	const struct nbd_device_snap *d = &snap->device;

	seq_printf(m, "capacity_bytes: %llu\nblock_size_bytes: %u\n",
		   d->capacity, d->block_size);
	seq_printf(m, "read_only: %s\n", yes_no(d->read_only));
	put_flags(m, "device_flags: ", d->flags, device_flag_names,
		  ARRAY_SIZE(device_flag_names));
	seq_printf(m, "timeout_s: %llu\n", d->timeout_s);
	put_task(m, "setup_task: ", &d->setup_task);
	put_task(m, "\nattached_task: ", &d->attached_task);
	seq_puts(m, "\nbackend: ");
	if (d->why_no_backend)
		put_unknown(m, d->why_no_backend);
	else if (!d->backend[0])
		seq_putc(m, '-');
	else
		put_string(m, d->backend, strlen(d->backend));
	seq_putc(m, '\n');
}

/* By bit; those without a name here are shown as bits. */
static const char * const config_flag_names[] = {
	"HAS_FLAGS", "READ_ONLY", "SEND_FLUSH", "SEND_FUA", "ROTATIONAL",
	"SEND_TRIM", "SEND_WRITE_ZEROES", "SEND_DF", "CAN_MULTI_CONN",
	"SEND_RESIZE", "SEND_CACHE", "SEND_FAST_ZERO",
};

static const char * const runtime_flag_names[] = {
	"TIMEDOUT", "DISCONNECT_REQUESTED", "DISCONNECTED", "HAS_PID_FILE",
	"HAS_CONFIG_REF", "BOUND", "DISCONNECT_ON_CLOSE", "HAS_BACKEND_FILE",
};

static void show_config(struct seq_file *m, const struct nbd_snap *snap)
{
	const struct nbd_config_snap *c = &snap->config;
	const struct nbd_facts *f = &snap->facts;

	if (!f->config)
		return;
	put_flags(m, "flags: ", c->flags, config_flag_names,
		  ARRAY_SIZE(config_flag_names));
	put_flags(m, "runtime_flags: ", c->runtime_flags, runtime_flag_names,
		  ARRAY_SIZE(runtime_flag_names));
	put_number(m, "config_size_bytes: ", c->size);
	put_number(m, "\nconfig_block_size_bytes: ", c->block_size);
	put_number(m, "\ndead_conn_timeout_s: ", c->dead_conn_timeout_s);
	put_number(m, "\nnum_connections: ", c->num_connections);
	put_number(m, "\nlive_connections: ", c->live_connections);
	put_number(m, "\nrecv_threads: ", c->recv_threads);
	if (!f->why_unknown && !snap->peers_named)
		seq_puts(m, "\npeers_agree: -");
	else
		put_truth(m, "\npeers_agree: ",
			  known_unless(f->why_unknown, !snap->peers_differing));
	put_number(m, "\npeers_differing: ", known_unless(f->why_unknown, snap->peers_differing));
	put_number(m, "\nsockets: total=", c->num_connections);
	put_number(m, " counted=", known_unless(f->why_unknown, f->sockets));
	put_number(m, " dead=", known_unless(f->why_unknown, f->dead));
	put_number(m, " live=", known_unless(f->why_unknown, f->sockets - f->dead));
	put_number(m, " held=", known_unless(f->why_unknown, f->held));
	seq_printf(m, " shown=%u\n", snap->shown);
}

/* ---- the file of a device ---- */

/*
 * Each open file has a snapshot of its own, taken when reading begins at the
 * start. It is printed in records, since seq_file prints a record again for
 * each doubling of its buffer: the head's parts, the requests, the sockets.
 */
struct device_view {
	struct gendisk *disk;
	struct nbd_snap *snap;
};

enum head_part {
	HEAD_FORMAT,
	HEAD_VERDICT,
	HEAD_DEVICE,
	HEAD_CONFIG,
	HEAD_REQUESTS,
	HEAD_PARTS,
};

static void *device_record(struct device_view *view, loff_t *pos)
{
	const struct nbd_snap *snap = view->snap;

	if (*pos >= HEAD_PARTS + (loff_t)snap->requests.shown + snap->shown)
		return NULL;
	return pos;
}

static int take_full(struct seq_file *m)
{
	struct device_view *view = m->private;
	unsigned int noio = memalloc_noio_save();
	struct nbd_snap *snap;
	int err;

	/* Requests may have come by way of a module that was loaded since. */
	layout_modules_refresh();
	err = text_get(m);
	if (!err) {
		snap = nbd_snap_full(view->disk);
		text_put(m);
		err = PTR_ERR_OR_ZERO(snap);
		/* A walk of all tasks, for which no disk has to wait. */
		if (!err)
			aio_name_owners(&snap->requests);
	}
	memalloc_noio_restore(noio);
	if (err)
		return err;
	nbd_snap_free(view->snap);
	view->snap = snap;
	return 0;
}

static void *device_start(struct seq_file *m, loff_t *pos)
{
	struct device_view *view = m->private;
	int err = 0;

	if (!*pos || !view->snap)
		err = take_full(m);
	return err ? ERR_PTR(err) : device_record(view, pos);
}

static void *device_next(struct seq_file *m, void *record, loff_t *pos)
{
	++*pos;
	return device_record(m->private, pos);
}

static void device_stop(struct seq_file *m, void *record)
{
}

static void show_head(struct seq_file *m, const struct nbd_snap *snap,
		      enum head_part part)
{
	switch (part) {
	case HEAD_FORMAT:
		seq_puts(m, FORMAT);
		break;
	case HEAD_VERDICT:
		show_verdict(m, snap);
		show_references(m, snap);
		break;
	case HEAD_DEVICE:
		show_device(m, snap);
		break;
	case HEAD_CONFIG:
		show_config(m, snap);
		break;
	case HEAD_REQUESTS:
		show_requests(m, &snap->requests);
		break;
	case HEAD_PARTS:
		break;
	}
}

static int device_show(struct seq_file *m, void *record)
{
	const struct device_view *view = m->private;
	const struct nbd_snap *snap = view->snap;
	loff_t at = *(loff_t *)record;

	if (at < HEAD_PARTS) {
		show_head(m, snap, at);
		return 0;
	}
	at -= HEAD_PARTS;
	if (at < snap->requests.shown) {
		show_request(m, &snap->requests, &snap->requests.oldest[at]);
		return 0;
	}
	at -= snap->requests.shown;
	show_socket(m, at, &snap->sockets[at]);
	return 0;
}

static const struct seq_operations device_ops = {
	.start = device_start,
	.next = device_next,
	.stop = device_stop,
	.show = device_show,
};

static int device_open(struct inode *inode, struct file *file)
{
	struct device_view *view;

	view = text_open(file, &device_ops, sizeof(*view));
	if (!view)
		return -ENOMEM;
	view->disk = inode->i_private;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct device_view *view = m->private;

	nbd_snap_free(view->snap);
	return seq_release_private(inode, file);
}

const struct file_operations text_device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.read = text_read,
	.llseek = seq_lseek,
	.release = device_release,
};
