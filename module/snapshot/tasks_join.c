// SPDX-License-Identifier: GPL-2.0
/*
 * Joins tasks with what disks have outstanding: a bio names the task that waits
 * for it, or has the page or the buffer that the task waits for; a request names
 * the completion.
 */
#include <linux/bio.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "access/peek.h"
#include "access/sound.h"
#include "access/symbols.h"
#include "object/request.h"
#include "object/slab_pages.h"
#include "snapshot/tasks_collect.h"

#define MAX_BIOS 4096
#define MAX_PAGES 256

struct joining {
	struct tasks_snap *snap;
	struct by_address *tasks;
	struct by_address *objects;
	struct symbol_cache *functions;
	const struct gendisk *disk;
	u32 joined;		/* number of the request that is looked at */
	u32 first;		/* of this disk */
	bool any;		/* something of this disk was joined */
	const struct rest *rest;
	struct rest bio;
};

static const void *address_of_task(const struct task_wait *wait)
{
	return wait->task;
}

/* Pages by their number, as a bio may have many that are side by side. */
static const void *address_of_object(const struct task_wait *wait)
{
	switch (wait->record.kind) {
	case WAIT_PAGE:
	case WAIT_BIT:
	case WAIT_COMPLETION:
	case WAIT_QUEUE:
	case WAIT_SEMAPHORE:
		return wait->proved ? wait->record.object : NULL;
	default:
		return NULL;
	}
}

/* ---- joining ---- */

static u64 began_ns(const struct rest *rest, const struct chain *chain)
{
	return rest->start_ns || !chain || !chain->began ? rest->start_ns :
		chain_began_ns(chain);
}

static void join(struct joining *joining, struct task_wait *wait,
		 const struct chain *chain)
{
	const u64 start_ns = began_ns(joining->rest, chain);

	if (wait->has_rest &&
	    !request_is_older(start_ns, wait->rest.start_ns))
		return;
	wait->disk = joining->disk;
	wait->rest = joining->bio;
	wait->rest.state = joining->rest->state;
	wait->rest.start_ns = start_ns;
	wait->rest.rq = joining->rest->rq;
	wait->has_rest = true;
	wait->joined = joining->joined;
	joining->any = true;
	if (!chain)
		return;
	/* What the waiter asked for may be known better by the page. */
	if (wait->has_origin) {
		wait->origin.nr_disks = chain->origin.nr_disks;
		memcpy(wait->origin.disks, chain->origin.disks,
		       sizeof(wait->origin.disks));
	} else {
		wait->origin = chain->origin;
	}
}

static void unjoin(struct task_wait *wait)
{
	wait->has_rest = false;
	wait->joined = 0;
	wait->disk = NULL;
	if (wait->proof == TASK_PROOF_BIO || wait->proof == TASK_PROOF_REQUEST) {
		wait->awaits = TASK_AWAITS_UNKNOWN;
		wait->proof = TASK_PROOF_NONE;
	}
	wait->origin.nr_disks = 0;
	if (!wait->has_origin)
		memset(&wait->origin, 0, sizeof(wait->origin));
}

/* What was joined since a certain request is not true any more. */
static void unjoin_since(struct joining *joining, u32 first)
{
	struct tasks_snap *snap = joining->snap;
	u32 i;

	for (i = 0; joining->any && i < snap->nr; i++)
		if (snap->of[i].has_rest && snap->of[i].joined >= first)
			unjoin(&snap->of[i]);
}

static void join_own(struct joining *joining, struct task_wait *wait,
		     const struct chain *chain, enum task_proof proof)
{
	if (wait->awaits != TASK_AWAITS_UNKNOWN &&
	    wait->awaits != TASK_AWAITS_BIO)
		return;
	join(joining, wait, chain);
	wait->awaits = TASK_AWAITS_BIO;
	wait->proof = proof;
}

static void join_task(struct joining *joining, const struct chain *chain)
{
	u32 at = by_address_find(joining->tasks, chain->task);

	if (at != TASKS_NONE)
		join_own(joining, &joining->snap->of[at], chain, TASK_PROOF_BIO);
}

/* Who waits until its requests of io_uring are done. */
static void join_ring(struct joining *joining, const struct chain *chain)
{
	u32 at = by_address_find(joining->tasks, chain->task);

	if (at != TASKS_NONE && joining->snap->of[at].cancelling)
		join(joining, &joining->snap->of[at], chain);
}

static bool awaits_page(const struct task_wait *wait)
{
	return wait->awaits == TASK_AWAITS_PAGE ||
	       wait->awaits == TASK_AWAITS_WRITEBACK ||
	       wait->awaits == TASK_AWAITS_BUFFER;
}

/* All tasks that wait for something between two addresses. */
static void join_between(struct joining *joining, const struct chain *chain,
			 const void *first, const void *end)
{
	const struct by_address *objects = joining->objects;
	u32 i = by_address_first(objects, first);

	for (; i < objects->nr && objects->of[i].address < end; i++) {
		struct task_wait *wait = &joining->snap->of[objects->of[i].at];

		if (awaits_page(wait))
			join(joining, wait, chain);
	}
}

/* A page may be a part of a larger one, for whose first page tasks wait. */
static void join_pages(struct joining *joining, const struct chain *chain,
		       const struct bio_vec *vec)
{
	const struct page *page = vec->bv_page, *head;
	u32 nr = DIV_ROUND_UP(vec->bv_offset + vec->bv_len, PAGE_SIZE);

	if (!sound_page(page))
		return;
	head = compound_head((struct page *)page);
	if (head != page)
		join_between(joining, chain, head, head + 1);
	join_between(joining, chain, page, page + max(nr, 1U));
}

static void join_pages_of_bio(struct joining *joining, const struct chain *chain)
{
	const struct bio *bio = chain->top;
	const struct bio_vec *vecs;
	struct bio_vec vec;
	unsigned short nr, i;
	void *private;

	if (!joining->objects->nr ||
	    !peek(&nr, &bio->bi_vcnt) ||
	    !peek(&vecs, (const struct bio_vec **)&bio->bi_io_vec))
		return;
	for (i = 0; i < nr && i < MAX_PAGES; i++) {
		if (!peek(&vec, &vecs[i]))
			return;
		join_pages(joining, chain, &vec);
	}
	/* A buffer is what its bio is private to. */
	if (peek(&private, (void **)&bio->bi_private) && private)
		join_between(joining, chain, private, private + 1);
}

/* What the object of a bio is, by the function that the bio calls when it is done. */
static enum task_awaits part_of(const void *end_io)
{
	char text[WAIT_NAME_LEN];

	symbol_name(text, sizeof(text), end_io);
	text[strcspn(text, " .")] = '\0';
	if (!strcmp(text, "xlog_bio_end_io"))
		return TASK_AWAITS_LOG;
	return strcmp(text, "xfs_buf_bio_end_io") ? TASK_AWAITS_BIO :
						    TASK_AWAITS_BUFFER;
}

/* An object of which nothing is known may have queues for other things too. */
static void join_part(struct joining *joining, struct task_wait *wait,
		      const struct chain *chain, const void *private)
{
	const enum task_awaits part = part_of(chain->end_io);
	const bool is_lock = wait->awaits == TASK_AWAITS_LOCK;

	if (part == TASK_AWAITS_BIO &&
	    (wait->record.kind != WAIT_COMPLETION ||
	     wait->record.object != private))
		return;
	if (is_lock ? *wait->lock != '\0' :
		      wait->awaits != TASK_AWAITS_UNKNOWN &&
		      wait->proof != TASK_PROOF_BIO)
		return;
	join(joining, wait, chain);
	if (is_lock)
		return;
	wait->awaits = part;
	wait->proof = TASK_PROOF_BIO;
}

/*
 * Whoever makes bios of its own mostly has an object for each, which the bio is
 * private to. In a buffer of xfs, or a part of its log, a completion, a queue and a
 * semaphore are those of the bio.
 */
static void join_private(struct joining *joining, const struct chain *chain)
{
	const struct by_address *objects = joining->objects;
	const void *private, *object;
	size_t size;
	u32 i;

	if (!objects->nr || !chain->top ||
	    !peek(&private, (const void **)&chain->top->bi_private))
		return;
	object = slab_pages_object(private, &size);
	if (!object)
		return;
	for (i = by_address_first(objects, object);
	     i < objects->nr && objects->of[i].address < object + size; i++)
		join_part(joining, &joining->snap->of[objects->of[i].at],
			  chain, private);
}

static void join_chain(const struct chain *chain, void *data)
{
	struct joining *joining = data;

	switch (chain->waiter) {
	case CHAIN_TASK:
		if (chain->task)
			join_task(joining, chain);
		break;
	case CHAIN_URING:
		if (chain->task)
			join_ring(joining, chain);
		break;
	case CHAIN_PAGE_CACHE:
	case CHAIN_WRITEBACK:
	case CHAIN_SWAP:
		join_pages_of_bio(joining, chain);
		break;
	case CHAIN_NOT_KNOWN:
		join_private(joining, chain);
		break;
	default:
		break;
	}
}

/* Of tags that several disks share, whoever wants one tells for which of them. */
static void join_submitter(struct joining *joining, const struct rest *rest)
{
	u32 at = by_address_find(joining->tasks, rest->submitter.task);
	struct task_wait *wait;

	if (at == TASKS_NONE)
		return;
	wait = &joining->snap->of[at];
	if (wait->awaits == TASK_AWAITS_TAG && !wait->disk)
		wait->disk = joining->disk;
}

/* A request that some code sent by itself, and waits for. */
static void join_request(struct joining *joining, const struct rest *rest)
{
	const void *private;
	struct task_wait *wait;
	u32 at;

	if (!rest->rq ||
	    !peek(&private, (const void **)&rest->rq->end_io_data) || !private)
		return;
	at = by_address_find(joining->objects, private);
	if (at == TASKS_NONE)
		return;
	wait = &joining->snap->of[at];
	joining->bio = *rest;
	if (wait->record.kind == WAIT_COMPLETION)
		join_own(joining, wait, NULL, TASK_PROOF_REQUEST);
}

static void visit(const struct rest *rest, void *data)
{
	struct joining *joining = data;
	const struct bio *bio = rest->bio;
	u32 i;

	if (rest->below)
		return;
	if (rest->state == REST_SUBMITTING) {
		join_submitter(joining, rest);
		return;
	}
	joining->rest = rest;
	joining->joined++;
	join_request(joining, rest);
	for (i = 0; bio && i < MAX_BIOS; i++) {
		if (!rest_of_bio(&joining->bio, bio))
			break;
		chain_each(joining->functions, bio, join_chain, joining);
		cond_resched();
		if (!rest->rq || !peek(&bio, (const struct bio **)&bio->bi_next))
			break;
	}
	/* It may be done, and another one by now. */
	if (!rest_is_same(rest))
		unjoin_since(joining, joining->joined);
}

static void begin(const struct disk_name *name, const struct disk_load *load,
		  void *data)
{
	struct joining *joining = data;

	joining->disk = name->disk;
	joining->any = false;
	joining->first = joining->joined + 1;
	if (load->kind == DISK_BIO)
		disk_names_mark(joining->snap->names, name->disk);
}

static void restart(void *data)
{
	struct joining *joining = data;

	unjoin_since(joining, joining->first);
	joining->any = false;
}

static void end(const char *why_not, void *data)
{
	struct joining *joining = data;

	if (why_not)
		joining->snap->incomplete = "requests-unreadable";
}

/* ---- what only a driver knows ---- */

/* A disk that owes something, and below which nothing can be found. */
static void blame_drivers(struct tasks_snap *snap)
{
	u32 i;

	for (i = 0; i < snap->nr; i++) {
		struct task_wait *wait = &snap->of[i];
		const struct disk_name *name;

		if (!awaits_page(wait) || wait->has_rest || !wait->has_origin)
			continue;
		name = disk_names_find(snap->names, wait->origin.opened.disk);
		if (name && name->keeps_bios)
			wait->disk = name->disk;
		cond_resched();
	}
}

int tasks_join(struct tasks_snap *snap)
{
	struct joining *joining = kvzalloc(sizeof(*joining), GFP_READ);
	const struct outstanding_visitor visitor = {
		.begin = begin,
		.restart = restart,
		.visit = visit,
		.end = end,
		.data = joining,
	};
	int err = -ENOMEM;

	if (!joining)
		return -ENOMEM;
	joining->snap = snap;
	joining->tasks = by_address_make(snap, address_of_task);
	joining->objects = by_address_make(snap, address_of_object);
	joining->functions = chain_functions_alloc();
	if (joining->tasks && joining->objects && joining->functions) {
		outstanding_each(&visitor);
		blame_drivers(snap);
		err = 0;
	}
	kvfree(joining->tasks);
	kvfree(joining->objects);
	kvfree(joining->functions);
	kvfree(joining);
	return err;
}
