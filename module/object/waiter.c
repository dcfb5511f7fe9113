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
#include <linux/string.h>
#include <linux/swait.h>

#include "access/peek.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "object/kioctx.h"
#include "object/waiter.h"

#define MAX_TABLE 16777216
#define MAX_MMS 8

/* ---- the task ---- */

bool waiter_copy(struct aio_waiter *waiter, struct stack_copy *stack,
		 struct task_struct *task)
{
	if (task_state_to_char(task) != 'D' || !stack_take(stack, task) ||
	    task_state_to_char(task) != 'D')
		return false;
	memset(waiter, 0, sizeof(*waiter));
	waiter->task = task;
	waiter->tid = task->pid;
	waiter->tgid = task->tgid;
	strscpy(waiter->comm, task->comm, sizeof(waiter->comm));
	waiter->state = 'D';
	waiter->waiting_ns = stack_waiting_ns(task);
	return true;
}

/* ---- the completion ---- */

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
	if (!stack_has(stack, (unsigned long)comp, sizeof(*comp)) ||
	    !peek(&head, &comp->wait.task_list) ||
	    head.next != &entry->task_list || head.prev != &entry->task_list)
		return NULL;
	return comp;
}

/* The lowest entry that names the task: what is above is of callers. */
static const struct completion *find_completion(const void *task,
						const struct stack_copy *stack)
{
	const unsigned int entry = sizeof(struct swait_queue) / sizeof(long);
	const struct completion *comp = NULL;
	unsigned int i;

	BUILD_BUG_ON(offsetof(struct swait_queue, task));
	for (i = stack->first; i + entry <= stack->end && !comp; i++) {
		if (stack->words[i] != (unsigned long)task)
			continue;
		comp = queue_of((const void *)(stack->base +
					       i * sizeof(unsigned long)),
				stack);
	}
	return comp;
}

/* ---- the function ---- */

/*
 * The first ones wait for AIO. Into the others, which call them, a compiler may
 * have put them when it saw the whole kernel.
 */
static const char * const waiting_functions[] = {
	"exit_aio", "*io_destroy", "*mmput", "mmput_async_fn", NULL,
};

#define NR_IN_AIO 2

void waiter_functions(struct symbol_cache *cache)
{
	cache->names = waiting_functions;
	cache->inside = true;
}

/*
 * The completion is a variable of the function that sleeps, so the address to
 * which its callee returns lies below it. The nearest one counts.
 */
static bool find_function(struct aio_waiter *waiter,
			  const struct stack_copy *stack,
			  struct symbol_cache *functions)
{
	unsigned int at = ((unsigned long)waiter->wait - stack->base) /
		sizeof(unsigned long);
	int which = SYMBOL_NONE;

	for (; at > stack->first && which == SYMBOL_NONE; at--) {
		unsigned long word = compat_return_address(stack->words[at - 1]);

		if (!stack_may_return_to(word) || stack_has(stack, word, 1))
			continue;
		which = symbol_which(functions, (void *)word);
		waiter->in_aio = which >= 0 && which < NR_IN_AIO;
		if (waiter->in_aio)
			symbol_name(waiter->sleeps_in,
				    sizeof(waiter->sleeps_in), (void *)word);
	}
	return which != SYMBOL_NONE;
}

bool waiter_find(struct aio_waiter *waiter, const struct stack_copy *stack,
		 struct symbol_cache *functions)
{
	const struct completion *comp = find_completion(waiter->task, stack);
	const void *wait = comp;

	if (!comp || layout_status_of(LM_CTX_RQ_WAIT_COMP) != LAYOUT_OK)
		return false;
	wait -= layout_offset(LM_CTX_RQ_WAIT_COMP);
	waiter->wait = wait;
	return find_function(waiter, stack, functions) &&
	       layout_get(&waiter->not_drained, wait, LM_CTX_RQ_WAIT_COUNT) &&
	       waiter->not_drained > 0 && waiter->not_drained <= MAX_TABLE;
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

	return is_sound(mm) &&
	       peek(&users, &mm->mm_users) && !atomic_read(&users) &&
	       peek(&count, &mm->mm_count) && atomic_read(&count) > 0 &&
	       peek(&table, (struct kioctx_table **)&mm->ioctx_table) &&
	       sound_address(table, sizeof(long)) &&
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
	    !peek(&file, &vma->vm_file) || !file || !is_sound(file) ||
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

	if (peek(&exe, (struct file **)&mm->exe_file) && is_sound(exe) &&
	    peek(&dentry, &exe->f_path.dentry) && is_sound(dentry) &&
	    peek(&name, &dentry->d_name) && is_sound(name.name))
		peek_bytes(waiter->exe, name.name,
			   min_t(size_t, name.len, sizeof(waiter->exe) - 1));
}

/* Outside the stack, which may lie in the map of all memory too. */
static bool may_be_object(const struct stack_copy *stack, unsigned long word)
{
	return IS_ALIGNED(word, sizeof(long)) && !stack_has(stack, word, 1) &&
	       peek_is_kernel_address(word) &&
	       kioctx_may_be_read((const void *)word);
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

void waiter_contexts(struct aio_waiter *waiter,
		     const struct stack_copy *stack,
		       void (*fn)(const void *ctx, void *data), void *data)
{
	struct search search = { .waiter = waiter, .fn = fn, .data = data };
	const struct mm_struct *seen[MAX_MMS];
	unsigned int i, nr = 0;

	for (i = stack->first; i < stack->end; i++) {
		unsigned long word = stack->words[i];

		if (!may_be_object(stack, word) ||
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
