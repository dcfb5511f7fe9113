// SPDX-License-Identifier: GPL-2.0
/*
 * Watches what nbddiag itself (the module under test, not the copy in here)
 * allocates for a process and its children: whoever writes to the file
 * allocations is watched from then on. Reading it says how often memory was
 * asked for with nbddiag on the stack, and how often it was asked for in a way
 * that may wait for I/O.
 */
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "hostile.h"

#ifdef CONFIG_KPROBES

#define DEPTH 40
#define KEPT 8
#define NAME_LEN 64
#define GENERATIONS 4

/* Ways to ask for memory, of which each kernel has some. */
static const char * const allocators[] = {
	"__kmalloc", "__kmalloc_noprof", "__kmalloc_node", "__kmalloc_node_noprof",
	"__kmalloc_cache_noprof", "kmem_cache_alloc_trace", "kmalloc_trace",
	"kmem_cache_alloc", "kmem_cache_alloc_noprof", "kmem_cache_alloc_lru",
	"kmem_cache_alloc_lru_noprof", "kvmalloc_node", "__kvmalloc_node_noprof",
	"__vmalloc_node", "__vmalloc_node_noprof", "__alloc_pages_nodemask",
	"__alloc_pages", "__alloc_pages_noprof", "__alloc_frozen_pages_noprof",
};

static struct kprobe probes[ARRAY_SIZE(allocators)];
static pid_t watched;
static atomic_t asked, may_wait;

/**
 * struct kept - an allocation that may wait; names, as nbddiag may be gone when they are read
 * @caller: the innermost function of nbddiag
 * @callee: what that has called, empty if that is the allocator
 * @allocator: what was asked for memory
 */
static struct kept {
	char caller[NAME_LEN];
	char callee[NAME_LEN];
	char allocator[NAME_LEN];
} kept[KEPT];

/* Who is watched, or a child or grandchild. */
static bool is_watched(void)
{
	const struct task_struct *task = current;
	bool is = false;
	int i;

	rcu_read_lock();
	for (i = 0; i < GENERATIONS && !is; i++) {
		is = task->tgid == watched;
		task = rcu_dereference(task->real_parent);
	}
	rcu_read_unlock();
	return is;
}

/* Before a function of arm64 has a frame, only a register knows who called it. */
static unsigned int take_stack(unsigned long *stack, struct pt_regs *regs)
{
	unsigned int nr = 0;

#ifdef CONFIG_ARM64
	stack[nr++] = procedure_link_pointer(regs);
#endif
	return nr + stack_trace_save(&stack[nr], DEPTH - nr, 0);
}

/*
 * Return: false if nbddiag is not on the stack, or only because it copies to a page of
 * the reader that is not there yet.
 */
static bool nbddiag_on_stack(struct kept *on, struct pt_regs *regs)
{
	unsigned long stack[DEPTH];
	char name[KSYM_SYMBOL_LEN];
	unsigned int i, nr = take_stack(stack, regs);

	for (i = 0; i < nr; i++) {
		sprint_symbol(name, stack[i]);
		if (strstarts(name, "handle_mm_fault"))
			return false;
		if (strstr(name, "[nbddiag]")) {
			strscpy(on->caller, name, sizeof(on->caller));
			return true;
		}
		strscpy(on->callee, name, sizeof(on->callee));
	}
	return false;
}

static int before_allocation(struct kprobe *p, struct pt_regs *regs)
{
	struct kept on = {};
	int nr;

	if (!READ_ONCE(watched) || !in_task() || !is_watched())
		return 0;
	if (!nbddiag_on_stack(&on, regs))
		return 0;
	atomic_inc(&asked);
	if (current->flags & (PF_MEMALLOC_NOIO | PF_MEMALLOC))
		return 0;
	nr = atomic_inc_return(&may_wait) - 1;
	if (nr < KEPT) {
		strscpy(on.allocator, p->symbol_name, sizeof(on.allocator));
		kept[nr] = on;
	}
	return 0;
}

NOKPROBE_SYMBOL(before_allocation);

static int allocs_show(struct seq_file *m, void *unused)
{
	int i, nr = min(atomic_read(&may_wait), KEPT);

	seq_printf(m, "asked=%d may_wait=%d\n", atomic_read(&asked),
		   atomic_read(&may_wait));
	for (i = 0; i < nr; i++)
		seq_printf(m, "%s calls %s, which asks %s\n", kept[i].caller,
			   kept[i].callee, kept[i].allocator);
	return 0;
}

static int allocs_open(struct inode *inode, struct file *file)
{
	return single_open(file, allocs_show, NULL);
}

static ssize_t allocs_write(struct file *file, const char __user *text,
			    size_t len, loff_t *pos)
{
	atomic_set(&asked, 0);
	atomic_set(&may_wait, 0);
	WRITE_ONCE(watched, current->tgid);
	return len;
}

static const struct file_operations allocs_fops = {
	.owner = THIS_MODULE,
	.open = allocs_open,
	.read = seq_read,
	.write = allocs_write,
	.llseek = seq_lseek,
	.release = single_release,
};

void allocs_watch(struct dentry *dir)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		probes[i].symbol_name = allocators[i];
		probes[i].pre_handler = before_allocation;
		if (register_kprobe(&probes[i]))
			probes[i].symbol_name = NULL;
	}
	debugfs_create_file("allocations", 0600, dir, NULL, &allocs_fops);
}

void allocs_end(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (probes[i].symbol_name)
			unregister_kprobe(&probes[i]);
}

#else

void allocs_watch(struct dentry *dir)
{
}

void allocs_end(void)
{
}

#endif
