// SPDX-License-Identifier: GPL-2.0
/*
 * A forged AIO context that passes for a real one, the same with each of its
 * pointers bad, and a dying address space whose mappings have no end.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu-refcount.h>
#include <linux/slab.h>
#include <linux/swait.h>
#include <linux/uaccess.h>

#include "access/task.h"
#include "object/kioctx.h"
#include "object/waiter.h"
#include "snapshot/aio_collect.h"

#include "hostile.h"

#define RING_MAGIC 0xa10a10a1
#define SLOTS 128

/* In the kernel's map of all memory, as addresses on stacks must be. */
struct forged {
	u8 ctx[1024];
	struct file file;
	u8 inode_info[2048];
	struct address_space mapping;
	struct super_block sb;
	struct percpu_ref_data data;
	void *pages[2];
	u8 wait[256];
	struct mm_struct mm;
	struct vm_area_struct vma;
	u32 table[64];
};

static u32 __percpu *cpu_slots;

static struct inode *inode_of(struct forged *f)
{
	void *inode = f->inode_info;

	if (layout_status_of(LM_AIO_INODE_INFO_VFS_INODE) == LAYOUT_OK)
		inode += layout_offset(LM_AIO_INODE_INFO_VFS_INODE);
	return inode;
}

static void forge_owner(struct forged *f)
{
	struct inode *inode = inode_of(f);

	f->file.f_inode = inode;
	inode->i_sb = &f->sb;
	inode->i_mapping = &f->mapping;
	f->sb.s_magic = RING_MAGIC;
	forge(f->inode_info, LM_AIO_INODE_INFO_CTX, (void *)f->ctx);
#if defined(HAVE_MAPPING_I_PRIVATE_DATA)
	f->mapping.i_private_data = f->ctx;
#elif defined(HAVE_MAPPING_PRIVATE_DATA)
	f->mapping.private_data = f->ctx;
#endif
}

static void forge_context(struct forged *f)
{
	struct percpu_ref *ref = forge_at(f->ctx, LM_KIOCTX_REQS);

	memset(f, 0, sizeof(*f));
	forge_owner(f);
	forge(f->ctx, LM_KIOCTX_AIO_RING_FILE, (void *)&f->file);
	forge(f->ctx, LM_KIOCTX_NR_EVENTS, (u32)SLOTS);
	forge(f->ctx, LM_KIOCTX_MAX_REQS, (u32)SLOTS);
	/* 5 in flight: of 127 slots 122 are free. */
	forge(f->ctx, LM_KIOCTX_REQS_AVAILABLE, (u32)SLOTS - 1 - 5);
	forge(f->ctx, LM_KIOCTX_CPU, (__force unsigned long)cpu_slots);
	forge(f->ctx, LM_KIOCTX_RING_PAGES, (void *)f->pages);
	forge(f->ctx, LM_KIOCTX_RING_FOLIOS, (void *)f->pages);
	forge(f->ctx, LM_KIOCTX_RQ_WAIT, (void *)f->wait);
	f->pages[0] = virt_to_page(lent_direct);
	memset(lent_direct, 0, 64);
	ref->percpu_count_ptr = __PERCPU_REF_ATOMIC_DEAD;
	ref->data = &f->data;
	atomic_long_set(&f->data.count, 5);
}

/* ---- what hangs on each pointer ---- */

struct seen {
	bool taken;
	bool real;
	struct kioctx_snap snap;
};

static void look_at_context(struct seen *seen, const void *ctx)
{
	seen->real = kioctx_is_real(ctx);
	seen->taken = kioctx_snap_take(&seen->snap, ctx);
}

static bool is_whole(const struct seen *s)
{
	return s->real && s->taken && s->snap.inflight.value == 5 &&
	       s->snap.unreaped.value == 0 && s->snap.free.value == SLOTS - 6 &&
	       s->snap.consistent && s->snap.rq_wait;
}

static bool not_real(const struct seen *s)
{
	return !s->real && s->taken;
}

/* Without the sums of the processors nothing can be counted. */
static bool no_figures(const struct seen *s)
{
	return s->real && s->taken && s->snap.inflight.why_not &&
	       strcmp(s->snap.inflight.why_not, "inconsistent") &&
	       s->snap.unreaped.why_not && s->snap.free.why_not;
}

static bool no_ring(const struct seen *s)
{
	return s->taken && s->snap.inflight.value == 5 &&
	       s->snap.unreaped.why_not;
}

static bool no_refs(const struct seen *s)
{
	return s->taken && s->snap.inflight.value == 5 && !s->snap.drained;
}

struct slot {
	const char *name;
	const void **at;
	bool (*unknown)(const struct seen *seen);
};

#define SLOTS_MAX 10

static unsigned int find_slots(struct slot *slots, struct forged *f)
{
	enum layout_member_id ring = LM_KIOCTX_RING_PAGES;
	struct percpu_ref *ref = forge_at(f->ctx, LM_KIOCTX_REQS);
	unsigned int nr = 0;

	if (layout_status_of(ring) != LAYOUT_OK)
		ring = LM_KIOCTX_RING_FOLIOS;
	slots[nr++] = (struct slot){ "kioctx.aio_ring_file",
		forge_at(f->ctx, LM_KIOCTX_AIO_RING_FILE), not_real };
	slots[nr++] = (struct slot){ "file.f_inode",
		(const void **)&f->file.f_inode, not_real };
	slots[nr++] = (struct slot){ "inode.i_sb",
		(const void **)&inode_of(f)->i_sb, not_real };
	if (layout_status_of(LM_AIO_INODE_INFO_CTX) == LAYOUT_OK)
		slots[nr++] = (struct slot){ "aio_inode_info.ctx",
			forge_at(f->inode_info, LM_AIO_INODE_INFO_CTX),
			not_real };
	else
		slots[nr++] = (struct slot){ "inode.i_mapping",
			(const void **)&inode_of(f)->i_mapping, not_real };
	slots[nr++] = (struct slot){ "kioctx.cpu",
		forge_at(f->ctx, LM_KIOCTX_CPU), no_figures };
	slots[nr++] = (struct slot){ "kioctx's pages",
		forge_at(f->ctx, ring), no_ring };
	slots[nr++] = (struct slot){ "the first page",
		(const void **)&f->pages[0], no_ring };
	slots[nr++] = (struct slot){ "percpu_ref.data",
		(const void **)&ref->data, no_refs };
	return nr;
}

/* A number of a processor's area may become any address by its offset. */
static bool may_be_anything(const struct slot *slot)
{
	return !strcmp(slot->name, "kioctx.cpu");
}

static void test_slot(struct verdicts *v, struct forged *f,
		      const struct slot *slot)
{
	unsigned int j, wrong = 0;
	struct seen seen;

	for (j = 0; j < bad_nr; j++) {
		forge_context(f);
		*slot->at = bad[j].address;
		test_begin(v);
		look_at_context(&seen, f->ctx);
		if (test_in_time(v) &&
		    (bad[j].readable || may_be_anything(slot) ||
		     slot->unknown(&seen)))
			continue;
		wrong++;
		test_says(v, false, "%s: %s", slot->name, bad[j].name);
	}
	if (!wrong)
		test_says(v, true, "%s: %u bad pointers", slot->name, bad_nr);
}

/* ---- figures ---- */

static void test_figures(struct verdicts *v, struct forged *f)
{
	static const u32 figures[] = { 0, 1, 127, 0x7fffffff, 0xffffffff };
	static const enum layout_member_id members[] = {
		LM_KIOCTX_NR_EVENTS, LM_KIOCTX_REQS_AVAILABLE, LM_KIOCTX_TAIL,
		LM_KIOCTX_COMPLETED_EVENTS, LM_KIOCTX_MAX_REQS,
	};
	unsigned int i, j, wrong = 0;
	struct kioctx_snap *snap;
	struct seen seen;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		for (j = 0; j < ARRAY_SIZE(figures); j++) {
			forge_context(f);
			forge(f->ctx, members[i], figures[j]);
			look_at_context(&seen, f->ctx);
			snap = &seen.snap;
			if (snap->inflight.value < -1 ||
			    snap->inflight.value >= (s64)U32_MAX ||
			    snap->unreaped.value < -1 || snap->free.value < -1)
				wrong++;
			/* What cannot be is not said, or is marked. */
			if (snap->inflight.value != 5 && !snap->inflight.why_not &&
			    snap->consistent)
				wrong++;
		}
	}
	test_says(v, !wrong, "impossible figures are not believed");
}

/* ---- who waits ---- */

static void count_context(const void *ctx, void *count)
{
	++*(unsigned int *)count;
}

static unsigned int wait_for(struct verdicts *v, struct forged *f,
			     struct stack_copy *stack, bool *in_time)
{
	struct aio_waiter waiter = { .wait = f->wait };
	unsigned int count = 0;

	memset(stack, 0, sizeof(*stack));
	stack->base = (unsigned long)lent;
	stack->end = STACK_WORDS;
	stack->words[10] = (unsigned long)&f->mm;
	test_begin(v);
	waiter_contexts(&waiter, stack, count_context, &count);
	*in_time = test_in_time(v);
	return count;
}

static void forge_mm(struct forged *f)
{
	forge_context(f);
	atomic_set(&f->mm.mm_users, 0);
	atomic_set(&f->mm.mm_count, 1);
	f->mm.map_count = 1;
	*(void **)&f->mm.ioctx_table = f->table;
	forge(f->table, LM_KIOCTX_TABLE_NR, 4U);
	f->vma.vm_mm = &f->mm;
	f->vma.vm_file = &f->file;
}

#ifdef HAVE_MM_MAPLE_TREE

static struct maple_node *nodes;

static void *marked(struct maple_node *node, enum maple_type type)
{
	return (void *)((unsigned long)node | type << 3 | 2);
}

static int alloc_nodes(void)
{
	nodes = kcalloc(2, 256, GFP_KERNEL);
	return nodes ? 0 : -ENOMEM;
}

static void free_nodes(void)
{
	kfree(nodes);
}

/* The root has one leaf, and that one mapping. */
static void forge_mappings(struct forged *f)
{
	memset(nodes, 0, 512);
	nodes[0].ma64.slot[0] = (void __force __rcu *)
		marked(&nodes[1], maple_leaf_64);
	nodes[1].mr64.slot[0] = (void __force __rcu *)&f->vma;
	*(void **)&f->mm.mm_mt.ma_root = marked(&nodes[0], maple_arange_64);
}

/* Each slot of the root is the root again. */
static void forge_ring(struct forged *f)
{
	unsigned int i;

	forge_mappings(f);
	for (i = 0; i < MAPLE_ARANGE64_SLOTS; i++)
		nodes[0].ma64.slot[i] = (void __force __rcu *)
			marked(&nodes[0], maple_arange_64);
}

static const void **first_link(struct forged *f)
{
	return (const void **)&nodes[0].ma64.slot[0];
}
#else

static int alloc_nodes(void)
{
	return 0;
}

static void free_nodes(void)
{
}

static void forge_mappings(struct forged *f)
{
	f->mm.mmap = &f->vma;
}

static void forge_ring(struct forged *f)
{
	f->mm.mmap = &f->vma;
	f->vma.vm_next = &f->vma;
}

static const void **first_link(struct forged *f)
{
	return (const void **)&f->mm.mmap;
}
#endif

static void test_mappings(struct verdicts *v, struct forged *f,
			  struct stack_copy *stack)
{
	unsigned int j, wrong = 0;
	bool in_time;

	forge_mm(f);
	forge_mappings(f);
	test_says(v, wait_for(v, f, stack, &in_time) == 1,
		  "what is forged passes for a dying address space");
	for (j = 0; j < bad_nr; j++) {
		forge_mm(f);
		forge_mappings(f);
		*first_link(f) = bad[j].address;
		if (!wait_for(v, f, stack, &in_time) && in_time)
			continue;
		wrong++;
		test_says(v, false, "a list of mappings: %s", bad[j].name);
	}
	if (!wrong)
		test_says(v, true, "a list of mappings: %u bad pointers",
			  bad_nr);
	forge_mm(f);
	forge_ring(f);
	wait_for(v, f, stack, &in_time);
	test_says(v, in_time, "mappings without an end");
	forge_mm(f);
	forge_ring(f);
	f->mm.map_count = 1 << 17;
	wait_for(v, f, stack, &in_time);
	test_says(v, in_time, "a hundred thousand mappings that are one");
	forge_mm(f);
	forge_mappings(f);
	f->mm.map_count = INT_MAX;
	test_says(v, !wait_for(v, f, stack, &in_time) && in_time,
		  "two billion mappings are unknown");
}

/* ---- what may not be read ---- */

/* A stack that is in use from one word to another, with the context at 10. */
static unsigned int find_on_stack(struct forged *f, struct stack_copy *stack,
				  unsigned int first, unsigned int end)
{
	struct aio_waiter waiter = { .wait = f->wait };
	unsigned int count = 0;

	memset(stack, 0, sizeof(*stack));
	stack->base = (unsigned long)lent;
	stack->first = first;
	stack->end = end;
	stack->words[10] = (unsigned long)f->ctx;
	waiter_contexts(&waiter, stack, count_context, &count);
	return count;
}

static void test_stack(struct verdicts *v, struct forged *f,
		       struct stack_copy *stack)
{
	struct page *page = virt_to_page(f->ctx);

	forge_context(f);
	test_says(v, find_on_stack(f, stack, 0, STACK_WORDS) == 1 &&
		  find_on_stack(f, stack, 10, 11) == 1,
		  "a context on a stack is found");
	test_says(v, !find_on_stack(f, stack, 0, 10),
		  "not in the registers above");
	test_says(v, !find_on_stack(f, stack, 11, STACK_WORDS),
		  "not in the remains below");
	SetPageHWPoison(page);
	test_says(v, !find_on_stack(f, stack, 0, STACK_WORDS) &&
		  !kioctx_is_real(f->ctx), "not in a broken page");
	ClearPageHWPoison(page);
	test_says(v, find_on_stack(f, stack, 0, STACK_WORDS) == 1,
		  "found again once the page is whole");
}

static bool ring_is_read(struct forged *f)
{
	struct seen seen;

	look_at_context(&seen, f->ctx);
	return !no_ring(&seen);
}

static void test_ring(struct verdicts *v, struct forged *f)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	test_says(v, page, "a page for a ring");
	if (!page)
		return;
	forge_context(f);
	f->pages[0] = page;
	test_says(v, ring_is_read(f), "a ring is read");
	SetPageHWPoison(page);
	test_says(v, !ring_is_read(f), "a ring in a broken page is not");
	ClearPageHWPoison(page);
	__SetPageOffline(page);
	test_says(v, !ring_is_read(f), "a ring in a page given away is not");
	__ClearPageOffline(page);
	test_says(v, ring_is_read(f), "a ring is read again");
	__free_page(page);
}

/* ---- pages of rings ---- */

unsigned long unreadable_pfn;

/* Return: how often the scan of all pages finds the context; -1 if it fails. */
static int find_ring(const struct forged *f, u64 *unreadable)
{
	static struct aio_rings rings; /* too large for the stack */
	int found = 0;
	u32 i;

	memset(&rings, 0, sizeof(rings));
	if (aio_rings_find(&rings))
		found = -1;
	for (i = 0; i < rings.nr && found >= 0; i++)
		found += rings.ctx[i] == f->ctx;
	*unreadable = rings.unreadable;
	kvfree(rings.ctx);
	kvfree(rings.slabs.slab);
	return found;
}

/* Descriptions of pages are read many at a time; its neighbour is one of them. */
static void test_rings(struct verdicts *v, struct forged *f)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long pfn;
	u64 unreadable;

	test_says(v, page, "a page for the scan");
	if (!page)
		return;
	pfn = page_to_pfn(page);
	forge_context(f);
	f->mapping.host = inode_of(f);
	page->mapping = &f->mapping;
	test_says(v, find_ring(f, &unreadable) == 1 && !unreadable,
		  "the page of a ring is found");
	unreadable_pfn = pfn ^ 1;
	test_says(v, find_ring(f, &unreadable) == 1 && unreadable == 1,
		  "found beside a page that cannot be looked at");
	unreadable_pfn = pfn;
	test_says(v, find_ring(f, &unreadable) == 0 && unreadable == 1,
		  "missed, and told, if it cannot be looked at itself");
	unreadable_pfn = 0;
	page->mapping = NULL;
	__free_page(page);
}

/* ---- a context that lies about who waits for it ---- */

/*
 * The file awaited: read, it gives the address of a forged context; a thread's
 * id that is written there makes the context say that this thread waits for it.
 */
static struct forged *lie;

static ssize_t awaited_read(struct file *file, char __user *to, size_t size,
			    loff_t *pos)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "0x%lx\n",
			   (unsigned long)lie->ctx);

	return simple_read_from_buffer(to, size, pos, text, len);
}

static const void *wait_of(pid_t tid, struct stack_copy *stack,
			   struct symbol_cache *functions)
{
	struct aio_waiter waiter = {};
	struct task_struct *task;
	bool asleep = false;

	waiter_functions(functions);
	rcu_read_lock();
	task = task_find(tid);
	if (task)
		asleep = waiter_copy(&waiter, stack, task);
	rcu_read_unlock();
	return asleep && waiter_find(&waiter, stack, functions) ?
		waiter.wait : NULL;
}

static ssize_t awaited_write(struct file *file, const char __user *text,
			     size_t len, loff_t *pos)
{
	struct symbol_cache *functions = kzalloc(sizeof(*functions), GFP_KERNEL);
	struct stack_copy *stack = kvzalloc(sizeof(*stack), GFP_KERNEL);
	const void *wait = NULL;
	int tid, err;

	err = kstrtoint_from_user(text, len, 10, &tid);
	if (!err && stack && functions)
		wait = wait_of(tid, stack, functions);
	if (!err && !wait)
		err = -ESRCH;
	if (!err)
		forge(lie->ctx, LM_KIOCTX_RQ_WAIT, wait);
	kfree(functions);
	kvfree(stack);
	return err ? err : len;
}

static const struct file_operations awaited_fops = {
	.owner = THIS_MODULE,
	.read = awaited_read,
	.write = awaited_write,
};

int contexts_lie(struct dentry *dir)
{
	lie = kzalloc(sizeof(*lie), GFP_KERNEL);
	if (!lie)
		return -ENOMEM;
	forge_context(lie);
	/* That of a thread that is killed while its requests are awaited. */
	forge(lie->ctx, LM_KIOCTX_DEAD, 1);
	debugfs_create_file("awaited", 0600, dir, NULL, &awaited_fops);
	return 0;
}

void contexts_take_back(void)
{
	kfree(lie);
}

/* ---- all ---- */

static bool can_test(void)
{
	static const enum layout_member_id needed[] = {
		LM_KIOCTX_REQS, LM_KIOCTX_CPU, LM_KIOCTX_AIO_RING_FILE,
		LM_KIOCTX_RQ_WAIT, LM_KIOCTX_TABLE_NR, LM_KIOCTX_NR_EVENTS,
	};

	return layout_status_of_all(needed, ARRAY_SIZE(needed)) == LAYOUT_OK;
}

static void test_all(struct verdicts *v, struct forged *f,
		     struct stack_copy *stack)
{
	struct slot slots[SLOTS_MAX];
	unsigned int nr, i;
	struct seen seen;

	forge_context(f);
	look_at_context(&seen, f->ctx);
	test_says(v, is_whole(&seen), "what is forged passes for a context");
	nr = find_slots(slots, f);
	for (i = 0; i < nr; i++)
		test_slot(v, f, &slots[i]);
	test_figures(v, f);
	test_mappings(v, f, stack);
	test_stack(v, f, stack);
	test_ring(v, f);
	test_rings(v, f);
}

void test_contexts(struct verdicts *v)
{
	struct forged *f = kzalloc(sizeof(*f), GFP_KERNEL);
	struct stack_copy *stack = kvzalloc(sizeof(*stack), GFP_KERNEL);

	cpu_slots = alloc_percpu(u32);
	if (!f || !stack || !cpu_slots || alloc_nodes() || !can_test())
		test_says(v, false, "contexts can be forged");
	else
		test_all(v, f, stack);
	free_nodes();
	free_percpu(cpu_slots);
	kvfree(stack);
	kfree(f);
}
