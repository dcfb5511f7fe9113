// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the file of a device. Only this folder knows the format, which
 * nbddiag(4) documents: raise FORMAT when a key changes its meaning or goes away.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "layout/layout.h"
#include "snapshot/aio_take.h"
#include "snapshot/device.h"
#include "text/files.h"
#include "text/request_line.h"
#include "text/socket_line.h"
#include "text/text_file.h"
#include "text/values.h"

/* ---- its parts ---- */

static void show_verdict(struct seq_file *m, const struct nbd_snap *snap)
{
	const struct nbd_device_snap *d = &snap->device;
	const char *reason;
	enum nbd_state state = nbd_state(&snap->facts, &reason);

	seq_printf(m, "device: %s\ndev: %u:%u\n", d->name, MAJOR(d->devt),
		   MINOR(d->devt));
	seq_printf(m, "state: %s\nstate_reason: %s\n", nbd_state_text(state),
		   reason);
	seq_puts(m, "attachable: ");
	switch (nbd_attachable(&snap->facts, &reason)) {
	case UNKNOWN:
		put_unknown(m, reason);
		break;
	case NO:
		seq_puts(m, "no");
		break;
	case YES:
		seq_puts(m, "yes");
		break;
	}
	seq_printf(m, "\nattachable_reason: %s\n", reason);
	seq_printf(m, "consistent: %s\nlock_holder: ",
		   yes_no(snap->facts.locked));
	put_task(m, &snap->lock_holder, LM_NBD_DEVICE_CONFIG_LOCK);
	seq_puts(m, "\ngeneration: ");
	if (snap->generation.why_unknown)
		put_unknown(m, snap->generation.why_unknown);
	else
		seq_printf(m, "%016llx", snap->generation.number);
	seq_putc(m, '\n');
}

static void put_netlink(struct seq_file *m, const struct nbd_config_snap *c)
{
	seq_puts(m, " netlink=");
	if (!c->have_runtime_flags)
		put_unknown(m, why_unknown(LM_NBD_CONFIG_RUNTIME_FLAGS));
	else
		seq_printf(m, "%d",
			   !!(c->runtime_flags & BIT(RT_HAS_CONFIG_REF)));
}

static void show_references(struct seq_file *m, const struct nbd_snap *snap)
{
	const struct nbd_device_snap *d = &snap->device;

	put_count(m, "openers: ", d->openers);
	put_member(m, "\nconfig_refs: ", d->config_refs,
		   LM_NBD_DEVICE_CONFIG_REFS);
	if (snap->facts.config) {
		put_count(m, "\nkept_by: openers=", d->openers);
		put_member(m, " receivers=", snap->config.recv_threads,
			   LM_NBD_CONFIG_RECV_THREADS);
		put_netlink(m, &snap->config);
	} else if (snap->facts.why_unknown) {
		seq_puts(m, "\nkept_by: ");
		put_unknown(m, snap->facts.why_unknown);
	} else {
		seq_puts(m, "\nkept_by: -");
	}
	put_member(m, "\nrefs: ", d->refs, LM_NBD_DEVICE_REFS);
	put_member(m, "\nindex: ", d->index, LM_NBD_DEVICE_INDEX);
	seq_putc(m, '\n');
}

/* Of two members of which a kernel has one, that one. */
static enum layout_member_id one_of(enum layout_member_id a,
				    enum layout_member_id b)
{
	return layout_may_exist(a) || !layout_may_exist(b) ? a : b;
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
	seq_puts(m, "device_flags: ");
	if (d->have_flags)
		put_flags(m, d->flags, device_flag_names,
			  ARRAY_SIZE(device_flag_names));
	else
		put_unknown_line(m, LM_NBD_DEVICE_FLAGS);
	seq_printf(m, "timeout_s: %llu\n", d->timeout_s);
	seq_puts(m, "setup_task: ");
	put_task(m, &d->setup_task, LM_NBD_DEVICE_TASK_SETUP);
	seq_puts(m, "\nattached_task: ");
	put_task(m, &d->attached_task,
		 one_of(LM_NBD_DEVICE_PID, LM_NBD_DEVICE_TASK_RECV));
	seq_puts(m, "\nbackend: ");
	if (!d->have_backend)
		put_unknown(m, why_unknown(LM_NBD_DEVICE_BACKEND));
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
	seq_puts(m, "flags: ");
	if (c->have_flags)
		put_flags(m, c->flags, config_flag_names,
			  ARRAY_SIZE(config_flag_names));
	else
		put_unknown_line(m, LM_NBD_CONFIG_FLAGS);
	seq_puts(m, "runtime_flags: ");
	if (c->have_runtime_flags)
		put_flags(m, c->runtime_flags, runtime_flag_names,
			  ARRAY_SIZE(runtime_flag_names));
	else
		put_unknown_line(m, LM_NBD_CONFIG_RUNTIME_FLAGS);
	put_member(m, "config_size_bytes: ", c->size, LM_NBD_CONFIG_BYTESIZE);
	put_member(m, "\nconfig_block_size_bytes: ", c->block_size,
		   one_of(LM_NBD_CONFIG_BLKSIZE_BITS, LM_NBD_CONFIG_BLKSIZE));
	put_member(m, "\ndead_conn_timeout_s: ", c->dead_conn_timeout_s,
		   LM_NBD_CONFIG_DEAD_CONN_TIMEOUT);
	put_member(m, "\nnum_connections: ", c->num_connections,
		   LM_NBD_CONFIG_NUM_CONNECTIONS);
	put_member(m, "\nlive_connections: ", c->live_connections,
		   LM_NBD_CONFIG_LIVE_CONNECTIONS);
	put_member(m, "\nrecv_threads: ", c->recv_threads,
		   LM_NBD_CONFIG_RECV_THREADS);
	seq_puts(m, "\npeers_agree: ");
	if (f->why_unknown)
		put_unknown(m, f->why_unknown);
	else if (!snap->peers_named)
		seq_putc(m, '-');
	else
		seq_puts(m, yes_no(!snap->peers_differing));
	put_if_known(m, "\npeers_differing: ", snap->peers_differing, f->why_unknown);
	put_member(m, "\nsockets: total=", c->num_connections,
		   LM_NBD_CONFIG_NUM_CONNECTIONS);
	put_if_known(m, " counted=", f->sockets, f->why_unknown);
	put_if_known(m, " dead=", f->dead, f->why_unknown);
	put_if_known(m, " live=", f->sockets - f->dead, f->why_unknown);
	put_if_known(m, " held=", f->held, f->why_unknown);
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
	int err = text_get(m);

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
