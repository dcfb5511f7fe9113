// SPDX-License-Identifier: GPL-2.0
/* Prints the file tasks. */
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "snapshot/tasks.h"
#include "text/chain_fields.h"
#include "text/files.h"
#include "text/text_file.h"
#include "text/values.h"

static void show_head(struct seq_file *m, const struct tasks_snap *snap)
{
	seq_puts(m, FORMAT);
	seq_printf(m, "complete: %s\ncomplete_reason: %s\n",
		   yes_no(!snap->incomplete),
		   snap->incomplete ? snap->incomplete : "ok");
	seq_printf(m, "took_ns: %llu\n", snap->took_ns);
	seq_printf(m, "tasks: seen=%u cannot_go_on=%u known=%u went_on=%u\n",
		   snap->seen, snap->nr, snap->known, snap->went_on);
}

/* ---- the task ---- */

/* A function of the kernel, without its module. */
static void put_function(struct seq_file *m, const char *key, const void *fn)
{
	char name[64];

	seq_puts(m, key);
	if (!fn) {
		seq_putc(m, '-');
		return;
	}
	snprintf(name, sizeof(name), "%ps", fn);
	name[strcspn(name, " ")] = '\0';
	if (strstarts(name, "0x"))
		put_unknown(m, "no-symbol");
	else
		seq_puts(m, name);
}

static void put_who(struct seq_file *m, const struct task_wait *wait)
{
	seq_printf(m, "task: tid=%d tgid=%d comm=", wait->tid, wait->tgid);
	put_string(m, wait->comm, strnlen(wait->comm, sizeof(wait->comm)));
	seq_printf(m, " state=%c exiting=%s waiting_ns=", wait->state,
		   yes_no(wait->exiting));
	if (wait->waiting_ns)
		seq_printf(m, "%llu", wait->waiting_ns);
	else
		put_unknown(m, "not-recorded");
	seq_puts(m, " sleeps_in=");
	if (*wait->record.sleeps_in)
		seq_puts(m, wait->record.sleeps_in);
	else
		put_unknown(m, "no-record");
	put_function(m, " work=", wait->work_fn);
}

/* ---- what it waits for ---- */

static const char * const awaits_names[TASK_AWAITS_NR] = {
	[TASK_AWAITS_BIO] = "bio",
	[TASK_AWAITS_PAGE] = "page",
	[TASK_AWAITS_WRITEBACK] = "writeback",
	[TASK_AWAITS_BUFFER] = "buffer",
	[TASK_AWAITS_INODE] = "inode",
	[TASK_AWAITS_SUPERBLOCK] = "superblock",
	[TASK_AWAITS_LOOKUP] = "lookup",
	[TASK_AWAITS_TAG] = "tag",
	[TASK_AWAITS_THROTTLE] = "throttle",
	[TASK_AWAITS_FREEZE] = "queue-freeze",
	[TASK_AWAITS_MAPPED] = "mapped-device",
	[TASK_AWAITS_JOURNAL] = "journal",
	[TASK_AWAITS_LOG] = "log",
	[TASK_AWAITS_THAW] = "thaw",
	[TASK_AWAITS_LOCK] = "lock",
	[TASK_AWAITS_WORK] = "work",
	[TASK_AWAITS_TASK] = "task",
	[TASK_AWAITS_AIO] = "aio-context",
	[TASK_AWAITS_RING] = "ring",
	[TASK_AWAITS_FREEZER] = "freezer",
};

/* What a lock is, and for what it is wanted. */
static const char *lock_kind(const struct task_wait *wait)
{
	if (wait->awaits != TASK_AWAITS_LOCK)
		return "-";
	switch (wait->record.kind) {
	case WAIT_MUTEX:
		return "mutex";
	case WAIT_RWSEM_READ:
		return "rwsem-read";
	case WAIT_RWSEM_WRITE:
		return "rwsem-write";
	default:
		return "semaphore";
	}
}

static void put_awaits(struct seq_file *m, const struct task_wait *wait)
{
	seq_puts(m, " waits_for=");
	if (wait->awaits == TASK_AWAITS_UNKNOWN)
		put_unknown(m, wait->why_not);
	else
		seq_puts(m, awaits_names[wait->awaits]);
	seq_printf(m, " lock=%s object=", lock_kind(wait));
	if (*wait->lock)
		seq_puts(m, wait->lock);
	else if (wait->awaits == TASK_AWAITS_LOCK)
		put_unknown(m, "unknown-object");
	else
		seq_putc(m, '-');
}

/* ---- who owes it ---- */

static const char *why_no_disk(const struct task_wait *wait)
{
	if (wait->cycle)
		return "cycle";
	if (wait->far)
		return "too-many";
	switch (wait->awaits) {
	case TASK_AWAITS_UNKNOWN:
		return "unknown";
	case TASK_AWAITS_LOCK:
	case TASK_AWAITS_WORK:
	case TASK_AWAITS_TASK:
	case TASK_AWAITS_JOURNAL:
		if (wait->next != TASKS_NONE)
			return "holder-unknown";
		return wait->holder == WAIT_HELD_BY_TASK ? "holder-goes-on" :
							   "no-holder";
	case TASK_AWAITS_LOOKUP:
		return "no-holder";
	case TASK_AWAITS_TAG:
		return "shared";
	case TASK_AWAITS_THAW:
		return "frozen";
	case TASK_AWAITS_AIO:
		return "see-aio";
	case TASK_AWAITS_RING:
		return "see-uring";
	default:
		return wait->has_origin ? "no-request" : NULL;
	}
}

static void put_owing_disk(struct seq_file *m,
			   const struct tasks_snap *snap,
			   const struct task_wait *wait)
{
	const struct disk_name *name = disk_names_find(snap->names, wait->disk);
	const char *why_not = wait->disk ? "removing" : why_no_disk(wait);

	if (name) {
		seq_printf(m, " device=%s dev=%u:%u", name->name,
			   MAJOR(name->devt), MINOR(name->devt));
	} else if (why_not) {
		seq_puts(m, " device=");
		put_unknown(m, why_not);
		seq_puts(m, " dev=");
		put_unknown(m, why_not);
	} else {
		seq_puts(m, " device=- dev=-");
	}
}

static void put_origin(struct seq_file *m, const struct tasks_snap *snap,
		       const struct task_wait *wait)
{
	const struct chain_origin *origin = &wait->origin;

	if (origin->opened.disk || origin->nr_disks) {
		put_asked(m, snap->names, origin, wait->disk,
			  wait->has_rest ? wait->rest.state : REST_STARTED,
			  NULL);
		return;
	}
	seq_puts(m, " asked=- fs=");
	if (*origin->opened.fs)
		put_string(m, origin->opened.fs, strlen(origin->opened.fs));
	else
		seq_putc(m, '-');
	seq_puts(m, " via=-");
}

static void put_rest(struct seq_file *m, const struct tasks_snap *snap,
		     const struct task_wait *wait)
{
	const struct rest *rest = &wait->rest;

	if (!wait->has_rest) {
		seq_puts(m, " op=- sector=- bytes=- age_ns=- request=-");
		return;
	}
	seq_puts(m, " op=");
	put_op(m, rest->op);
	seq_printf(m, " sector=%llu bytes=%u", rest->sector, rest->bytes);
	put_age(m, " age_ns=", snap->now_ns, rest->start_ns);
	seq_printf(m, " request=%s", rest_state_name(rest->state));
}

static const char *why_no_holder(const struct task_wait *wait)
{
	if (wait->awaits != TASK_AWAITS_LOCK &&
	    wait->awaits != TASK_AWAITS_WORK &&
	    wait->awaits != TASK_AWAITS_TASK &&
	    wait->awaits != TASK_AWAITS_JOURNAL)
		return NULL;
	switch (wait->holder) {
	case WAIT_HELD_BY_READERS:
		return "readers";
	case WAIT_HELD_BY_NOBODY:
		return "passed-on";
	case WAIT_HOLDER_NOT_KEPT:
		return "not-kept";
	case WAIT_HOLDER_NOT_FOUND:
		return "not-found";
	default:
		return "unreadable";
	}
}

static void put_holder(struct seq_file *m, const struct task_wait *wait)
{
	const struct task_snap *holder = &wait->held_by;
	const char *why_not = why_no_holder(wait);

	if (wait->holder == WAIT_HELD_BY_TASK && holder->found == TASK_ALIVE) {
		seq_printf(m, " held_by=%d held_by_tgid=%d held_by_comm=",
			   holder->pid, holder->tgid);
		put_string(m, holder->comm,
			   strnlen(holder->comm, sizeof(holder->comm)));
	} else if (wait->holder == WAIT_HELD_BY_TASK) {
		seq_puts(m, " held_by=-(gone) held_by_tgid=-(gone) held_by_comm=-(gone)");
	} else if (why_not) {
		seq_printf(m, " held_by=-(%s) held_by_tgid=-(%s) held_by_comm=-(%s)",
			   why_not, why_not, why_not);
	} else {
		seq_puts(m, " held_by=- held_by_tgid=- held_by_comm=-");
	}
	if (wait->cycle)
		seq_puts(m, " hops=-(cycle)");
	else if (wait->far)
		seq_puts(m, " hops=-(too-many)");
	else
		seq_printf(m, " hops=%u", wait->hops);
}

/* It may have given the lock back, and others may have it too. */
static void put_last_reader(struct seq_file *m, const struct task_wait *wait)
{
	const struct task_snap *reader = &wait->held_by;

	if (wait->holder != WAIT_HELD_BY_READERS) {
		seq_puts(m, " last_reader=- last_reader_tgid=- last_reader_comm=-");
	} else if (reader->found == TASK_NONE) {
		seq_puts(m, " last_reader=-(not-noted) last_reader_tgid=-(not-noted) last_reader_comm=-(not-noted)");
	} else if (reader->found != TASK_ALIVE) {
		seq_puts(m, " last_reader=-(gone) last_reader_tgid=-(gone) last_reader_comm=-(gone)");
	} else {
		seq_printf(m, " last_reader=%d last_reader_tgid=%d last_reader_comm=",
			   reader->pid, reader->tgid);
		put_string(m, reader->comm,
			   strnlen(reader->comm, sizeof(reader->comm)));
	}
}

static const char * const proof_names[] = {
	[TASK_PROOF_NONE] = "-",
	[TASK_PROOF_RECORD] = "record",
	[TASK_PROOF_NOTED] = "noted",
	[TASK_PROOF_BIO] = "bio",
	[TASK_PROOF_REQUEST] = "request",
	[TASK_PROOF_WORKER] = "worker",
	[TASK_PROOF_STATE] = "state",
};

static void show_task(struct seq_file *m, const struct tasks_snap *snap,
		      const struct task_wait *wait)
{
	put_who(m, wait);
	put_awaits(m, wait);
	put_owing_disk(m, snap, wait);
	put_origin(m, snap, wait);
	put_rest(m, snap, wait);
	put_holder(m, wait);
	seq_printf(m, " proof=%s", wait->awaits == TASK_AWAITS_UNKNOWN ? "-" :
		   proof_names[wait->proof]);
	put_last_reader(m, wait);
	seq_putc(m, '\n');
}

/* ---- the file ---- */

/* Each open file has a snapshot of its own, taken when reading begins. */
struct tasks_view {
	struct tasks_snap *snap;
};

static int take_snap(struct tasks_view *view)
{
	struct tasks_snap *snap = tasks_snap_take();

	if (IS_ERR(snap))
		return PTR_ERR(snap);
	tasks_snap_free(view->snap);
	view->snap = snap;
	return 0;
}

/* The head, then the tasks. */
static void *record_at(const struct tasks_view *view, const loff_t *pos)
{
	return *pos <= view->snap->nr ? (void *)pos : NULL;
}

static void *tasks_start(struct seq_file *m, loff_t *pos)
{
	struct tasks_view *view = m->private;
	unsigned int noio;
	int err = 0;

	if (!*pos || !view->snap) {
		noio = memalloc_noio_save();
		err = take_snap(view);
		memalloc_noio_restore(noio);
	}
	return err ? ERR_PTR(err) : record_at(view, pos);
}

static void *tasks_next(struct seq_file *m, void *record, loff_t *pos)
{
	++*pos;
	return record_at(m->private, pos);
}

static void tasks_stop(struct seq_file *m, void *record)
{
}

static int tasks_show(struct seq_file *m, void *record)
{
	const struct tasks_view *view = m->private;
	loff_t at = *(loff_t *)record;

	if (at)
		show_task(m, view->snap, &view->snap->of[at - 1]);
	else
		show_head(m, view->snap);
	return 0;
}

static const struct seq_operations tasks_ops = {
	.start = tasks_start,
	.next = tasks_next,
	.stop = tasks_stop,
	.show = tasks_show,
};

static int tasks_open(struct inode *inode, struct file *file)
{
	return text_open(file, &tasks_ops, sizeof(struct tasks_view)) ? 0 :
		-ENOMEM;
}

static int tasks_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct tasks_view *view = m->private;

	tasks_snap_free(view->snap);
	return seq_release_private(inode, file);
}

const struct file_operations text_tasks_fops = {
	.owner = THIS_MODULE,
	.open = tasks_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = tasks_release,
};
