// SPDX-License-Identifier: GPL-2.0
/* Finds on the stack of a task the record of what it sleeps on. */
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/string.h>
#include <linux/swait.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>

#include "access/lock.h"
#include "access/peek.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "object/wait.h"

#define WORD sizeof(unsigned long)
#define WORDS_OF(type) (sizeof(type) / WORD)
#define WORD_AT(type, member) (offsetof(type, member) / WORD)

/* The flags of an entry are few and small. */
#define MAX_FLAGS 0xffff

/* ---- functions ---- */

enum waker {
	WAKES_PAGE,
	WAKES_BIT,
	WAKES_VARIABLE,
	WAKES_QOS,
	WAKES_ANY,		/* and all after it */
};

static const char * const wakers[] = {
	[WAKES_PAGE] = "wake_page_function",
	[WAKES_BIT] = "wake_bit_function",
	[WAKES_VARIABLE] = "var_wake_function",
	[WAKES_QOS] = "rq_qos_wake_function",
	[WAKES_ANY] = "autoremove_wake_function",
	"default_wake_function",
	"woken_wake_function",
	"iocg_wake_fn",
	"percpu_rwsem_wake_function",
	NULL,
};

/* In these the record of a lock is a variable. Compilers put some into others. */
static const struct {
	const char *name;
	enum wait_kind kind;
} sleepers[] = {
	{ "__mutex_lock", WAIT_MUTEX },
	{ "__mutex_lock_common", WAIT_MUTEX },
	{ "__mutex_lock_slowpath", WAIT_MUTEX },
	{ "__mutex_lock_killable_slowpath", WAIT_MUTEX },
	{ "__mutex_lock_interruptible_slowpath", WAIT_MUTEX },
	{ "mutex_lock_io", WAIT_MUTEX },
	{ "__ww_mutex_lock", WAIT_MUTEX },
	{ "__ww_mutex_lock_slowpath", WAIT_MUTEX },
	{ "__ww_mutex_lock_interruptible_slowpath", WAIT_MUTEX },
	{ "rwsem_down_read_slowpath", WAIT_RWSEM_READ },
	{ "rwsem_down_write_slowpath", WAIT_RWSEM_WRITE },
	{ "__down", WAIT_SEMAPHORE },
	{ "__down_common", WAIT_SEMAPHORE },
	{ "___down_common", WAIT_SEMAPHORE },
	{ "__down_killable", WAIT_SEMAPHORE },
	{ "__down_interruptible", WAIT_SEMAPHORE },
	{ "__down_timeout", WAIT_SEMAPHORE },
#ifdef CONFIG_PREEMPT_RT
	/* Here the record is a variable of what they call. */
	{ "mutex_lock", WAIT_MUTEX },
	{ "mutex_lock_killable", WAIT_MUTEX },
	{ "mutex_lock_interruptible", WAIT_MUTEX },
	{ "mutex_lock_nested", WAIT_MUTEX },
	{ "mutex_lock_killable_nested", WAIT_MUTEX },
	{ "mutex_lock_interruptible_nested", WAIT_MUTEX },
	{ "ww_mutex_lock", WAIT_MUTEX },
	{ "__rwbase_read_lock", WAIT_RWSEM_READ },
	{ "down_read", WAIT_RWSEM_READ },
	{ "down_read_killable", WAIT_RWSEM_READ },
	{ "down_read_interruptible", WAIT_RWSEM_READ },
	{ "rwbase_write_lock", WAIT_RWSEM_WRITE },
	{ "down_write", WAIT_RWSEM_WRITE },
	{ "down_write_killable", WAIT_RWSEM_WRITE },
	/* These are made of the same, and no lock that a task hangs for. */
	{ "rt_spin_lock", WAIT_NOTHING },
	{ "rt_read_lock", WAIT_NOTHING },
	{ "rt_write_lock", WAIT_NOTHING },
	{ "rtlock_slowlock_locked", WAIT_NOTHING },
#endif
};

static const char *locker_names[ARRAY_SIZE(sleepers) + 1];

void wait_functions_init(struct wait_functions *functions)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sleepers); i++)
		locker_names[i] = sleepers[i].name;
	functions->wakers.names = wakers;
	functions->lockers.names = locker_names;
	functions->lockers.inside = true;
}

/* ---- the stack ---- */

struct finding {
	struct wait_record *record;
	const struct stack_copy *stack;
	struct wait_functions *functions;
	unsigned long noted;
};

static bool has_words(const struct stack_copy *stack, unsigned int i,
		      unsigned int nr)
{
	return i >= stack->first && i < stack->end && nr <= stack->end - i;
}

/* The words of a record that has its @member'th word at @i, or NULL. */
static const unsigned long *words_around(const struct stack_copy *stack,
					 unsigned int i, unsigned int member,
					 unsigned int nr)
{
	if (i < member || !has_words(stack, i - member, nr))
		return NULL;
	return &stack->words[i - member];
}

static const void *address_of(const struct stack_copy *stack,
			      const unsigned long *word)
{
	return (const void *)stack_address(stack, word - stack->words);
}

/* Return: false if there is no function at the address. */
static bool name_address(char *name, size_t size, unsigned long address)
{
	symbol_name(name, size, (void *)address);
	/* A module's name follows; without a name there is an address. */
	name[strcspn(name, " ")] = '\0';
	if (!strstarts(name, "0x"))
		return true;
	*name = '\0';
	return false;
}

/*
 * Name the function that has a variable: it has called another one, and the address
 * to which that returns is the nearest below the variable. Of words that look like
 * one but are remains of other calls, the way from schedule() knows nothing.
 */
static void name_function(struct finding *finding, const unsigned long *word)
{
	const struct stack_copy *stack = finding->stack;
	struct wait_record *record = finding->record;
	unsigned int at = word - stack->words;

	if (callers_of_variable(record->sleeps_in, sizeof(record->sleeps_in),
				stack, &finding->functions->callers, at))
		return;
	for (; at > stack->first; at--) {
		unsigned long address =
			compat_return_address(stack->words[at - 1]);

		if (!stack_has(stack, address, 1) &&
		    stack_is_behind_call(address) &&
		    name_address(record->sleeps_in, sizeof(record->sleeps_in),
				 address))
			return;
	}
}

/* Is the record at @at a variable of a function that sleeps for a lock? Which? */
static int find_sleeper(struct finding *finding, unsigned int at)
{
	const struct stack_copy *stack = finding->stack;
	int which = SYMBOL_NONE;

	for (; at > stack->first && which == SYMBOL_NONE; at--) {
		unsigned long word = compat_return_address(stack->words[at - 1]);

		if (stack_may_return_to(word) && !stack_has(stack, word, 1))
			which = symbol_which(&finding->functions->lockers,
					     (void *)word);
	}
	return which;
}

/* ---- the list ---- */

/*
 * Where the kernel and its modules keep their variables. On arm64 those of the kernel
 * itself are no sound memory either: its image is mapped a second time.
 */
static bool is_variable(unsigned long address)
{
	char name[WAIT_NAME_LEN];

#ifdef MODULES_VADDR
	if (address >= MODULES_VADDR && address < MODULES_END)
		return true;
#endif
	return stack_may_return_to(address) &&
	       symbol_function(name, sizeof(name), address);
}

static bool is_elsewhere(const void *address, size_t size)
{
	return sound_address(address, size) ||
	       is_variable((unsigned long)address);
}

/* Return: NO if @neighbour does not point back, UNKNOWN if it was not asked. */
static enum tristate points_back(struct finding *finding,
				 const struct list_head *neighbour, bool is_next)
{
	const struct stack_copy *stack = finding->stack;
	const void *node = finding->record->node;
	unsigned long at = (unsigned long)neighbour;
	struct list_head links;

	if (!IS_ALIGNED(at, WORD) || !peek_is_kernel_address(at))
		return NO;
	if (stack_has(stack, at, sizeof(links))) {
		unsigned int i = (at - stack->base) / WORD;

		if (!has_words(stack, i, WORDS_OF(links)))
			return NO;
		memcpy(&links, &stack->words[i], sizeof(links));
	} else if (!is_elsewhere(neighbour, sizeof(*neighbour))) {
		return UNKNOWN;
	} else if (!peek(&links, neighbour)) {
		return NO;
	}
	return (is_next ? links.prev : links.next) == node ? YES : NO;
}

/* Return: false if the record is in no list. */
static bool take_links(struct finding *finding, const unsigned long *links)
{
	struct wait_record *record = finding->record;
	enum tristate next, prev;

	record->node = address_of(finding->stack, links);
	record->next = (const void *)links[0];
	record->prev = (const void *)links[1];
	next = points_back(finding, record->next, true);
	prev = points_back(finding, record->prev, false);
	if (next == NO || prev == NO || record->next == record->node)
		return false;
	record->next_proved = next == YES;
	record->prev_proved = prev == YES;
	record->next_elsewhere = next == YES;
	record->prev_elsewhere = prev == YES;
	return true;
}

/* The only one in the list is between its head and its head. */
static void take_only_head(struct wait_record *record)
{
	if (record->next == record->prev && record->next_proved)
		wait_set_head(record, record->next);
}

/* ---- kinds of records ---- */

static bool is_page_wait(struct finding *finding, const unsigned long *entry)
{
	const unsigned int before = WORD_AT(struct wait_page_queue, wait);
	const unsigned int i = entry - finding->stack->words;
	const unsigned long *page;
	struct wait_record *record = finding->record;

	page = words_around(finding->stack, i, before,
			    WORDS_OF(struct wait_page_queue));
	if (!page)
		return false;
	/* Its first member is the page, or folio, whose first member is a page. */
	record->object = (const void *)page[0];
	record->bit = (int)page[WORD_AT(struct wait_page_queue, bit_nr)];
	return sound_page(record->object);
}

static bool is_bit_wait(struct finding *finding, const unsigned long *entry)
{
	const unsigned int before = WORD_AT(struct wait_bit_queue_entry, wq_entry);
	const unsigned int i = entry - finding->stack->words;
	const unsigned long *bit;
	struct wait_record *record = finding->record;

	bit = words_around(finding->stack, i, before,
			   WORDS_OF(struct wait_bit_queue_entry));
	if (!bit)
		return false;
	record->object = (const void *)bit[WORD_AT(struct wait_bit_queue_entry,
						   key.flags)];
	record->bit = (int)bit[WORD_AT(struct wait_bit_queue_entry, key.bit_nr)];
	return true;
}

static bool is_qos_wait(struct finding *finding, const unsigned long *entry)
{
	const unsigned int i = entry - finding->stack->words;
	const unsigned long *rqw;
	unsigned int at;

	if (layout_status_of(LM_RQ_QOS_WAIT_DATA_RQW) != LAYOUT_OK)
		return false;
	at = layout_offset(LM_RQ_QOS_WAIT_DATA_RQW) / WORD;
	rqw = words_around(finding->stack, i, 0, at + 1);
	if (!rqw)
		return false;
	finding->record->object = (const void *)rqw[at];
	return true;
}

static bool is_any_wait(struct finding *finding, const unsigned long *entry)
{
	const unsigned int before = WORD_AT(struct sbq_wait, wait);
	const unsigned int i = entry - finding->stack->words;
	const unsigned long *sbq;

	sbq = words_around(finding->stack, i, before, WORDS_OF(struct sbq_wait));
	if (sbq)
		finding->record->sbq =
			(const void *)sbq[WORD_AT(struct sbq_wait, sbq)];
	return true;
}

static const enum wait_kind kind_of_waker[] = {
	[WAKES_PAGE] = WAIT_PAGE,
	[WAKES_BIT] = WAIT_BIT,
	[WAKES_VARIABLE] = WAIT_VARIABLE,
	[WAKES_QOS] = WAIT_QOS,
	[WAKES_ANY] = WAIT_QUEUE,
};

static bool (* const take_by_waker[])(struct finding *finding,
				      const unsigned long *entry) = {
	[WAKES_PAGE] = is_page_wait,
	[WAKES_BIT] = is_bit_wait,
	[WAKES_VARIABLE] = is_bit_wait,
	[WAKES_QOS] = is_qos_wait,
	[WAKES_ANY] = is_any_wait,
};

static bool take_entry(struct finding *finding, const unsigned long *entry)
{
	unsigned long fn = entry[WORD_AT(struct wait_queue_entry, func)];
	int which;

	BUILD_BUG_ON(offsetof(struct wait_queue_entry, flags));
	if ((unsigned int)entry[0] > MAX_FLAGS || !stack_may_return_to(fn) ||
	    stack_has(finding->stack, fn, 1) ||
	    !take_links(finding, &entry[WORD_AT(struct wait_queue_entry, entry)]))
		return false;
	which = symbol_which(&finding->functions->wakers, (void *)fn);
	if (which == SYMBOL_NONE)
		return false;
	which = min_t(int, which, WAKES_ANY);
	if (!take_by_waker[which](finding, entry))
		return false;
	finding->record->kind = kind_of_waker[which];
	name_function(finding, entry);
	take_only_head(finding->record);
	return true;
}

/* An entry in a wait queue names the task as its private data. */
static bool may_be_entry(struct finding *finding, unsigned int i)
{
	const unsigned long *entry;

	entry = words_around(finding->stack, i,
			     WORD_AT(struct wait_queue_entry, private),
			     WORDS_OF(struct wait_queue_entry));
	return entry && take_entry(finding, entry);
}

/* Before some version after 6.12 the task was named apart from the entry. */
static bool may_be_qos_entry(struct finding *finding, unsigned int i)
{
	const unsigned long *entry;
	unsigned int at;

	if (layout_status_of(LM_RQ_QOS_WAIT_DATA_TASK) != LAYOUT_OK ||
	    layout_status_of(LM_RQ_QOS_WAIT_DATA_WQ) != LAYOUT_OK ||
	    layout_offset(LM_RQ_QOS_WAIT_DATA_WQ))
		return false;
	at = layout_offset(LM_RQ_QOS_WAIT_DATA_TASK) / WORD;
	entry = words_around(finding->stack, i, at, at + 1);
	return entry && take_entry(finding, entry) &&
	       finding->record->kind == WAIT_QOS;
}

static bool may_be_completion(struct finding *finding, unsigned int i)
{
	struct wait_record *record = finding->record;
	const unsigned long *entry;

	entry = words_around(finding->stack, i, WORD_AT(struct swait_queue, task),
			     WORDS_OF(struct swait_queue));
	if (!entry ||
	    !take_links(finding, &entry[WORD_AT(struct swait_queue, task_list)]))
		return false;
	record->kind = WAIT_COMPLETION;
	take_only_head(record);
	/* A completion on the same stack is a variable of who waits for it. */
	if (record->object && stack_has(finding->stack,
					(unsigned long)record->object, 1))
		entry = &finding->stack->words[((unsigned long)record->object -
						finding->stack->base) / WORD];
	name_function(finding, entry);
	return true;
}

/* ---- locks ---- */

struct lock_layout {
	enum layout_member_id task;
	enum layout_member_id list;
};

static const struct lock_layout *layout_of_lock(enum wait_kind kind)
{
	static const struct lock_layout mutex = {
		LM_MUTEX_WAITER_TASK, LM_MUTEX_WAITER_LIST,
	};
	static const struct lock_layout rwsem = {
		LM_RWSEM_WAITER_TASK, LM_RWSEM_WAITER_LIST,
	};
	static const struct lock_layout semaphore = {
		LM_SEMAPHORE_WAITER_TASK, LM_SEMAPHORE_WAITER_LIST,
	};

	if (kind == WAIT_MUTEX)
		return &mutex;
	return kind == WAIT_SEMAPHORE ? &semaphore : &rwsem;
}

/* The links of a waiter whose task is at @i. */
static const unsigned long *links_of(struct finding *finding, unsigned int i,
				     const struct lock_layout *layout)
{
	const unsigned long *waiter;
	unsigned int task, list;

	if (layout_status_of(layout->task) != LAYOUT_OK ||
	    layout_status_of(layout->list) != LAYOUT_OK)
		return NULL;
	task = layout_offset(layout->task) / WORD;
	list = layout_offset(layout->list) / WORD;
	waiter = words_around(finding->stack, i, task, max(task, list + 1) + 1);
	return waiter ? &waiter[list] : NULL;
}

static void take_lock(struct finding *finding, const unsigned long *links,
		      unsigned long lock)
{
	struct wait_record *record = finding->record;

	record->node = address_of(finding->stack, links);
	record->next = (const void *)links[0];
	record->prev = (const void *)links[1];
	record->next_proved = true;
	record->prev_proved = true;
	record->object = (const void *)lock;
}

/*
 * Since some version after 6.12 locks have no head of a list, and the kernel
 * notes for each task what it sleeps for, with the kind in the lowest bits.
 */
static bool take_noted_lock(struct finding *finding, const unsigned long *links)
{
	static const enum wait_kind kinds[] = {
		WAIT_MUTEX, WAIT_SEMAPHORE, WAIT_RWSEM_READ, WAIT_RWSEM_WRITE,
	};

	if (!finding->noted ||
	    kinds[finding->noted & 3] != finding->record->kind)
		return false;
	take_lock(finding, links, finding->noted & ~3UL);
	return true;
}

#ifdef HAVE_SEMAPHORE_WAIT_LIST
static bool take_found_semaphore(struct finding *finding,
				 const unsigned long *links)
{
	return false;
}
#else
/* @links are those of the waiter. Those of the first one may be on another stack. */
static bool is_semaphore_of(const unsigned long *links, const void *node,
			    unsigned long word)
{
	const struct semaphore *lock = (const void *)word;
	const void *first;

	if (!IS_ALIGNED(word, WORD) || !peek_is_kernel_address(word) ||
	    !is_elsewhere(lock, sizeof(*lock)) ||
	    !peek_bytes(&first, &lock->first_waiter, sizeof(first)) || !first)
		return false;
	first += layout_offset(LM_SEMAPHORE_WAITER_LIST);
	return first == node || first == (const void *)links[0] ||
	       first == (const void *)links[1];
}

/*
 * The kernel does not note it with PREEMPT_RT. But the function that waits keeps the
 * semaphore's address, and that has its first waiter: this one, or one beside it.
 */
static bool take_found_semaphore(struct finding *finding,
				 const unsigned long *links)
{
	const struct stack_copy *stack = finding->stack;
	const void *node = address_of(stack, links);
	unsigned int i;

	if (finding->record->kind != WAIT_SEMAPHORE)
		return false;
	for (i = stack->first; i < stack->end; i++) {
		if (is_semaphore_of(links, node, stack->words[i])) {
			take_lock(finding, links, stack->words[i]);
			return true;
		}
	}
	return false;
}
#endif

/* Cheap: two addresses of the kernel. */
static bool look_like_links(const unsigned long *links)
{
	return IS_ALIGNED(links[0], WORD) && IS_ALIGNED(links[1], WORD) &&
	       peek_is_kernel_address(links[0]) &&
	       peek_is_kernel_address(links[1]);
}

static bool may_be_lock(struct finding *finding, unsigned int i)
{
	struct wait_record *record = finding->record;
	const unsigned long *links;
	int which;

	/*
	 * All kinds are alike; the function says which one it is. With PREEMPT_RT there
	 * are semaphores only.
	 */
	links = links_of(finding, i, layout_of_lock(WAIT_SEMAPHORE));
	if (!links || !look_like_links(links))
		return false;
	which = find_sleeper(finding, links - finding->stack->words);
	if (which == SYMBOL_NONE)
		return false;
	record->kind = sleepers[which].kind;
	links = links_of(finding, i, layout_of_lock(record->kind));
	if (!links || !look_like_links(links))
		return false;
	strscpy(record->sleeps_in, sleepers[which].name,
		sizeof(record->sleeps_in));
	if (take_noted_lock(finding, links) ||
	    take_found_semaphore(finding, links))
		return true;
	if (!take_links(finding, links))
		return false;
	take_only_head(record);
	return true;
}

#if defined(CONFIG_PREEMPT_RT) && defined(HAVE_MUTEX_RTMUTEX)
/* Returns from the record to the function that sleeps for a lock. */
#define MAX_RETURNS 4

/*
 * The function that sleeps for a lock called others, one of which has the record. Or it
 * ended by a jump to the first of these: then whoever called it called it by its name.
 */
static int find_locker(struct finding *finding, unsigned int at)
{
	struct symbol_cache *lockers = &finding->functions->lockers;
	const struct stack_copy *stack = finding->stack;
	int which = SYMBOL_NONE;
	unsigned int nr = 0;

	for (; at < stack->end && which == SYMBOL_NONE; at++) {
		unsigned long word = compat_return_address(stack->words[at]);

		if (!stack_is_behind_call(word))
			continue;
		if (nr++ == MAX_RETURNS)
			break;
		which = symbol_which(lockers, (void *)word);
		if (which == SYMBOL_NONE)
			which = symbol_which(lockers, (void *)stack_called(word));
	}
	return which;
}

static const void *lock_around(const void *rt_mutex, enum wait_kind kind)
{
	if (kind == WAIT_MUTEX)
		return rt_mutex - offsetof(struct mutex, rtmutex);
	return rt_mutex - offsetof(struct rw_semaphore, rwbase.rtmutex);
}

/* With PREEMPT_RT. The kernel notes the record in the task; who waits is in a tree. */
static bool may_be_rt_lock(struct finding *finding, unsigned int i)
{
	struct wait_record *record = finding->record;
	const struct stack_copy *stack = finding->stack;
	unsigned int task, lock;
	const unsigned long *waiter;
	int which;

	if (layout_status_of(LM_RT_MUTEX_WAITER_TASK) != LAYOUT_OK ||
	    layout_status_of(LM_RT_MUTEX_WAITER_LOCK) != LAYOUT_OK)
		return false;
	task = layout_offset(LM_RT_MUTEX_WAITER_TASK) / WORD;
	lock = layout_offset(LM_RT_MUTEX_WAITER_LOCK) / WORD;
	waiter = words_around(stack, i, task, max(task, lock) + 1);
	if (!waiter || (unsigned long)address_of(stack, waiter) != finding->noted)
		return false;
	which = find_locker(finding, i);
	if (which == SYMBOL_NONE || sleepers[which].kind == WAIT_SEMAPHORE ||
	    sleepers[which].kind == WAIT_NOTHING)
		return false;
	record->kind = sleepers[which].kind;
	record->node = address_of(stack, waiter);
	record->next_proved = true;
	record->prev_proved = true;
	record->object = lock_around((const void *)waiter[lock], record->kind);
	strscpy(record->sleeps_in, sleepers[which].name,
		sizeof(record->sleeps_in));
	return true;
}

/* Who wants to write has been let through by other writers, and waits for readers. */
static bool awaits_readers(const struct rwbase_rt *lock, const void *task)
{
	unsigned long owner;
	unsigned int readers;

	return is_elsewhere(lock, sizeof(*lock)) &&
	       peek_bytes(&owner, &lock->rtmutex.owner, sizeof(owner)) &&
	       (const void *)(owner & ~COMPAT_MUTEX_OWNER_FLAGS) == task &&
	       peek_bytes(&readers, &lock->readers, sizeof(readers)) &&
	       readers && readers < WRITER_BIAS;
}

/* A function has the lock's address, or that of the part for which writers queue. */
static const void *behind_readers(const struct finding *finding,
				  unsigned long word, const void *task)
{
	const void *lock = (const void *)word;

	if (!IS_ALIGNED(word, WORD) || !peek_is_kernel_address(word) ||
	    stack_has(finding->stack, word, 1))
		return NULL;
	if (awaits_readers(lock, task))
		return lock;
	lock -= offsetof(struct rwbase_rt, rtmutex);
	return awaits_readers(lock, task) ? lock : NULL;
}

/* The function is told by the nearest one that sleeps for a lock. */
static bool is_in_writer(struct finding *finding)
{
	const struct stack_copy *stack = finding->stack;
	int which = SYMBOL_NONE;
	unsigned int i;

	for (i = stack->first; i < stack->end && which == SYMBOL_NONE; i++) {
		unsigned long word = compat_return_address(stack->words[i]);

		if (stack_is_behind_call(word))
			which = symbol_which(&finding->functions->lockers,
					     (void *)word);
	}
	if (which == SYMBOL_NONE || sleepers[which].kind != WAIT_RWSEM_WRITE)
		return false;
	strscpy(finding->record->sleeps_in, sleepers[which].name,
		sizeof(finding->record->sleeps_in));
	return true;
}

/*
 * With PREEMPT_RT. Who waits for the readers of a lock leaves no record. But the lock
 * names the task as its owner, and has readers as well. This is so while that task
 * waits for them, and at no other time, so it is so of one lock.
 */
static bool find_rt_writer(struct finding *finding, const void *task)
{
	const struct stack_copy *stack = finding->stack;
	struct wait_record *record = finding->record;
	const struct rwbase_rt *lock = NULL;
	unsigned int i;

	if (finding->noted || !is_in_writer(finding))
		return false;
	for (i = stack->first; i < stack->end && !lock; i++)
		lock = behind_readers(finding, stack->words[i], task);
	if (!lock)
		return false;
	record->kind = WAIT_RWSEM_WRITE;
	record->object = container_of(lock, struct rw_semaphore, rwbase);
	record->behind_readers = true;
	record->next_proved = true;
	record->prev_proved = true;
	return true;
}
#else
static bool may_be_rt_lock(struct finding *finding, unsigned int i)
{
	return false;
}

static bool find_rt_writer(struct finding *finding, const void *task)
{
	return false;
}
#endif

/* ---- all of it ---- */

static void clear(struct wait_record *record)
{
	memset(record, 0, sizeof(*record));
}

void wait_find(struct wait_record *record, const struct stack_copy *stack,
	       const void *task, unsigned long noted,
	       struct wait_functions *functions)
{
	static bool (* const may_be[])(struct finding *finding,
				       unsigned int i) = {
		may_be_entry, may_be_completion, may_be_qos_entry, may_be_lock,
		may_be_rt_lock,
	};
	struct finding finding = {
		.record = record,
		.stack = stack,
		.functions = functions,
		.noted = noted,
	};
	unsigned int i, kind;

	for (i = stack->first; i < stack->end; i++) {
		if (stack->words[i] != (unsigned long)task)
			continue;
		for (kind = 0; kind < ARRAY_SIZE(may_be); kind++) {
			clear(record);
			if (may_be[kind](&finding, i))
				return;
		}
	}
	clear(record);
	if (find_rt_writer(&finding, task))
		return;
	callers_sleeper(record->sleeps_in, sizeof(record->sleeps_in), stack,
			&functions->callers);
}

/* ---- from the head of the list to the object ---- */

bool wait_needs_head(const struct wait_record *record)
{
	return record->kind >= WAIT_QUEUE && !record->object;
}

#ifdef HAVE_MUTEX_WAIT_LIST
#define mutex_of(head) \
	container_of((head), struct mutex, wait_list)
#define rwsem_of(head) \
	container_of((head), struct rw_semaphore, wait_list)
#else
#define mutex_of(head) ((const void *)NULL)
#define rwsem_of(head) ((const void *)NULL)
#endif

#ifdef HAVE_SEMAPHORE_WAIT_LIST
#define semaphore_of(head) \
	container_of((head), struct semaphore, wait_list)
#else
#define semaphore_of(head) ((const void *)NULL)
#endif

void wait_set_head(struct wait_record *record, const void *head)
{
	const struct list_head *list = head;

	record->head = head;
	switch (record->kind) {
	case WAIT_COMPLETION:
		record->object = container_of(list, struct completion,
					      wait.task_list);
		break;
	case WAIT_MUTEX:
		record->object = mutex_of(list);
		break;
	case WAIT_RWSEM_READ:
	case WAIT_RWSEM_WRITE:
		record->object = rwsem_of(list);
		break;
	case WAIT_SEMAPHORE:
		record->object = semaphore_of(list);
		break;
	case WAIT_QUEUE:
		record->object = container_of(list, struct wait_queue_head, head);
		break;
	default:
		break;
	}
}

/* ---- who has it ---- */

/* Bits of kernel/locking/rwsem.c, which have not changed since 5.3. */
#define RWSEM_COUNT_WRITER 1UL
#define RWSEM_COUNT_READERS (LONG_MAX & ~0xffUL)
#define RWSEM_OWNER_FLAGS 7UL
#define RWSEM_READER_OWNED 1UL

/* Readers stay noted when they are gone, until a writer notes itself. */
static enum wait_holder rwsem_held_by(const struct wait_record *record,
				      const void **task)
{
#if defined(CONFIG_PREEMPT_RT) && defined(HAVE_MUTEX_RTMUTEX)
	/* That of a writer, which may still wait until readers are gone. */
	const struct rw_semaphore *sem = record->object;
	unsigned long owner;

	if (record->behind_readers)
		return WAIT_HELD_BY_READERS;
	if (!peek_bytes(&owner, &sem->rwbase.rtmutex.owner, sizeof(owner)))
		return WAIT_HOLDER_UNREADABLE;
	*task = (const void *)(owner & ~COMPAT_MUTEX_OWNER_FLAGS);
	return *task ? WAIT_HELD_BY_TASK : WAIT_HELD_BY_NOBODY;
#elif defined(CONFIG_PREEMPT_RT)
	return WAIT_HOLDER_NOT_KEPT;
#else
	const struct rw_semaphore *sem = record->object;
	unsigned long count, owner;
	bool is_reader;

	if (!peek_bytes(&count, &sem->count, sizeof(count)) ||
	    !peek_bytes(&owner, &sem->owner, sizeof(owner)))
		return WAIT_HOLDER_UNREADABLE;
	if (!(count & (RWSEM_COUNT_WRITER | RWSEM_COUNT_READERS)))
		return WAIT_HELD_BY_NOBODY;
	is_reader = owner & RWSEM_READER_OWNED;
	if (is_reader == !(count & RWSEM_COUNT_WRITER))
		*task = (const void *)(owner & ~RWSEM_OWNER_FLAGS);
	if (!(count & RWSEM_COUNT_WRITER))
		return WAIT_HELD_BY_READERS;
	return *task ? WAIT_HELD_BY_TASK : WAIT_HELD_BY_NOBODY;
#endif
}

enum wait_holder wait_held_by(const struct wait_record *record,
			      const void **task)
{
	*task = NULL;
	switch (record->kind) {
	case WAIT_MUTEX:
		if (!lock_owner(task, record->object))
			return WAIT_HOLDER_UNREADABLE;
		return *task ? WAIT_HELD_BY_TASK : WAIT_HELD_BY_NOBODY;
	case WAIT_RWSEM_READ:
	case WAIT_RWSEM_WRITE:
		return rwsem_held_by(record, task);
	default:
		return WAIT_HOLDER_NOT_KEPT;
	}
}
