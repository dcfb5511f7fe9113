// SPDX-License-Identifier: GPL-2.0
/*
 * Reads an io_uring. The process can write to the ends of both queues, so these
 * are only compared with what the kernel keeps itself.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/percpu-refcount.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "access/peek.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "object/uring.h"

/* The name of the inode that all rings share. */
#define RING_NAME "[io_uring]"

#define MAX_ENTRIES 65536
#define MAX_HASH_BITS 16

/* The size of the array in members.h says that there are so many. */
#define MAX_REGISTERED (128 / sizeof(void *))

/* Lists of requests that are longer were cut loose, and may be rings. */
#define MAX_LISTED 65536

/* ---- which files are rings ---- */

static const char * const ring_functions[] = { "io_uring_release", NULL };
static const char * const exit_functions[] = { "io_ring_exit_work", NULL };

const char *uring_why_unknown(void)
{
	static const enum layout_member_id needed[] = {
		LM_IO_RING_CTX_RINGS, LM_IO_RING_CTX_CACHED_SQ_HEAD,
		LM_IO_RING_CTX_CACHED_CQ_TAIL, LM_IO_RING_CTX_EXIT_WORK,
		LM_IO_KIOCB_CTX,
	};
	enum layout_status status =
		layout_status_of_all(needed, ARRAY_SIZE(needed));

	if (status != LAYOUT_OK)
		return layout_status_text(status);
	return IS_ENABLED(CONFIG_KALLSYMS) ? NULL : "no-kallsyms";
}

void uring_functions(struct symbol_cache *cache)
{
	cache->names = ring_functions;
}

void uring_exit_functions(struct symbol_cache *cache)
{
	cache->names = exit_functions;
}

bool uring_may_be(const struct file *file)
{
	const struct dentry *dentry;
	char name[sizeof(RING_NAME)];
	struct qstr qstr;

	return peek(&dentry, (const struct dentry **)&file->f_path.dentry) &&
	       peek(&qstr, &dentry->d_name) && qstr.len == strlen(RING_NAME) &&
	       peek_bytes(name, qstr.name, sizeof(name)) &&
	       !memcmp(name, RING_NAME, sizeof(name));
}

bool uring_file_take(struct uring_file *to, const struct file *file)
{
	const struct file_operations *ops;

	return peek(&ops, (const struct file_operations **)&file->f_op) &&
	       peek(&to->release, (const void **)&ops->release) &&
	       peek(&to->ring, (const void **)&file->private_data) && to->ring;
}

bool uring_is(const struct uring_file *file, struct symbol_cache *functions)
{
	return symbol_which(functions, file->release) != SYMBOL_NONE;
}

u32 uring_registered(struct uring_file *files, u32 nr,
		     const struct task_struct *task)
{
	u32 found = 0;
#ifdef CONFIG_IO_URING
	const void *tctx = READ_ONCE(task->io_uring);
	const struct file *const *at;
	const struct file *file;
	u32 i;

	if (!tctx ||
	    layout_status_of(LM_IO_URING_TASK_REGISTERED_RINGS) != LAYOUT_OK)
		return 0;
	at = layout_at(tctx, LM_IO_URING_TASK_REGISTERED_RINGS);
	for (i = 0; i < MAX_REGISTERED && found < nr; i++)
		if (peek_bytes(&file, &at[i], sizeof(file)) && file &&
		    uring_file_take(&files[found], file))
			found++;
#endif
	return found;
}

const void *uring_of_exit_work(const void *work)
{
	if (!work || layout_status_of(LM_IO_RING_CTX_EXIT_WORK) != LAYOUT_OK)
		return NULL;
	return work - layout_offset(LM_IO_RING_CTX_EXIT_WORK);
}

const void *uring_of_kiocb(const struct kiocb *kiocb)
{
	const void *ring;

	return layout_get(&ring, kiocb, LM_IO_KIOCB_CTX) ? ring : NULL;
}

const void *uring_sender_of_kiocb(const struct kiocb *kiocb)
{
	const void *task = layout_pointer(kiocb, LM_IO_KIOCB_TASK);

	return task ?: layout_pointer(layout_pointer(kiocb, LM_IO_KIOCB_TCTX),
				      LM_IO_URING_TASK_TASK);
}

/* ---- requests that wait for something else than a device ---- */

/* The next one of a list, whose first member that is. One that is freed may be anything. */
static bool step(const void **node)
{
	return sound_address(*node, sizeof(*node)) &&
	       peek(node, (const void **)*node);
}

static bool count_chain(s64 *nr, const void *node)
{
	for (; node; ++*nr)
		if (*nr > MAX_LISTED || !step(&node))
			return false;
	return true;
}

static bool count_buckets(s64 *nr, const void *first, size_t size, u32 bits,
			  size_t at)
{
	const void *node;
	u32 i;

	if (bits > MAX_HASH_BITS)
		return false;
	for (i = 0; i < 1U << bits; i++) {
		const struct hlist_head *head = first + i * size + at;

		if (!peek(&node, (const void **)&head->first) ||
		    !count_chain(nr, node))
			return false;
	}
	return true;
}

static bool count_table(s64 *nr, const void *ring, enum layout_member_id m)
{
	const void *table, *buckets;
	u32 bits;

	if (layout_status_of(m) != LAYOUT_OK)
		return true;
	table = layout_at(ring, m);
	return layout_status_of(LM_IO_HASH_BUCKET_LIST) == LAYOUT_OK &&
	       layout_get(&buckets, table, LM_IO_HASH_TABLE_HBS) &&
	       layout_get(&bits, table, LM_IO_HASH_TABLE_HASH_BITS) &&
	       count_buckets(nr, buckets, layout_size_of(LS_IO_HASH_BUCKET),
			     bits, layout_offset(LM_IO_HASH_BUCKET_LIST));
}

/* In 5.10 there is one table without a structure of its own. */
static struct known polls_of(const void *ring)
{
	const void *buckets;
	s64 nr = 0;
	u32 bits;

	if (layout_status_of(LM_IO_RING_CTX_CANCEL_HASH) == LAYOUT_OK) {
		if (!layout_get(&buckets, ring, LM_IO_RING_CTX_CANCEL_HASH) ||
		    !layout_get(&bits, ring, LM_IO_RING_CTX_CANCEL_HASH_BITS) ||
		    !count_buckets(&nr, buckets, sizeof(struct hlist_head),
				   bits, 0))
			return known_not("unreadable");
		return known_value(nr);
	}
	if (layout_status_of(LM_IO_RING_CTX_CANCEL_TABLE) != LAYOUT_OK)
		return known_not(layout_why(LM_IO_RING_CTX_CANCEL_TABLE));
	if (!count_table(&nr, ring, LM_IO_RING_CTX_CANCEL_TABLE) ||
	    !count_table(&nr, ring, LM_IO_RING_CTX_CANCEL_TABLE_LOCKED))
		return known_not("unreadable");
	return known_value(nr);
}

static struct known listed_at(const void *ring, enum layout_member_id m)
{
	const void *head, *node;
	s64 nr;

	BUILD_BUG_ON(offsetof(struct list_head, next));
	if (layout_status_of(m) != LAYOUT_OK)
		return known_not(layout_why(m));
	head = layout_at(ring, m);
	if (!peek(&node, (const void **)head))
		return known_not("unreadable");
	for (nr = 0; node != head; nr++)
		if (nr > MAX_LISTED || !step(&node))
			return known_not("unreadable");
	return known_value(nr);
}

/* ---- counters ---- */

struct counters {
	u32 taken;
	u32 extra;
	u32 completed;
	u32 allocated;
};

/*
 * Older kernels count what had no result of its own, or several. Newer ones count
 * the requests that the ring has, with those that are free again.
 */
static bool read_counters(struct counters *c, const void *ring)
{
	memset(c, 0, sizeof(*c));
	layout_get(&c->extra, ring, LM_IO_RING_CTX_CQ_EXTRA);
	layout_get(&c->allocated, ring, LM_IO_RING_CTX_NR_REQ_ALLOCATED);
	return layout_get(&c->taken, ring, LM_IO_RING_CTX_CACHED_SQ_HEAD) &&
	       layout_get(&c->completed, ring, LM_IO_RING_CTX_CACHED_CQ_TAIL);
}

static bool are_free_known(void)
{
	static const enum layout_member_id needed[] = {
		LM_IO_RING_CTX_NR_REQ_ALLOCATED, LM_IO_RING_CTX_SUBMIT_STATE,
		LM_IO_SUBMIT_STATE_FREE_LIST,
	};

	return layout_status_of_all(needed, ARRAY_SIZE(needed)) == LAYOUT_OK;
}

static bool count_free(s64 *nr, const void *ring)
{
	const void *state = layout_at(ring, LM_IO_RING_CTX_SUBMIT_STATE);
	const void *node;

	return peek(&node, (const void **)layout_at(state,
						    LM_IO_SUBMIT_STATE_FREE_LIST)) &&
	       count_chain(nr, node);
}

/* Of all that it has: what is free, waits for a file or for a time. */
static struct known inflight_of(const void *ring,
				const struct uring_figures *figures,
				const struct counters *before)
{
	struct counters after;
	s64 nr, nr_free = 0;

	if (figures->polls.why_not)
		return figures->polls;
	if (figures->timeouts.why_not)
		return figures->timeouts;
	if (are_free_known()) {
		if (!count_free(&nr_free, ring))
			return known_not("changing");
		nr = before->allocated - nr_free;
	} else if (layout_status_of(LM_IO_RING_CTX_CQ_EXTRA) == LAYOUT_OK) {
		nr = (s32)(before->taken + before->extra - before->completed);
	} else {
		return known_not(layout_why(LM_IO_RING_CTX_CQ_EXTRA));
	}
	nr -= figures->polls.value + figures->timeouts.value;
	if (!read_counters(&after, ring))
		return known_not("unreadable");
	return known_unless(nr < 0 || memcmp(before, &after, sizeof(after)) ?
			    "changing" : NULL, nr);
}

static struct known unreaped_of(const void *ring,
				const struct uring_figures *figures)
{
	const void *rings, *cq;
	u32 head, tail;

	if (layout_status_of(LM_IO_RINGS_CQ) != LAYOUT_OK)
		return known_not(layout_why(LM_IO_RINGS_CQ));
	if (!layout_get(&rings, ring, LM_IO_RING_CTX_RINGS) ||
	    !layout_get(&tail, ring, LM_IO_RING_CTX_CACHED_CQ_TAIL))
		return known_not("unreadable");
	cq = layout_at(rings, LM_IO_RINGS_CQ);
	if (!layout_get(&head, cq, LM_IO_URING_HEAD))
		return known_not("unreadable");
	/* The process can write there what it likes. */
	return known_unless(tail - head > MAX_ENTRIES ? "out-of-range" : NULL,
			    tail - head);
}

static struct known exiting_of(const void *ring)
{
	const struct percpu_ref *refs;
	unsigned long word;

	if (layout_status_of(LM_IO_RING_CTX_REFS) != LAYOUT_OK)
		return known_not(layout_why(LM_IO_RING_CTX_REFS));
	refs = layout_at(ring, LM_IO_RING_CTX_REFS);
	if (!peek(&word, &refs->percpu_count_ptr))
		return known_not("unreadable");
	return known_value(!!(word & __PERCPU_REF_DEAD));
}

void uring_take(struct uring_figures *figures, const void *ring)
{
	struct counters before;
	const bool counted = read_counters(&before, ring);

	figures->flags = layout_unsigned(ring, LM_IO_RING_CTX_FLAGS);
	figures->sq_entries = layout_unsigned(ring, LM_IO_RING_CTX_SQ_ENTRIES);
	figures->cq_entries = layout_unsigned(ring, LM_IO_RING_CTX_CQ_ENTRIES);
	figures->polls = polls_of(ring);
	figures->timeouts = listed_at(ring, LM_IO_RING_CTX_TIMEOUT_LIST);
	figures->inflight = counted ? inflight_of(ring, figures, &before) :
				      known_not("unreadable");
	figures->unreaped = unreaped_of(ring, figures);
	figures->overflow = listed_at(ring, LM_IO_RING_CTX_CQ_OVERFLOW_LIST);
	figures->exiting = exiting_of(ring);
}
