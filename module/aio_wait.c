// SPDX-License-Identifier: GPL-2.0
/*
 * A dying AIO context is in no table any more. What leads to it is the stack
 * of the task that waits for its requests: there lie the completion it sleeps
 * on and, in frames of its callers, the context or the dying address space.
 * The stack is copied, and all that it points to is read with fault tolerance.
 */
#include <linux/completion.h>
#include <linux/dcache.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/sched/clock.h>
#include <linux/string.h>
#include <linux/swait.h>

#include "aio_wait.h"
#include "kioctx.h"
#include "layout.h"

/* The frame that holds the completion lies right above its callee's. */
#define FRAME_WORDS 128
#define MAX_TABLE 16777216
#define MAX_MMS 8
#define TEXT_REACH (2ULL << 30)

/* ---- the task ---- */

static u64 since_last_run(const struct task_struct *task)
{
	u64 last = compat_last_run_ns(task);
	u64 now = cpu_clock(raw_smp_processor_id());

	return last && now > last ? now - last : 0;
}

bool aio_wait_copy(struct aio_waiter *waiter, struct stack_copy *stack,
		   struct task_struct *task)
{
	const void *base = READ_ONCE(task->stack);

	if (task_state_to_char(task) != 'D' || !base ||
	    !peek_bytes(stack->words, base, sizeof(stack->words)))
		return false;
	memset(waiter, 0, sizeof(*waiter));
	stack->base = (unsigned long)base;
	waiter->task = task;
	waiter->tid = task->pid;
	waiter->tgid = task->tgid;
	strscpy(waiter->comm, task->comm, sizeof(waiter->comm));
	waiter->state = 'D';
	waiter->waiting_ns = since_last_run(task);
	return true;
}

/* ---- the completion ---- */

static bool on_stack(const struct stack_copy *stack, unsigned long address,
		     size_t size)
{
	return address >= stack->base &&
	       address + size <= stack->base + sizeof(stack->words);
}

/* From an entry in a completion's queue to the completion, both on the stack. */
static const struct completion *queue_of(const struct swait_queue *entry,
					 const struct stack_copy *stack)
{
	const struct completion *comp;
	struct swait_queue here;
	struct list_head head;

	if (!peek(&here, entry) || here.task_list.next != here.task_list.prev)
		return NULL;
	comp = container_of(here.task_list.next, struct completion,
			    wait.task_list);
	if (!on_stack(stack, (unsigned long)comp, sizeof(*comp)) ||
	    !peek(&head, &comp->wait.task_list) ||
	    head.next != &entry->task_list || head.prev != &entry->task_list)
		return NULL;
	return comp;
}

/* The lowest entry that names the task: what is above is of callers. */
static const struct completion *find_completion(const void *task,
						const struct stack_copy *stack)
{
	const unsigned int last = STACK_WORDS -
		sizeof(struct swait_queue) / sizeof(unsigned long);
	const struct completion *comp = NULL;
	unsigned int i;

	BUILD_BUG_ON(offsetof(struct swait_queue, task));
	for (i = 0; i <= last && !comp; i++) {
		if (stack->words[i] != (unsigned long)task)
			continue;
		comp = queue_of((const void *)(stack->base +
					       i * sizeof(unsigned long)),
				stack);
	}
	return comp;
}

/* ---- the function ---- */

/* Kernel and modules lie together; spares the search for a name of the rest. */
static bool may_be_text(unsigned long word)
{
	return word - (unsigned long)&schedule + TEXT_REACH < 2 * TEXT_REACH;
}

static bool waits_for_aio(const char *function)
{
	return !strcmp(function, "exit_aio") || strstr(function, "io_destroy");
}

/*
 * The completion is a variable of the function that sleeps, so the address to
 * which its callee returns lies below it, not far away.
 */
static void find_function(struct aio_waiter *waiter,
			  const struct stack_copy *stack)
{
	unsigned int at = ((unsigned long)waiter->wait - stack->base) /
		sizeof(unsigned long);
	unsigned int end = at > FRAME_WORDS ? at - FRAME_WORDS : 0;
	char name[AIO_NAME_LEN];

	for (; at > end; at--) {
		unsigned long word = compat_return_address(stack->words[at - 1]);

		if (!may_be_text(word) || on_stack(stack, word, 1))
			continue;
		snprintf(name, sizeof(name), "%ps", (void *)word);
		if (!waits_for_aio(name))
			continue;
		strscpy(waiter->sleeps_in, name, sizeof(waiter->sleeps_in));
		waiter->in_aio = true;
		return;
	}
}

bool aio_wait_find(struct aio_waiter *waiter, const struct stack_copy *stack)
{
	const struct completion *comp = find_completion(waiter->task, stack);
	const void *wait = comp;

	if (!comp || layout_status_of(LM_CTX_RQ_WAIT_COMP) != LAYOUT_OK)
		return false;
	wait -= layout_at(NULL, LM_CTX_RQ_WAIT_COMP) - NULL;
	waiter->wait = wait;
	if (!layout_get(&waiter->not_drained, wait, LM_CTX_RQ_WAIT_COUNT))
		return false;
	find_function(waiter, stack);
	return true;
}

/* ---- the contexts ---- */

struct search {
	struct aio_waiter *waiter;
	const struct mm_struct *mm;
	bool found;
	void (*fn)(const void *ctx, void *data);
	void *data;
};

static bool take_if_awaited(struct search *search, const void *ctx)
{
	if (kioctx_rq_wait(ctx) != search->waiter->wait ||
	    !kioctx_is_real(ctx))
		return false;
	search->fn(ctx, search->data);
	return true;
}

static bool is_dying_mm(const struct mm_struct *mm)
{
	struct kioctx_table *table;
	atomic_t users, count;
	u32 nr;

	return peek(&users, &mm->mm_users) && !atomic_read(&users) &&
	       peek(&count, &mm->mm_count) && atomic_read(&count) > 0 &&
	       peek(&table, (struct kioctx_table **)&mm->ioctx_table) &&
	       layout_get(&nr, table, LM_KIOCTX_TABLE_NR) &&
	       is_power_of_2(nr) && nr <= MAX_TABLE;
}

/* Its rings are still mapped: exit_aio() comes before exit_mmap(). */
static bool look_at_vma(const struct vm_area_struct *vma, void *data)
{
	struct search *search = data;
	struct mm_struct *mm;
	struct inode *inode;
	struct file *file;
	const void *ctx;

	if (!peek(&mm, &vma->vm_mm) || mm != search->mm ||
	    !peek(&file, &vma->vm_file) || !file ||
	    !peek(&inode, &file->f_inode))
		return true;
	ctx = kioctx_of_inode(inode);
	if (ctx && take_if_awaited(search, ctx))
		search->found = true;
	return true;
}

static void copy_exe(struct aio_waiter *waiter, const struct mm_struct *mm)
{
	struct file *exe;
	struct dentry *dentry;
	struct qstr name;

	if (peek(&exe, (struct file **)&mm->exe_file) && exe &&
	    peek(&dentry, &exe->f_path.dentry) && peek(&name, &dentry->d_name))
		peek_bytes(waiter->exe, name.name,
			   min_t(size_t, name.len, sizeof(waiter->exe) - 1));
}

static bool is_new(const struct mm_struct **seen, unsigned int nr,
		   const struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (seen[i] == mm)
			return false;
	return true;
}

void aio_wait_contexts(struct aio_waiter *waiter,
		       const struct stack_copy *stack,
		       void (*fn)(const void *ctx, void *data), void *data)
{
	struct search search = { .waiter = waiter, .fn = fn, .data = data };
	const struct mm_struct *seen[MAX_MMS];
	unsigned int i, nr = 0;

	for (i = 0; i < STACK_WORDS; i++) {
		unsigned long word = stack->words[i];

		/*
		 * Only addresses of objects, which are in the kernel's map
		 * of all memory, outside the stack. To read a register of a
		 * device, whose address may lie there too, is not harmless.
		 */
		if (!IS_ALIGNED(word, sizeof(long)) ||
		    !compat_is_kernel_address(word) ||
		    !kioctx_may_be_read((const void *)word) ||
		    on_stack(stack, word, 1) ||
		    take_if_awaited(&search, (const void *)word))
			continue;
		search.mm = (const void *)word;
		if (nr == MAX_MMS || !is_dying_mm(search.mm) ||
		    !is_new(seen, nr, search.mm))
			continue;
		seen[nr++] = search.mm;
		search.found = false;
		compat_each_vma(search.mm, look_at_vma, &search);
		if (search.found)
			copy_exe(waiter, search.mm);
		cond_resched();
	}
}
