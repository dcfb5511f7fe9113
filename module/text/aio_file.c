// SPDX-License-Identifier: GPL-2.0
/* Prints the files aio and aio_scan. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "snapshot/aio_take.h"
#include "text/chain_fields.h"
#include "text/files.h"
#include "text/text_file.h"
#include "text/unfound_line.h"
#include "text/values.h"

/* How many of those who hold most are named at the top. */
#define LARGEST_SHOWN 5

/* ---- the head ---- */

static const char * const scan_names[] = {
	[AIO_SCAN_QUICK] = "quick",
	[AIO_SCAN_DEEP] = "deep",
};

static void show_limits(struct seq_file *m, const struct aio_snap *snap)
{
	const char *no_difference = snap->aio_nr.why_not ?
		snap->aio_nr.why_not : snap->no_live;

	put_number(m, "aio_nr: ", snap->aio_nr);
	put_number(m, "\naio_max_nr: ", snap->aio_max_nr);
	put_number(m, "\nlive_max_reqs: ",
		   known_unless(snap->no_live, snap->max_reqs));
	put_number(m, "\naio_nr_difference: ",
		   known_unless(no_difference,
				snap->aio_nr.value - (s64)snap->max_reqs));
	seq_putc(m, '\n');
}

static void show_contexts(struct seq_file *m, const struct aio_snap *snap)
{
	put_number(m, "contexts: live=",
		   known_unless(snap->no_live, snap->nr[AIO_LIVE]));
	put_number(m, " dying=",
		   known_unless(snap->no_dying, snap->nr[AIO_DYING]));
	put_number(m, " ownerless=",
		   known_unless(snap->no_dying, snap->nr[AIO_OWNERLESS]));
}

static void show_head(struct seq_file *m, const struct aio_snap *snap)
{
	const char *no_sum = snap->no_live ? snap->no_live : snap->no_dying;

	if (!no_sum)
		no_sum = snap->no_inflight;
	seq_puts(m, FORMAT);
	seq_printf(m, "scan: %s\ncomplete: %s\ncomplete_reason: %s\n",
		   scan_names[snap->scan], yes_no(!snap->incomplete),
		   snap->incomplete ? snap->incomplete : "ok");
	seq_printf(m, "took_ns: %llu\n", snap->took_ns);
	show_limits(m, snap);
	show_contexts(m, snap);
	put_number(m, "\ninflight: ", known_unless(no_sum, snap->inflight));
	put_number(m, "\nunreaped: ", known_unless(no_sum, snap->unreaped));
	put_number(m, "\nwaiters: ",
		   known_unless(snap->no_dying, snap->nr_waits));
	seq_putc(m, '\n');
}

static void put_comm(struct seq_file *m, const char *comm)
{
	seq_puts(m, " comm=");
	put_string(m, comm, strnlen(comm, TASK_COMM_LEN));
}

static void show_largest(struct seq_file *m, const struct aio_space *space)
{
	const struct aio_group *group = aio_first_group(space);

	seq_printf(m, "largest: pid=%d", group->pid);
	put_comm(m, group->comm);
	seq_printf(m, " contexts=%u max_reqs=%llu\n", space->nr,
		   space->max_reqs);
}

/* ---- owners ---- */

static void show_wait(struct seq_file *m, const struct aio_wait_for *wait)
{
	const struct aio_waiter *w = &wait->waiter;

	seq_printf(m, "waiter: tid=%d tgid=%d", w->tid, w->tgid);
	put_comm(m, w->comm);
	seq_printf(m, " state=%c waiting_ns=", w->state);
	if (w->waiting_ns)
		seq_printf(m, "%llu", w->waiting_ns);
	else
		put_unknown(m, "not-recorded");
	seq_puts(m, " sleeps_in=");
	if (*w->sleeps_in)
		seq_puts(m, w->sleeps_in);
	else
		put_unknown(m, "not-found");
	seq_printf(m, " not_drained=%d contexts=%u exe=", w->not_drained,
		   wait->nr);
	if (*w->exe)
		put_string(m, w->exe, strnlen(w->exe, sizeof(w->exe)));
	else
		seq_putc(m, '-');
	seq_putc(m, '\n');
}

static void show_space(struct seq_file *m, const struct aio_space *space)
{
	const struct aio_group *group = aio_first_group(space);

	seq_printf(m, "space: pid=%d", group->pid);
	put_comm(m, group->comm);
	seq_printf(m, " threads=%d groups=%u contexts=%u max_reqs=%llu",
		   group->threads, space->nr_groups, space->nr,
		   space->max_reqs);
	seq_printf(m, " inflight=%llu unreaped=%llu\n", space->inflight,
		   space->unreaped);
}

static void show_group(struct seq_file *m, const struct aio_group *group)
{
	seq_printf(m, "group: pid=%d", group->pid);
	put_comm(m, group->comm);
	seq_printf(m, " threads=%d\n", group->threads);
}

/* ---- contexts ---- */

static const char * const state_names[] = {
	[AIO_LIVE] = "live",
	[AIO_DYING] = "dying",
	[AIO_OWNERLESS] = "ownerless",
};

static void put_id(struct seq_file *m, const char *key,
		   const struct aio_context *c)
{
	pid_t pid = aio_context_pid(c);

	seq_printf(m, "%s: pid=", key);
	if (pid)
		seq_printf(m, "%d", pid);
	else
		seq_putc(m, '-');
	seq_puts(m, " user_id=");
	if (c->figures.user_id.why_not)
		put_unknown(m, c->figures.user_id.why_not);
	else
		seq_printf(m, "0x%llx", c->figures.user_id.value);
}

static void put_owed(struct seq_file *m, const struct aio_snap *snap,
		     const struct aio_context *c)
{
	const struct aio_owed *oldest;

	seq_puts(m, " owed=");
	if (snap->why_no_owed && !c->nr_owed)
		put_unknown(m, snap->why_no_owed);
	else
		seq_printf(m, "%u", c->nr_owed);
	if (list_empty(&c->owed)) {
		seq_puts(m, " oldest_age_ns=-");
		return;
	}
	oldest = list_first_entry(&c->owed, struct aio_owed, in_context);
	put_age(m, " oldest_age_ns=", snap->now_ns, oldest->start_ns);
}

/* What the owner has open tells where the rest can be. */
static const char *why_not_found(const struct block_files *open)
{
	u32 i, dm = 0, nbd = 0;

	for (i = 0; i < open->nr; i++) {
		if (strstarts(open->file[i].name, "dm-"))
			dm++;
		else if (strstarts(open->file[i].name, "nbd"))
			nbd++;
	}
	if (!open->nr)
		return "no-block-device";
	if (dm == open->nr)
		return "device-mapper";
	if (nbd == open->nr)
		return "not-started-or-buffered";
	return dm || nbd ? "several-kinds" : "other-block-device";
}

static void show_candidates(struct seq_file *m, const struct aio_context *c,
			    const struct block_files *open)
{
	u32 i;

	for (i = 0; i < open->nr; i++) {
		put_id(m, "candidate", c);
		seq_printf(m, " device=%s dev=%u:%u\n", open->file[i].name,
			   MAJOR(open->file[i].devt),
			   MINOR(open->file[i].devt));
	}
	if (open->more) {
		put_id(m, "candidate", c);
		seq_puts(m, " device=-(more) dev=-(more)\n");
	}
}

/* Then these say more than what the owner has open. */
static bool each_has_line(const struct aio_context *c)
{
	return c->nr_unfound && !aio_context_missing(c).value;
}

static void show_not_owed(struct seq_file *m, const struct aio_snap *snap,
			  const struct aio_context *c)
{
	const struct block_files *open = aio_candidates(c);
	const char *why = snap->why_no_owed;

	put_id(m, "owed_by", c);
	seq_printf(m, " requests=%lld ", c->figures.inflight.value - c->nr_owed);
	if (!why)
		why = open ? why_not_found(open) : "owner-not-found";
	put_unknown(m, why);
	seq_putc(m, '\n');
	if (open && !each_has_line(c))
		show_candidates(m, c, open);
}

static void show_context(struct seq_file *m, const struct aio_snap *snap,
			 const struct aio_context *c)
{
	const struct kioctx_snap *figures = &c->figures;

	put_id(m, "context", c);
	seq_printf(m, " state=%s", state_names[c->state]);
	put_number(m, " max_reqs=", figures->max_reqs);
	put_number(m, " nr_events=", figures->nr_events);
	put_number(m, " inflight=", figures->inflight);
	put_number(m, " unreaped=", figures->unreaped);
	put_number(m, " free=", figures->free);
	put_owed(m, snap, c);
	seq_printf(m, " consistent=%s", yes_no(figures->consistent));
	if (snap->scan == AIO_SCAN_DEEP)
		put_unfound(m, snap, c);
	seq_putc(m, '\n');
}

static void show_owed(struct seq_file *m, const struct aio_snap *snap,
		      const struct aio_context *c, const struct aio_owed *owed)
{
	put_id(m, "owed", c);
	seq_printf(m, " device=%s op=", owed->device);
	put_op(m, owed->op);
	put_place(m, owed->state, owed->sector, owed->bytes);
	put_age(m, " age_ns=", snap->now_ns, owed->start_ns);
	put_asked(m, snap->names, &owed->origin, owed->disk, owed->state,
		  NULL);
	seq_printf(m, " state=%s", rest_state_name(owed->state));
	put_waits_for(m, owed->waits_for);
	seq_putc(m, '\n');
}

/* ---- records ---- */

enum record_kind {
	RECORD_HEAD,
	RECORD_LARGEST,
	RECORD_WAIT,
	RECORD_SPACE,
	RECORD_GROUP,
	RECORD_CONTEXT,
	RECORD_OWED,
	RECORD_NOT_OWED,
	RECORD_UNFOUND,
};

/* @of is what the kind says; @context is whose a request is. */
struct record {
	enum record_kind kind;
	const void *of;
	const struct aio_context *context;
};

/*
 * Each open file has a snapshot of its own, taken when reading begins at the
 * start, and a list of the records it is printed in.
 */
struct aio_view {
	enum aio_scan scan;
	struct aio_snap *snap;
	struct record *records;
	size_t nr;
};

/* Without an array of records they are only counted. */
static void add_record(struct aio_view *view, enum record_kind kind,
		       const void *of, const struct aio_context *context)
{
	if (view->records)
		view->records[view->nr] = (struct record){
			.kind = kind, .of = of, .context = context,
		};
	view->nr++;
}

static void add_largest(struct aio_view *view)
{
	const struct aio_space *top[LARGEST_SHOWN] = {}, *space;
	unsigned int i;

	list_for_each_entry(space, &view->snap->spaces, in_snap) {
		const struct aio_space *new = space;

		for (i = 0; i < LARGEST_SHOWN && new; i++)
			if (!top[i] || new->max_reqs > top[i]->max_reqs)
				swap(new, top[i]);
	}
	for (i = 0; i < LARGEST_SHOWN && top[i]; i++)
		if (top[i]->nr)
			add_record(view, RECORD_LARGEST, top[i], NULL);
}

static void add_contexts(struct aio_view *view, const struct list_head *list)
{
	const struct aio_context *context;
	const struct aio_request *request;
	const struct aio_owed *owed;

	list_for_each_entry(context, list, in_owner) {
		add_record(view, RECORD_CONTEXT, context, NULL);
		list_for_each_entry(owed, &context->owed, in_context)
			add_record(view, RECORD_OWED, owed, context);
		if (context->figures.inflight.value > context->nr_owed)
			add_record(view, RECORD_NOT_OWED, context, NULL);
		list_for_each_entry(request, &context->unfound, in_context)
			add_record(view, RECORD_UNFOUND, request, context);
	}
}

static void add_space(struct aio_view *view, const struct aio_space *space)
{
	const struct aio_group *group = aio_first_group(space);

	add_record(view, RECORD_SPACE, space, NULL);
	list_for_each_entry_continue(group, &space->groups, in_space)
		add_record(view, RECORD_GROUP, group, NULL);
	add_contexts(view, &space->contexts);
}

static void add_records(struct aio_view *view)
{
	const struct aio_snap *snap = view->snap;
	const struct aio_wait_for *wait;
	const struct aio_space *space;

	view->nr = 0;
	add_record(view, RECORD_HEAD, snap, NULL);
	add_largest(view);
	list_for_each_entry(wait, &snap->waits, in_snap) {
		add_record(view, RECORD_WAIT, wait, NULL);
		add_contexts(view, &wait->contexts);
	}
	add_contexts(view, &snap->unowned);
	list_for_each_entry(space, &snap->spaces, in_snap)
		if (space->nr)
			add_space(view, space);
}

static void drop_snap(struct aio_view *view)
{
	kvfree(view->records);
	aio_snap_free(view->snap);
	view->records = NULL;
	view->snap = NULL;
	view->nr = 0;
}

static int take_snap(struct aio_view *view)
{
	struct aio_snap *snap = aio_snap_take(view->scan);

	if (IS_ERR(snap))
		return PTR_ERR(snap);
	drop_snap(view);
	view->snap = snap;
	add_records(view);
	view->records = kvmalloc_array(view->nr, sizeof(*view->records),
				       GFP_READ);
	if (!view->records) {
		drop_snap(view);
		return -ENOMEM;
	}
	add_records(view);
	return 0;
}

/* ---- the files ---- */

static void *aio_record(struct aio_view *view, loff_t *pos)
{
	return *pos < view->nr ? &view->records[*pos] : NULL;
}

static void *aio_start(struct seq_file *m, loff_t *pos)
{
	struct aio_view *view = m->private;
	unsigned int noio;
	int err = 0;

	if (!*pos || !view->snap) {
		noio = memalloc_noio_save();
		err = take_snap(view);
		memalloc_noio_restore(noio);
	}
	return err ? ERR_PTR(err) : aio_record(view, pos);
}

static void *aio_next(struct seq_file *m, void *record, loff_t *pos)
{
	++*pos;
	return aio_record(m->private, pos);
}

static void aio_stop(struct seq_file *m, void *record)
{
}

static int aio_show(struct seq_file *m, void *v)
{
	const struct aio_view *view = m->private;
	const struct record *record = v;

	switch (record->kind) {
	case RECORD_HEAD:
		show_head(m, view->snap);
		break;
	case RECORD_LARGEST:
		show_largest(m, record->of);
		break;
	case RECORD_WAIT:
		show_wait(m, record->of);
		break;
	case RECORD_SPACE:
		show_space(m, record->of);
		break;
	case RECORD_GROUP:
		show_group(m, record->of);
		break;
	case RECORD_CONTEXT:
		show_context(m, view->snap, record->of);
		break;
	case RECORD_OWED:
		show_owed(m, view->snap, record->context, record->of);
		break;
	case RECORD_NOT_OWED:
		show_not_owed(m, view->snap, record->of);
		break;
	case RECORD_UNFOUND:
		put_id(m, "unfound", record->context);
		show_unfound(m, view->snap, record->of);
		break;
	}
	return 0;
}

static const struct seq_operations aio_ops = {
	.start = aio_start,
	.next = aio_next,
	.stop = aio_stop,
	.show = aio_show,
};

static int open_scan(struct file *file, enum aio_scan scan)
{
	struct aio_view *view;

	view = text_open(file, &aio_ops, sizeof(*view));
	if (!view)
		return -ENOMEM;
	view->scan = scan;
	return 0;
}

static int quick_open(struct inode *inode, struct file *file)
{
	return open_scan(file, AIO_SCAN_QUICK);
}

static int deep_open(struct inode *inode, struct file *file)
{
	return open_scan(file, AIO_SCAN_DEEP);
}

static int aio_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	drop_snap(m->private);
	return seq_release_private(inode, file);
}

const struct file_operations text_aio_fops = {
	.owner = THIS_MODULE,
	.open = quick_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = aio_release,
};

const struct file_operations text_aio_scan_fops = {
	.owner = THIS_MODULE,
	.open = deep_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = aio_release,
};
