// SPDX-License-Identifier: GPL-2.0
/* Prints the file uring. */
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "snapshot/uring.h"
#include "text/chain_fields.h"
#include "text/files.h"
#include "text/text_file.h"
#include "text/values.h"

static void show_head(struct seq_file *m, const struct uring_snap *snap)
{
	const char *why = snap->why_not ? snap->why_not : snap->incomplete;
	u32 unowned = 0, i;

	for (i = 0; i < snap->nr; i++)
		unowned += uring_owner_of(&snap->of[i]) == URING_NONE;
	seq_puts(m, FORMAT);
	seq_printf(m, "complete: %s\ncomplete_reason: %s\n", yes_no(!why),
		   why ? why : "ok");
	seq_printf(m, "took_ns: %llu\n", snap->took_ns);
	seq_printf(m, "rings: shown=%u without_owner=%u owed=%u\n", snap->nr,
		   unowned, snap->nr_owed);
}

/* ---- a ring ---- */

static const char * const owner_names[] = {
	[URING_LIVE] = "live",
	[URING_SEVERAL] = "several",
	[URING_NONE] = "none",
};

static void put_state(struct seq_file *m, const struct uring_ring *ring)
{
	const struct known exiting = ring->figures.exiting;

	seq_puts(m, " state=");
	if (ring->worker)
		seq_puts(m, "exiting");
	else if (exiting.why_not)
		put_unknown(m, exiting.why_not);
	else
		seq_puts(m, exiting.value ? "exiting" : "live");
}

static void put_process(struct seq_file *m, const struct uring_ring *ring)
{
	seq_printf(m, " owner=%s processes=%u", owner_names[uring_owner_of(ring)],
		   ring->processes);
	if (ring->pid) {
		seq_printf(m, " pid=%d comm=", ring->pid);
		put_string(m, ring->comm,
			   strnlen(ring->comm, sizeof(ring->comm)));
		seq_printf(m, " ended=%s", yes_no(ring->ended));
	} else {
		seq_puts(m, " pid=-(unknown) comm=-(unknown) ended=-(unknown)");
	}
	if (ring->fd >= 0)
		seq_printf(m, " fd=%d", ring->fd);
	else
		seq_puts(m, " fd=-");
	if (ring->worker)
		seq_printf(m, " worker=%d", ring->worker);
	else
		seq_puts(m, " worker=-");
}

static void show_ring(struct seq_file *m, const struct uring_snap *snap,
		      const struct uring_ring *ring)
{
	const struct uring_figures *figures = &ring->figures;

	seq_printf(m, "ring: ring=%u", (u32)(ring - snap->of) + 1);
	put_state(m, ring);
	put_process(m, ring);
	put_hex(m, " flags=", figures->flags);
	put_number(m, " sq_entries=", figures->sq_entries);
	put_number(m, " cq_entries=", figures->cq_entries);
	put_number(m, " inflight=", figures->inflight);
	put_number(m, " polls=", figures->polls);
	put_number(m, " timeouts=", figures->timeouts);
	put_number(m, " unreaped=", figures->unreaped);
	put_number(m, " overflown=", figures->overflow);
	seq_printf(m, " owed=%u", ring->nr_owed);
	if (ring->nr_owed)
		put_age(m, " oldest_age_ns=", snap->now_ns, ring->oldest_ns);
	else
		seq_puts(m, " oldest_age_ns=-");
	seq_putc(m, '\n');
}

/* ---- a request ---- */

static void show_owed(struct seq_file *m, const struct uring_snap *snap,
		      const struct uring_owed *owed)
{
	const struct disk_name *name = disk_names_find(snap->names, owed->disk);
	const struct uring_ring *ring = uring_find(snap, owed->ring);

	/* If there were too many rings, that one is missing. */
	seq_puts(m, "owed: ring=");
	if (ring)
		seq_printf(m, "%u", (u32)(ring - snap->of) + 1);
	else
		put_unknown(m, "too-many");
	if (name)
		seq_printf(m, " device=%s dev=%u:%u", name->name,
			   MAJOR(name->devt), MINOR(name->devt));
	else
		seq_puts(m, " device=-(removing) dev=-(removing)");
	put_asked(m, snap->names, &owed->origin, owed->disk,
		  owed->rest.state, NULL);
	seq_puts(m, " op=");
	put_op(m, owed->rest.op);
	seq_printf(m, " sector=%llu bytes=%u", owed->rest.sector,
		   owed->rest.bytes);
	put_age(m, " age_ns=", snap->now_ns, owed->rest.start_ns);
	seq_printf(m, " state=%s\n", rest_state_name(owed->rest.state));
}

/* ---- the file ---- */

/* Each open file has a snapshot of its own, taken when reading begins. */
struct uring_view {
	struct uring_snap *snap;
};

static int take_snap(struct uring_view *view)
{
	struct uring_snap *snap = uring_snap_take();

	if (IS_ERR(snap))
		return PTR_ERR(snap);
	uring_snap_free(view->snap);
	view->snap = snap;
	return 0;
}

/* The head, the rings, the requests. */
static void *record_at(const struct uring_view *view, const loff_t *pos)
{
	const struct uring_snap *snap = view->snap;

	return *pos < 1 + (loff_t)snap->nr + snap->nr_owed ? (void *)pos : NULL;
}

static void *uring_start(struct seq_file *m, loff_t *pos)
{
	struct uring_view *view = m->private;
	unsigned int noio;
	int err = 0;

	if (!*pos || !view->snap) {
		noio = memalloc_noio_save();
		err = take_snap(view);
		memalloc_noio_restore(noio);
	}
	return err ? ERR_PTR(err) : record_at(view, pos);
}

static void *uring_next(struct seq_file *m, void *record, loff_t *pos)
{
	++*pos;
	return record_at(m->private, pos);
}

static void uring_stop(struct seq_file *m, void *record)
{
}

static int uring_show(struct seq_file *m, void *record)
{
	const struct uring_view *view = m->private;
	const struct uring_snap *snap = view->snap;
	loff_t at = *(loff_t *)record;

	if (!at)
		show_head(m, snap);
	else if (--at < snap->nr)
		show_ring(m, snap, &snap->of[at]);
	else
		show_owed(m, snap, &snap->owed[at - snap->nr]);
	return 0;
}

static const struct seq_operations uring_ops = {
	.start = uring_start,
	.next = uring_next,
	.stop = uring_stop,
	.show = uring_show,
};

static int uring_open(struct inode *inode, struct file *file)
{
	return text_open(file, &uring_ops, sizeof(struct uring_view)) ? 0 :
		-ENOMEM;
}

static int uring_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct uring_view *view = m->private;

	uring_snap_free(view->snap);
	return seq_release_private(inode, file);
}

const struct file_operations text_uring_fops = {
	.owner = THIS_MODULE,
	.open = uring_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = uring_release,
};
