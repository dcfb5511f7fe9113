// SPDX-License-Identifier: GPL-2.0
/* Proves and copies one AIO context, all by fault-tolerant reads. */
#include <linux/mm.h>
#include <linux/percpu-refcount.h>

#include "access/sound.h"
#include "object/kioctx.h"

/* AIO_RING_MAGIC of fs/aio.c. */
#define RING_FS_MAGIC 0xa10a10a1

#define READINGS 4

/* ---- is it one? ---- */

/* From 7.2 the inode is part of a struct that names the context. */
static const void *context_in_inode(const struct inode *inode)
{
	const void *info = inode, *ctx = NULL;

	if (layout_status_of(LM_AIO_INODE_INFO_CTX) != LAYOUT_OK ||
	    layout_status_of(LM_AIO_INODE_INFO_VFS_INODE) != LAYOUT_OK)
		return compat_mapping_private(inode);
	info -= layout_offset(LM_AIO_INODE_INFO_VFS_INODE);
	return layout_get(&ctx, info, LM_AIO_INODE_INFO_CTX) ? ctx : NULL;
}

static const struct inode *inode_of_context(const void *ctx)
{
	struct file *file;
	struct inode *inode;

	if (!layout_get(&file, ctx, LM_KIOCTX_AIO_RING_FILE) ||
	    !is_sound(file) || !peek(&inode, &file->f_inode))
		return NULL;
	return inode;
}

static bool on_ring_fs(const struct inode *inode)
{
	struct super_block *sb;
	unsigned long magic;

	return is_sound(inode) && peek(&sb, &inode->i_sb) &&
	       is_sound(sb) && peek(&magic, &sb->s_magic) &&
	       magic == RING_FS_MAGIC;
}

bool kioctx_may_be_read(const void *ctx)
{
	enum layout_member_id last = LM_KIOCTX_AIO_RING_FILE;

	return layout_status_of(last) == LAYOUT_OK &&
	       sound_address(ctx, layout_offset(last) + sizeof(struct file *));
}

const void *kioctx_of_inode(const struct inode *inode)
{
	const void *ctx;

	if (!on_ring_fs(inode))
		return NULL;
	ctx = context_in_inode(inode);
	return ctx && kioctx_may_be_read(ctx) &&
	       inode_of_context(ctx) == inode ? ctx : NULL;
}

bool kioctx_is_real(const void *ctx)
{
	const struct inode *inode;

	if (!kioctx_may_be_read(ctx))
		return false;
	inode = inode_of_context(ctx);
	return inode && kioctx_of_inode(inode) == ctx;
}

/* The last request has gone, the wait is over, and RCU will free it. */
static bool is_drained(const void *ctx)
{
	const struct percpu_ref *ref = layout_at(ctx, LM_KIOCTX_REQS);
	struct percpu_ref_data *data;
	atomic_long_t count;

	return layout_status_of(LM_KIOCTX_REQS) == LAYOUT_OK &&
	       peek(&data, &ref->data) && peek(&count, &data->count) &&
	       !atomic_long_read(&count);
}

const void *kioctx_rq_wait(const void *ctx)
{
	const void *wait;

	if (!layout_get(&wait, ctx, LM_KIOCTX_RQ_WAIT) || !wait ||
	    is_drained(ctx))
		return NULL;
	return wait;
}

/* ---- its figures ---- */

struct figures {
	u32 nr_events;
	int available;
	s64 available_percpu;
	u32 completed;
	u32 tail;
	u32 head;
	bool have_head;
	bool have_refs;
	s64 refs;
};

/*
 * What each processor has, slots and references. A host may have room for far
 * more processors than run, so all are asked only once: what one has that does
 * not run cannot change.
 *
 * @slots: base of the slots
 * @refs: base of the references, or NULL if they are not counted so or cannot
 *	be read
 * @asked: of all processors once
 * @resting: those that do not run and have something
 * @nr_resting: how many; more than there is room for: ask all each time
 */
#define RESTING_MAX 16

struct percpu_parts {
	const void __percpu *slots;
	const unsigned long __percpu *refs;
	bool asked;
	int resting[RESTING_MAX];
	unsigned int nr_resting;
};

struct percpu_sums {
	s64 slots;
	unsigned long refs;
};

static bool add_cpu(struct percpu_sums *sums, struct percpu_parts *parts,
		    int cpu)
{
	unsigned long refs = 0;
	u32 slots;

	if (!layout_get(&slots, per_cpu_ptr(parts->slots, cpu),
			LM_KIOCTX_CPU_REQS_AVAILABLE))
		return false;
	if (parts->refs && !peek(&refs, per_cpu_ptr(parts->refs, cpu)))
		parts->refs = NULL;
	sums->slots += slots;
	sums->refs += refs;
	if (parts->asked || cpu_online(cpu) || (!slots && !refs))
		return true;
	if (parts->nr_resting < RESTING_MAX)
		parts->resting[parts->nr_resting] = cpu;
	parts->nr_resting++;
	return true;
}

static bool add_possible(struct percpu_sums *sums, struct percpu_parts *parts)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (!add_cpu(sums, parts, cpu))
			return false;
	parts->asked = true;
	return true;
}

static bool add_running(struct percpu_sums *sums, struct percpu_parts *parts)
{
	unsigned int i;
	int cpu;

	for_each_online_cpu(cpu)
		if (!add_cpu(sums, parts, cpu))
			return false;
	for (i = 0; i < parts->nr_resting; i++)
		if (!cpu_online(parts->resting[i]) &&
		    !add_cpu(sums, parts, parts->resting[i]))
			return false;
	return true;
}

static bool sum_percpu(struct percpu_sums *sums, struct percpu_parts *parts)
{
	memset(sums, 0, sizeof(*sums));
	if (!parts->asked || parts->nr_resting > RESTING_MAX)
		return add_possible(sums, parts);
	return add_running(sums, parts);
}

/*
 * The word of a percpu_ref: the base of its counters and two flags. The other
 * one has the rest of the count, and is biased as long as processors count.
 */
struct ref_words {
	unsigned long percpu;
	unsigned long count;
};

static bool is_biased(const struct ref_words *ref)
{
	return (long)ref->count < 0;
}

static bool read_ref(struct ref_words *words, const void *ctx)
{
	const struct percpu_ref *ref = layout_at(ctx, LM_KIOCTX_REQS);
	struct percpu_ref_data *data;
	atomic_long_t count;

	if (layout_status_of(LM_KIOCTX_REQS) != LAYOUT_OK ||
	    !peek(&words->percpu, &ref->percpu_count_ptr) ||
	    !peek(&data, &ref->data) || !peek(&count, &data->count))
		return false;
	words->count = atomic_long_read(&count);
	return true;
}

static const unsigned long __percpu *ref_base(const struct ref_words *ref)
{
	return (__force const void __percpu *)
		(ref->percpu & ~(unsigned long)__PERCPU_REF_ATOMIC_DEAD);
}

/*
 * The requests that hold the context, by its reference count: 2 references
 * are the kernel's own until it is killed, 1 until the count has left the
 * CPUs after that.
 */
static s64 count_refs(const struct ref_words *ref, unsigned long percpu)
{
	bool dead = ref->percpu & __PERCPU_REF_DEAD;
	unsigned long count = ref->count;

	if (!is_biased(ref))
		return (s64)count - (dead ? 0 : 2);
	count += 1UL << (BITS_PER_LONG - 1);
	return (s64)(count + percpu) - (dead ? 1 : 2);
}

/* Return: false if the slots of the processors cannot be read. */
static bool read_percpu(struct figures *f, struct percpu_parts *parts,
			const void *ctx)
{
	struct percpu_sums sums;
	struct ref_words ref;

	f->have_refs = read_ref(&ref, ctx);
	parts->refs = f->have_refs && is_biased(&ref) ? ref_base(&ref) : NULL;
	if (!layout_get(&parts->slots, ctx, LM_KIOCTX_CPU) ||
	    !sum_percpu(&sums, parts))
		return false;
	f->available_percpu = sums.slots;
	if (f->have_refs && is_biased(&ref) && !parts->refs)
		f->have_refs = false;
	if (f->have_refs)
		f->refs = count_refs(&ref, sums.refs);
	return true;
}

/* The process maps the ring writable: what stands there may be anything. */
static bool ring_head(u32 *head, const void *ctx)
{
	struct page **pages, *page;

	if (!layout_get(&pages, ctx, LM_KIOCTX_RING_PAGES) &&
	    !layout_get(&pages, ctx, LM_KIOCTX_RING_FOLIOS))
		return false;
	return peek(&page, pages) && sound_page(page) &&
	       layout_get(head, page_address(page), LM_AIO_RING_HEAD);
}

/* Return: LM_NR, or the member which could not be read. */
static enum layout_member_id read_figures(struct figures *f,
					  struct percpu_parts *parts,
					  const void *ctx)
{
	memset(f, 0, sizeof(*f));
	if (!layout_get(&f->nr_events, ctx, LM_KIOCTX_NR_EVENTS))
		return LM_KIOCTX_NR_EVENTS;
	if (!layout_get(&f->completed, ctx, LM_KIOCTX_COMPLETED_EVENTS))
		return LM_KIOCTX_COMPLETED_EVENTS;
	if (!layout_get(&f->available, ctx, LM_KIOCTX_REQS_AVAILABLE))
		return LM_KIOCTX_REQS_AVAILABLE;
	if (!read_percpu(f, parts, ctx))
		return LM_KIOCTX_CPU_REQS_AVAILABLE;
	if (!layout_get(&f->tail, ctx, LM_KIOCTX_TAIL))
		return LM_KIOCTX_TAIL;
	f->have_head = ring_head(&f->head, ctx);
	return LM_NR;
}

/* What the process wrote into its ring may be anything. */
static struct known count_unreaped(const struct figures *f)
{
	u32 ring = f->nr_events, unreaped;

	if (!f->have_head || !ring || f->tail >= ring)
		return known_not("ring-unreadable");
	unreaped = (f->tail + ring - f->head % ring) % ring;
	if (f->head >= ring || unreaped > f->completed)
		return known_not("bad-head");
	return known_value(unreaped);
}

/*
 * A slot is taken by a request, then by its event, until the kernel sees in
 * the ring's head that the event was reaped; it looks when it needs slots.
 */
static void count_slots(struct kioctx_snap *snap, const struct figures *f)
{
	s64 available = f->available + f->available_percpu;
	s64 inflight = (s64)f->nr_events - 1 - available - f->completed;

	if (inflight < 0)
		return;
	snap->inflight = known_value(inflight);
	snap->unreaped = count_unreaped(f);
	if (!snap->unreaped.why_not)
		available += f->completed - snap->unreaped.value;
	if (available >= 0)
		snap->free = known_value(available);
}

static struct known user_id_of(const void *ctx)
{
	struct known id = layout_unsigned(ctx, LM_KIOCTX_USER_ID);

	return id.value ? id : known_not("unreadable");
}

/* Return: false if what should be there cannot be read. */
static bool read_names(struct kioctx_snap *snap, const void *ctx)
{
	int dead = 0;

	memset(snap, 0, sizeof(*snap));
	if (!layout_get(&dead, ctx, LM_KIOCTX_DEAD) &&
	    layout_status_of(LM_KIOCTX_DEAD) == LAYOUT_OK)
		return false;
	snap->dead = dead;
	snap->drained = is_drained(ctx);
	snap->rq_wait = kioctx_rq_wait(ctx);
	snap->user_id = user_id_of(ctx);
	snap->max_reqs = layout_unsigned(ctx, LM_KIOCTX_MAX_REQS);
	snap->nr_events = layout_unsigned(ctx, LM_KIOCTX_NR_EVENTS);
	return true;
}

static void no_figures(struct kioctx_snap *snap, const char *why_not)
{
	snap->inflight = known_not(why_not);
	snap->unreaped = known_not(why_not);
	snap->free = known_not(why_not);
}

bool kioctx_snap_take(struct kioctx_snap *snap, const void *ctx)
{
	enum layout_member_id missing;
	struct percpu_parts parts = {};
	struct figures f, again;
	int i;

	if (!read_names(snap, ctx))
		return false;
	missing = read_figures(&f, &parts, ctx);
	for (i = 0; i < READINGS && missing == LM_NR; i++) {
		missing = read_figures(&again, &parts, ctx);
		snap->consistent = !memcmp(&f, &again, sizeof(f));
		f = again;
		if (snap->consistent)
			break;
	}
	if (missing != LM_NR) {
		no_figures(snap, layout_why(missing));
		return true;
	}
	no_figures(snap, "inconsistent");
	count_slots(snap, &f);
	if (f.have_refs && f.refs != snap->inflight.value)
		snap->consistent = false;
	return true;
}
