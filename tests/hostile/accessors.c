// SPDX-License-Identifier: GPL-2.0
/* Every accessor that is given a foreign pointer, and how it says "unknown". */
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/lock.h"
#include "object/dio_works.h"
#include "object/kiocb.h"
#include "object/opened.h"
#include "object/slab_free.h"
#include "object/submitters.h"
#include "snapshot/aio_collect.h"
#include "snapshot/device.h"

#include "hostile.h"

/* ---- plain reads ---- */

static bool call_peek(const void *p)
{
	unsigned int size, i;
	u8 bytes[256];
	bool unknown = true;

	for (size = 1; size <= sizeof(bytes); size *= 2) {
		memset(bytes, 0xa5, size);
		if (peek_bytes(bytes, p, size)) {
			unknown = false;
			continue;
		}
		/* Half of a value is never left for one. */
		for (i = 0; i < size; i++)
			if (bytes[i] && bytes[i] != 0xa5)
				return false;
	}
	return unknown;
}

/* A member is read whole or not at all. */
static bool call_layout(const void *p)
{
	static const u32 sizes[] = { 1, 4, 8, 16 };
	unsigned int m, i;
	bool unknown = true;
	u8 bytes[16];

	for (m = 0; m < LM_NR; m++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			if (layout_peek(bytes, sizes[i], p, m))
				unknown = false;
	return unknown;
}

static bool call_config(const void *p)
{
	return layout_check_config(p) != LAYOUT_OK;
}

static bool call_lock(const void *p)
{
	const void *owner;

	return !lock_owner(&owner, p);
}

static bool call_holder(const void *p)
{
	struct task_snap holder;

	lock_snap_holder(&holder, p);
	return holder.found == TASK_NONE || holder.found == TASK_GONE;
}

/* ---- tasks ---- */

static bool call_task(const void *p)
{
	struct task_snap snap;

	task_snap_address(&snap, p);
	return snap.found == (p ? TASK_GONE : TASK_NONE);
}

static bool call_number(const void *p)
{
	struct task_snap snap;

	task_snap_number(&snap, (pid_t)(long)p);
	return snap.found != TASK_UNREADABLE;
}

static bool call_pid(const void *p)
{
	struct task_snap snap;

	task_snap_pid(&snap, p);
	return snap.found == (p ? TASK_UNREADABLE : TASK_NONE);
}

/* ---- sockets ---- */

static bool call_socket(const void *p)
{
	struct socket_snap *s = kmalloc(sizeof(*s), GFP_KERNEL);
	bool unknown;

	if (!s)
		return false;
	socket_snap_take(s, p);
	unknown = s->why_no_socket && s->dead.why_not &&
		  s->pending.why_not && s->sending.why_not &&
		  s->cookie.why_not && s->fallback.why_not && s->sent.why_not &&
		  s->file_refs == -1 && s->unread.why_not && s->unsent.why_not;
	kfree(s);
	return unknown;
}

static bool call_socket_parts(const void *p)
{
	unsigned long inode;
	int cookie;

	return socket_is_dead(p) == UNKNOWN && socket_file_refs(p) == -1 &&
	       socket_is_sending(p) == UNKNOWN && socket_has_worker(p) &&
	       socket_can_block(p) && !socket_of(p) &&
	       !socket_identity(&inode, &cookie, p);
}

static bool count_one(const void *unused, void *count)
{
	++*(unsigned int *)count;
	return true;
}

static bool call_each_socket(const void *p)
{
	unsigned int count = 0;

	return !nbd_each_socket(p, SOCKETS_MAX, count_one, &count) && !count;
}

/* ---- requests ---- */

static void count_kiocb(const struct kiocb_found *unused, void *count)
{
	++*(unsigned int *)count;
}

static bool call_request(const void *p)
{
	struct symbol_cache *functions = kiocb_functions_alloc();
	struct request_snap snap;
	unsigned int count = 0;
	bool right = false;

	if (functions) {
		kiocb_each(functions, p, count_kiocb, &count);
		right = !count && !requests_copy(&snap, p) &&
			!kiocb_end_io(functions, p);
	}
	kvfree(functions);
	return right;
}

/* ---- AIO ---- */

static bool call_context(const void *p)
{
	struct kioctx_snap snap;

	return !kioctx_snap_take(&snap, p) && !kioctx_is_real(p) &&
	       !kioctx_rq_wait(p);
}

static bool call_inode(const void *p)
{
	return !kioctx_of_inode(p) && !compat_mapping_private(p);
}

static bool call_aio_request(const void *p)
{
	struct symbol_cache *functions = aio_request_functions_alloc();
	struct aio_request request;
	bool unknown = false;

	if (functions)
		unknown = !aio_request_may_be(p) && !slab_free_has(p) &&
			  !aio_request_in_submit(p) && !submitters_has(p) &&
			  !aio_request_take(&request, functions, p);
	kvfree(functions);
	return unknown;
}

static bool call_opened(const void *p)
{
	struct opened opened;

	return !opened_by_file(&opened, p) && !opened_by_page(&opened, p);
}

static void count_work(const struct kiocb *unused, void *count)
{
	++*(unsigned int *)count;
}

static bool call_dio_works(const void *p)
{
	struct symbol_cache *functions = kzalloc(sizeof(*functions), GFP_KERNEL);
	unsigned int count = 0;

	if (!functions)
		return false;
	dio_works_functions(functions);
	dio_works_each(functions, p, count_work, &count);
	kfree(functions);
	return !count;
}

static bool count_vma(const struct vm_area_struct *unused, void *count)
{
	++*(unsigned int *)count;
	return true;
}

static bool call_vmas(const void *p)
{
	unsigned int count = 0;

	compat_each_vma(p, count_vma, &count);
	return !count;
}

static void count_context(const void *unused, void *count)
{
	++*(unsigned int *)count;
}

/* A stack that holds nothing but this address. */
static bool call_stack(const void *p)
{
	struct stack_copy *stack = kvzalloc(sizeof(*stack), GFP_KERNEL);
	struct symbol_cache *functions = kzalloc(sizeof(*functions), GFP_KERNEL);
	struct aio_waiter waiter = { .task = p };
	unsigned int count = 0, i;
	bool found = true;

	if (!stack || !functions)
		goto out;
	waiter_functions(functions);
	stack->base = (unsigned long)lent;
	stack->end = STACK_WORDS;
	for (i = 0; i < STACK_WORDS; i++)
		stack->words[i] = (unsigned long)p;
	found = waiter_find(&waiter, stack, functions);
	waiter.wait = p;
	waiter_contexts(&waiter, stack, count_context, &count);
out:
	kfree(functions);
	kvfree(stack);
	return !found && !count;
}

static bool call_adopt(const void *p)
{
	struct aio_snap *snap = kvzalloc(sizeof(*snap), GFP_KERNEL);
	bool unknown;

	if (!snap)
		return false;
	INIT_LIST_HEAD(&snap->spaces);
	INIT_LIST_HEAD(&snap->waits);
	INIT_LIST_HEAD(&snap->unowned);
	unknown = !aio_context_adopt(snap, p) && !aio_context_find(snap, p);
	aio_snap_free(snap);
	return unknown;
}

/* ---- all ---- */

static const struct {
	const char *name;
	bool (*call)(const void *p);
} accessors[] = {
	{ "peek_bytes", call_peek },
	{ "layout_peek", call_layout },
	{ "layout_check_config", call_config },
	{ "lock_owner", call_lock },
	{ "lock_snap_holder", call_holder },
	{ "task_snap_address", call_task },
	{ "task_snap_number", call_number },
	{ "task_snap_pid", call_pid },
	{ "socket_snap_take", call_socket },
	{ "socket_is_dead and the like", call_socket_parts },
	{ "nbd_each_socket", call_each_socket },
	{ "requests_copy, kiocb_each", call_request },
	{ "kioctx_snap_take", call_context },
	{ "kioctx_of_inode", call_inode },
	{ "aio_request_take", call_aio_request },
	{ "opened_by_file", call_opened },
	{ "dio_works_each", call_dio_works },
	{ "compat_each_vma", call_vmas },
	{ "waiter_contexts", call_stack },
	{ "aio_context_adopt", call_adopt },
};

unsigned int accessors_nr(void)
{
	return ARRAY_SIZE(accessors);
}

const char *accessor_name(unsigned int i)
{
	return accessors[i].name;
}

bool accessor_call(unsigned int i, const void *p)
{
	return accessors[i].call(p);
}

/* Return: how many pointers this one got wrong. */
static unsigned int test_accessor(struct verdicts *v, unsigned int i)
{
	unsigned int j, wrong = 0;
	bool unknown;

	for (j = 0; j < bad_nr; j++) {
		test_begin(v);
		unknown = accessor_call(i, bad[j].address);
		if (test_in_time(v) && (unknown || bad[j].readable))
			continue;
		wrong++;
		test_says(v, false, "%s: %s: %s", accessor_name(i),
			  bad[j].name, unknown ? "too slow" : "not unknown");
	}
	return wrong;
}

void test_pointers(struct verdicts *v)
{
	unsigned int i;

	for (i = 0; i < accessors_nr(); i++)
		if (!test_accessor(v, i))
			test_says(v, true, "%s: %u bad pointers",
				  accessor_name(i), bad_nr);
}
