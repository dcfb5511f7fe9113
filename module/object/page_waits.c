// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel has one table of wait queues for all pages. It is private, but whoever
 * waits for a page is linked to its queue, and which of the queues that is follows
 * from the page's address. So, when it is loaded, nbddiag waits for some pages of
 * its own, and a timer looks at its stack meanwhile. The table is believed if each
 * of these pages leads to the same one, and each of its queues is a list.
 */
#include <linux/bio.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/task_stack.h>
#include <linux/timer.h>
#include <linux/wait.h>

#include "access/memory.h"
#include "access/peek.h"
#include "access/sound.h"
#include "object/page_waits.h"

/* As in the kernel. If it were otherwise, the pages would not lead to one table. */
#define TABLE_BITS 8

#define PAGES_NEEDED 3
#define PAGES_TRIED 16
#define TICKS 25
#define CHECKS 5

/* Entries of one queue, and pages of one bio. */
#define MAX_WAITING 65536
#define MAX_PAGES 256

static const char * const wakers[] = { "io_async_buf_func", NULL };

static const wait_queue_head_t *table;

/* ---- finding the table ---- */

/**
 * struct finding - the wait for a page of our own
 * @timer: looks at the stack of @task
 * @task: who waits
 * @page: what it waits for
 * @ticks: how often the timer may still look; 0 if it saw no record
 * @head: the list that the record of @task is in, alone; NULL if not found
 */
static struct finding {
	struct timer_list timer;
	struct task_struct *task;
	struct page *page;
	unsigned int ticks;
	const struct list_head *head;
} finding;

/* The first member is a page, or a folio, whose first member is a page. */
static const struct page *page_of(const struct wait_page_queue *wait)
{
	return *(const struct page **)wait;
}

static bool is_in_list(const struct list_head *entry)
{
	const struct list_head *back;

	return peek(&back, (const struct list_head **)&entry->next->prev) &&
	       back == entry;
}

/* Return: false if there is no record at @at that we wait by. */
static bool look_at_record(struct finding *found, const unsigned long *at)
{
	const struct wait_page_queue *wait = (const void *)at;
	struct wait_page_queue copy;

	if (!peek(&copy, wait) || page_of(&copy) != found->page ||
	    copy.wait.private != found->task)
		return false;
	if (!copy.wait.entry.next || !is_in_list(&wait->wait.entry))
		return false;
	/* If others wait in this queue, its head cannot be told from them. */
	if (copy.wait.entry.next == copy.wait.entry.prev)
		found->head = copy.wait.entry.next;
	return true;
}

static bool look_at_stack(struct finding *found)
{
	const unsigned long *stack = task_stack_page(found->task);
	const unsigned int words = THREAD_SIZE / sizeof(*stack);
	const unsigned int size =
		sizeof(struct wait_page_queue) / sizeof(*stack);
	unsigned long word;
	unsigned int i;

	for (i = 0; i + size <= words; i++)
		if (peek(&word, &stack[i]) &&
		    word == (unsigned long)found->page &&
		    look_at_record(found, &stack[i]))
			return true;
	return false;
}

/* The waiter may not have gone to sleep yet. */
static void tick(struct timer_list *timer)
{
	struct page *page = finding.page;

	if (!look_at_stack(&finding) && --finding.ticks) {
		mod_timer(timer, jiffies + 1);
		return;
	}
	unlock_page(page);
	put_page(page);
}

/* Return: the table that a page of our own leads to, or NULL. */
static const wait_queue_head_t *table_by(struct page *page)
{
	const wait_queue_head_t *queue;

	finding.page = page;
	finding.ticks = TICKS;
	finding.head = NULL;
	get_page(page);
	lock_page(page);
	mod_timer(&finding.timer, jiffies + 1);
	lock_page(page);
	unlock_page(page);
	compat_timer_delete_sync(&finding.timer);
	if (!finding.head)
		return NULL;
	queue = container_of(finding.head, wait_queue_head_t, head);
	return queue - hash_ptr(page, TABLE_BITS);
}

static bool all_are_lists(const wait_queue_head_t *queues)
{
	unsigned int i;

	for (i = 0; i < 1U << TABLE_BITS; i++) {
		const struct list_head *head = &queues[i].head;
		const struct list_head *first = peek_next(head), *back;

		if (!first ||
		    !peek(&back, (const struct list_head **)&first->prev) ||
		    back != head)
			return false;
	}
	return true;
}

/* A list may be in the middle of a change. */
static bool is_table(const wait_queue_head_t *queues)
{
	unsigned int i;

	for (i = 0; i < CHECKS; i++)
		if (all_are_lists(queues))
			return true;
	return false;
}

/*
 * All are kept until the end, so that each has another queue. Where no record is
 * understood, none of the other pages would have one.
 */
static const wait_queue_head_t *table_by_pages(struct page **pages)
{
	const wait_queue_head_t *found = NULL, *one;
	unsigned int i, nr = 0, missed = 0;

	for (i = 0; i < PAGES_TRIED && nr < PAGES_NEEDED; i++) {
		pages[i] = alloc_page(GFP_LOAD);
		if (!pages[i])
			return NULL;
		one = table_by(pages[i]);
		/* Once, this task may not have come to sleep. */
		if (!finding.ticks && ++missed == 2)
			return NULL;
		if (!one)
			continue;
		if (found && one != found)
			return NULL;
		found = one;
		nr++;
	}
	return nr == PAGES_NEEDED ? found : NULL;
}

void page_waits_init(void)
{
	struct page *pages[PAGES_TRIED] = {};
	const wait_queue_head_t *found;
	unsigned int i;

	if (!peek_is_possible())
		return;
	finding.task = current;
	timer_setup(&finding.timer, tick, 0);
	found = table_by_pages(pages);
	for (i = 0; i < PAGES_TRIED; i++)
		if (pages[i])
			put_page(pages[i]);
	if (found && is_table(found))
		table = found;
}

const char *page_waits_why_unknown(void)
{
	if (!table)
		return "page-waits-unknown";
	return IS_ENABLED(CONFIG_KALLSYMS) ? NULL : "no-kallsyms";
}

/* ---- looking at queues ---- */

void page_waits_functions(struct symbol_cache *cache)
{
	cache->names = wakers;
}

struct looking {
	struct symbol_cache *functions;
	void (*fn)(const struct kiocb *kiocb, void *data);
	void *data;
};

/* A request of io_uring and its record name each other. */
static void look_at_waiting(const struct looking *looking,
			    const struct page *page,
			    const struct wait_page_queue *wait,
			    const struct wait_page_queue *copy)
{
	const struct kiocb *kiocb = copy->wait.private;
	const struct wait_page_queue *its_wait;

	if (page_of(copy) != page ||
	    symbol_which(looking->functions, copy->wait.func) == SYMBOL_NONE)
		return;
	if (peek(&its_wait,
		 (const struct wait_page_queue **)&kiocb->ki_waitq) &&
	    its_wait == wait)
		looking->fn(kiocb, looking->data);
}

/* Return: false if the queue was changed where it was looked at. */
static bool look_at_queue(const struct looking *looking,
			  const struct page *page)
{
	const struct list_head *head =
		&table[hash_ptr(page, TABLE_BITS)].head;
	const struct list_head *last = head, *entry = peek_next(head);
	unsigned int i;

	for (i = 0; entry && entry != head && i < MAX_WAITING; i++) {
		const struct wait_page_queue *wait =
			container_of(entry, struct wait_page_queue, wait.entry);
		struct wait_page_queue copy;

		if (!peek(&copy, wait) || copy.wait.entry.prev != last)
			return false;
		look_at_waiting(looking, page, wait, &copy);
		cond_resched();
		last = entry;
		entry = copy.wait.entry.next;
	}
	return entry == head;
}

/* Whoever waits for a part of a larger page waits for its first one. */
static bool look_at_pages(const struct looking *looking,
			  const struct bio_vec *vec, const struct page **last)
{
	u32 nr = max(DIV_ROUND_UP(vec->bv_offset + vec->bv_len, PAGE_SIZE), 1UL);
	u32 i;

	for (i = 0; i < nr && i < MAX_PAGES; i++) {
		const struct page *page = vec->bv_page + i;

		if (!sound_page(page))
			continue;
		page = compound_head((struct page *)page);
		if (page != *last && !look_at_queue(looking, page))
			return false;
		*last = page;
	}
	return true;
}

bool page_waits_each(struct symbol_cache *functions, const struct bio *bio,
		     void (*fn)(const struct kiocb *kiocb, void *data),
		     void *data)
{
	const struct looking looking = { functions, fn, data };
	const struct page *last = NULL;
	const struct bio_vec *vecs;
	unsigned short nr, i;
	struct bio_vec vec;

	if (page_waits_why_unknown() || !peek(&nr, &bio->bi_vcnt) ||
	    !peek(&vecs, (const struct bio_vec **)&bio->bi_io_vec))
		return true;
	for (i = 0; i < nr && i < MAX_PAGES; i++)
		if (!peek(&vec, &vecs[i]) ||
		    !look_at_pages(&looking, &vec, &last))
			return false;
	return true;
}
