// SPDX-License-Identifier: GPL-2.0
/*
 * Tells what is at the address of a struct aio_kiocb. The kernel keeps one for
 * each AIO request from io_submit() until the event is in the ring, whatever
 * the request is about, so these are all requests there are.
 *
 * Their memory is used again and again, and what was freed keeps most of its
 * old content. Three things together prove a request:
 *
 * - ki_refcnt is 1 or 2: one reference is that of io_submit() while it works on
 *   the request, one that of the request itself. A completed one has 0. But one
 *   that io_submit() refused, say for a bad file, is freed with 1: whoever finds
 *   more requests than a context has must sort these out.
 * - ki_ctx is a context, and the inode of its ring says so too.
 * - One of the functions that AIO completes requests with is where the kind of
 *   request has it. While io_submit() has not got so far, the empty list
 *   ki_list, which points to itself, stands for that.
 */
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "access/memory.h"
#include "access/sound.h"
#include "object/aio_request.h"
#include "object/kioctx.h"

/* ---- what has to be known ---- */

const char *aio_request_why_unknown(void)
{
	static const enum layout_member_id needed[] = {
		LM_AIO_KIOCB_RW, LM_AIO_KIOCB_FSYNC, LM_AIO_KIOCB_POLL,
		LM_AIO_KIOCB_KI_FILP, LM_AIO_KIOCB_KI_CTX, LM_AIO_KIOCB_KI_RES,
		LM_AIO_KIOCB_KI_LIST, LM_AIO_KIOCB_KI_REFCNT,
		LM_FSYNC_IOCB_WORK, LM_POLL_IOCB_WAIT,
	};
	enum layout_status status;

	status = layout_status_of_all(needed, ARRAY_SIZE(needed));
	if (status != LAYOUT_OK)
		return layout_status_text(status);
	return IS_ENABLED(CONFIG_KALLSYMS) ? NULL : "no-kallsyms";
}

enum function {
	RW_END,
	FSYNC_WORK,
	POLL_WAKE,
};

static const char * const functions[] = {
	[RW_END] = "aio_complete_rw",
	[FSYNC_WORK] = "aio_fsync_work",
	[POLL_WAKE] = "aio_poll_wake",
	NULL
};

struct symbol_cache *aio_request_functions_alloc(void)
{
	struct symbol_cache *cache;

	cache = kvzalloc(sizeof(*cache), GFP_READ);
	if (cache)
		cache->names = functions;
	return cache;
}

/* Where another kind has its function, this one may have a number. */
static bool is_function(struct symbol_cache *known, const void *address,
			enum function which)
{
	return peek_is_kernel_address((unsigned long)address) &&
	       symbol_which(known, address) == which;
}

/* ---- is it one? ---- */

static unsigned int refs_of(const void *aio)
{
	refcount_t refs;

	return layout_get(&refs, aio, LM_AIO_KIOCB_KI_REFCNT) ?
		refcount_read(&refs) : 0;
}

static const void *context_of(const void *aio)
{
	unsigned int refs = refs_of(aio);
	const void *ctx;

	if (refs != 1 && refs != 2)
		return NULL;
	return layout_get(&ctx, aio, LM_AIO_KIOCB_KI_CTX) && ctx &&
	       kioctx_is_real(ctx) ? ctx : NULL;
}

bool aio_request_may_be(const void *aio)
{
	return context_of(aio);
}

const struct kiocb *aio_request_in_submit(const void *aio)
{
	u32 size = layout_size_of(LS_AIO_KIOCB);

	if (!size || size > PAGE_SIZE ||
	    !peek_is_kernel_address((unsigned long)aio) ||
	    !sound_address(aio, size) || refs_of(aio) != 2 || !context_of(aio))
		return NULL;
	return layout_at(aio, LM_AIO_KIOCB_RW);
}

/* ---- what does it do? ---- */

/* The parts of an object that tell of which kind it is. */
struct parts {
	struct kiocb rw;
	struct work_struct fsync_work;
	struct wait_queue_entry poll_wait;
	struct list_head list;
	struct io_event result;
};

static bool read_parts(struct parts *parts, const void *aio)
{
	const void *fsync = layout_at(aio, LM_AIO_KIOCB_FSYNC);
	const void *poll = layout_at(aio, LM_AIO_KIOCB_POLL);

	return layout_get(&parts->rw, aio, LM_AIO_KIOCB_RW) &&
	       layout_get(&parts->fsync_work, fsync, LM_FSYNC_IOCB_WORK) &&
	       layout_get(&parts->poll_wait, poll, LM_POLL_IOCB_WAIT) &&
	       layout_get(&parts->list, aio, LM_AIO_KIOCB_KI_LIST) &&
	       layout_get(&parts->result, aio, LM_AIO_KIOCB_KI_RES);
}

static bool is_empty(const struct list_head *copy, const void *aio)
{
	const void *list = layout_at(aio, LM_AIO_KIOCB_KI_LIST);

	return copy->next == list && copy->prev == list;
}

static void set_rw(struct aio_request *request, const struct parts *parts)
{
	request->kind = parts->rw.ki_flags & IOCB_WRITE ? AIO_REQUEST_WRITE :
		AIO_REQUEST_READ;
	request->direct = parts->rw.ki_flags & IOCB_DIRECT;
	request->pos = parts->rw.ki_pos;
	request->complete = parts->result.res;
}

/*
 * What a read or write has where the work of a fsync has its function is no
 * address, nor is what a poll has there; so this is looked at first, and few
 * names have to be looked up.
 */
static bool find_kind(struct aio_request *request, struct symbol_cache *known)
{
	struct parts parts;

	if (!read_parts(&parts, request->aio))
		return false;
	request->user_iocb = parts.result.obj;
	if (is_function(known, parts.fsync_work.func, FSYNC_WORK))
		request->kind = AIO_REQUEST_FSYNC;
	else if (is_function(known, parts.rw.ki_complete, RW_END))
		set_rw(request, &parts);
	else if (is_function(known, parts.poll_wait.func, POLL_WAKE))
		request->kind = AIO_REQUEST_POLL;
	else
		return request->submitting && is_empty(&parts.list, request->aio);
	return true;
}

/* ---- all of it ---- */

bool aio_request_is_same(const struct aio_request *a,
			 const struct aio_request *b)
{
	return a->aio == b->aio && a->ctx == b->ctx && a->file == b->file &&
	       a->user_iocb == b->user_iocb && a->pos == b->pos;
}

static bool take_once(struct aio_request *request, struct symbol_cache *known,
		      const void *aio)
{
	memset(request, 0, sizeof(*request));
	request->aio = aio;
	request->submitting = refs_of(aio) == 2;
	request->ctx = context_of(aio);
	return request->ctx &&
	       layout_get(&request->file, aio, LM_AIO_KIOCB_KI_FILP) &&
	       (request->file || request->submitting) &&
	       find_kind(request, known);
}

bool aio_request_take(struct aio_request *request, struct symbol_cache *known,
		      const void *aio)
{
	struct aio_request before;

	if (!take_once(&before, known, aio))
		return false;
	if (!take_once(request, known, aio) ||
	    !aio_request_is_same(&before, request))
		return false;
	/* Of another file by now, it is another request. */
	if (!opened_by_file(&request->opened, request->file))
		request->why_not_opened = "unreadable";
	else if (!request->opened.disk)
		request->why_not_opened = "no-block-device";
	return context_of(aio) == request->ctx;
}
