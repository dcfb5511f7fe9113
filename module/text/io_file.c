// SPDX-License-Identifier: GPL-2.0
/* Prints the file io. */
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "snapshot/io.h"
#include "text/chain_fields.h"
#include "text/files.h"
#include "text/text_file.h"
#include "text/values.h"

/* ---- disks ---- */

static void show_head(struct seq_file *m, const struct io_snap *snap)
{
	seq_puts(m, FORMAT);
	seq_printf(m, "complete: %s\ncomplete_reason: %s\n",
		   yes_no(!snap->incomplete),
		   snap->incomplete ? snap->incomplete : "ok");
	seq_printf(m, "took_ns: %llu\n", snap->took_ns);
	seq_printf(m, "disks: known=%u outstanding=%u\n", snap->names->nr,
		   snap->nr);
	seq_printf(m, "requests: shown=%u\n", snap->shown);
}

static void put_disk_id(struct seq_file *m, const char *key,
			const struct disk_name *name)
{
	seq_printf(m, "%s%s dev=%u:%u", key, name->name, MAJOR(name->devt),
		   MINOR(name->devt));
}

static const char * const kind_names[] = {
	[DISK_BLK_MQ] = "blk-mq",
	[DISK_MAPPED] = "dm",
	[DISK_BIO] = "bio",
};

/* What is the matter with the disk as a whole, or - for nothing. */
static const char *state_of(const struct io_disk *disk)
{
	const struct disk_load *load = &disk->load;

	if (disk->name.removed)
		return "removing";
	if (load->mapped.suspended)
		return "suspended";
	if (load->mapped.multipath && !load->mapped.valid_paths)
		return "no-path";
	if (!load->has_queue && load->accounted.value > disk->found)
		return disk->is_busy ? "busy" : "held-by-driver";
	if (load->throttled.value > 0)
		return "throttled";
	return "-";
}

static void show_disk(struct seq_file *m, const struct io_snap *snap,
		      const struct io_disk *disk)
{
	put_disk_id(m, "disk: device=", &disk->name);
	seq_puts(m, " driver=");
	if (*disk->name.driver)
		seq_puts(m, disk->name.driver);
	else
		put_unknown(m, "builtin");
	seq_printf(m, " kind=%s found=%u", kind_names[disk->load.kind],
		   disk->found);
	put_number(m, " accounted=", disk->load.accounted);
	put_number(m, " throttled=", disk->load.throttled);
	if (disk->found)
		put_age(m, " oldest_age_ns=", snap->now_ns, disk->oldest_ns);
	else
		seq_puts(m, " oldest_age_ns=-");
	seq_printf(m, " state=%s", state_of(disk));
	if (disk->load.mapped.multipath)
		seq_printf(m, " valid_paths=%d",
			   disk->load.mapped.valid_paths);
	else
		seq_puts(m, " valid_paths=-");
	seq_printf(m, " throttled_found=%u submitting=%u\n",
		   disk->found_throttled, disk->submitting);
}

static void show_path(struct seq_file *m, const struct io_snap *snap,
		      const struct io_path *path)
{
	seq_printf(m, "path: map=%s group=%u device=",
		   snap->disks[path->map].name.name,
		   path->group);
	if (*path->disk)
		seq_printf(m, "%s dev=%u:%u", path->disk, MAJOR(path->devt),
			   MINOR(path->devt));
	else
		seq_puts(m, "-(removing) dev=-(removing)");
	seq_printf(m, " fail_count=%u state=", path->fail_count);
	if (path->active.why_not)
		put_unknown(m, path->active.why_not);
	else
		seq_puts(m, path->active.value ? "active" : "failed");
	seq_putc(m, '\n');
}

/* ---- requests ---- */

static void put_owner(struct seq_file *m, const struct io_request *r)
{
	seq_puts(m, " aio_pid=");
	if (r->aio_pid)
		seq_printf(m, "%d", r->aio_pid);
	else if (r->chain.waiter == CHAIN_AIO)
		put_unknown(m, "owner-not-found");
	else
		seq_putc(m, '-');
	seq_puts(m, " aio_context=");
	if (r->aio_user_id)
		seq_printf(m, "0x%lx", r->aio_user_id);
	else if (r->chain.waiter == CHAIN_AIO)
		put_unknown(m, "owner-not-found");
	else
		seq_putc(m, '-');
}

static void put_waiting_task(struct seq_file *m, const struct io_request *r)
{
	if (r->task.found == TASK_ALIVE) {
		seq_printf(m, " tid=%d tgid=%d comm=", r->task.pid,
			   r->task.tgid);
		put_string(m, r->task.comm,
			   strnlen(r->task.comm, sizeof(r->task.comm)));
	} else if (r->task.found == TASK_GONE) {
		seq_puts(m, " tid=-(gone) tgid=-(gone) comm=-(gone)");
	} else {
		seq_puts(m, " tid=- tgid=- comm=-");
	}
}

static void show_io_request(struct seq_file *m, const struct io_snap *snap,
			    const struct io_request *r)
{
	const struct io_disk *disk = &snap->disks[r->disk];

	put_disk_id(m, "request: device=", &disk->name);
	put_asked(m, snap->names, &r->chain.origin, disk->name.disk,
		  r->rest.state, why_lost(&r->chain, r->rest.bio));
	seq_puts(m, " op=");
	if (r->rest.state == REST_SUBMITTING && !r->rest.submitter.kiocb)
		put_unknown(m, "submitting");
	else
		put_op(m, r->rest.op);
	put_place(m, r->rest.state, r->rest.sector, r->rest.bytes);
	put_age(m, " age_ns=", snap->now_ns, r->rest.start_ns);
	seq_printf(m, " state=%s", rest_state_name(r->rest.state));
	put_waiter(m, &r->chain, r->rest.bio);
	put_owner(m, r);
	put_waiting_task(m, r);
	put_end_io(m, r->chain.end_io);
	put_waits_for(m, r->rest.submitter.waits_for);
	seq_putc(m, '\n');
}

/* ---- the file ---- */

/* Each open file has a snapshot of its own, taken when reading begins. */
struct io_view {
	struct io_snap *snap;
};

static int take_snap(struct io_view *view)
{
	struct io_snap *snap = io_snap_take();

	if (IS_ERR(snap))
		return PTR_ERR(snap);
	io_snap_free(view->snap);
	view->snap = snap;
	return 0;
}

/* The head, the disks, the paths, the requests. */
static void *record_at(const struct io_view *view, const loff_t *pos)
{
	const struct io_snap *snap = view->snap;

	return *pos < 1 + (loff_t)snap->nr + snap->nr_paths + snap->shown ?
		(void *)pos : NULL;
}

static void *io_start(struct seq_file *m, loff_t *pos)
{
	struct io_view *view = m->private;
	unsigned int noio;
	int err = 0;

	if (!*pos || !view->snap) {
		noio = memalloc_noio_save();
		err = take_snap(view);
		memalloc_noio_restore(noio);
	}
	return err ? ERR_PTR(err) : record_at(view, pos);
}

static void *io_next(struct seq_file *m, void *record, loff_t *pos)
{
	++*pos;
	return record_at(m->private, pos);
}

static void io_stop(struct seq_file *m, void *record)
{
}

static int io_show(struct seq_file *m, void *record)
{
	const struct io_view *view = m->private;
	const struct io_snap *snap = view->snap;
	loff_t at = *(loff_t *)record;

	if (!at) {
		show_head(m, snap);
		return 0;
	}
	if (--at < snap->nr) {
		show_disk(m, snap, &snap->disks[at]);
		return 0;
	}
	at -= snap->nr;
	if (at < snap->nr_paths) {
		show_path(m, snap, &snap->paths[at]);
		return 0;
	}
	show_io_request(m, snap, &snap->oldest[at - snap->nr_paths]);
	return 0;
}

static const struct seq_operations io_ops = {
	.start = io_start,
	.next = io_next,
	.stop = io_stop,
	.show = io_show,
};

static int io_open(struct inode *inode, struct file *file)
{
	return text_open(file, &io_ops, sizeof(struct io_view)) ? 0 : -ENOMEM;
}

static int io_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct io_view *view = m->private;

	io_snap_free(view->snap);
	return seq_release_private(inode, file);
}

const struct file_operations text_io_fops = {
	.owner = THIS_MODULE,
	.open = io_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = io_release,
};
