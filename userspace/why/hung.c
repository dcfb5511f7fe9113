// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks that cannot go on, and rings of io_uring, by what holds them up: the
 * device that owes them in the end; else tasks that wait for each other, or the
 * last one of those that wait for another one.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/aio.h"
#include "facts/device.h"
#include "facts/io.h"
#include "facts/rest.h"
#include "facts/tasks.h"
#include "facts/uring.h"
#include "host/task.h"
#include "why/causes.h"

/* A longer way is not followed: the module does not do so either. */
#define MAX_HOPS 64
/* What a name of the kernel has at most. */
#define COMM_MAX 64

/**
 * struct root - what holds a task up in the end
 * @device: the device that owes it; empty if that is none, or not known
 * @is_throttled: a limit of a cgroup holds it back from that
 * @tid: else the thread at the end of the way
 * @tgid: its process
 * @line: of the last thread on the way; NULL if that can go on
 * @is_gone: that thread is no more, as look_at_holder() found
 * @is_stopped: likewise: it is stopped
 * @comm: its name, escaped
 * @other: of those that wait for each other: the next one
 */
struct root {
	char device[WHY_NAME_LEN];
	bool is_throttled;
	pid_t tid;
	pid_t tgid;
	const char *line;
	bool is_gone;
	bool is_stopped;
	char comm[COMM_MAX];
	const struct hung_task *other;
};

/* ---- tasks by number ---- */

static int by_tid(const void *a, const void *b)
{
	const struct hung_task *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static int by_waiting(const void *a, const void *b)
{
	const struct hung_task *x = a, *y = b;

	if (x->waiting_ns != y->waiting_ns)
		return x->waiting_ns > y->waiting_ns ? -1 : 1;
	return by_tid(a, b);
}

static void read_tasks(struct causes *causes)
{
	const struct text *text = &causes->why->tasks;
	struct hung_task *task;
	const char *line;
	size_t at = 0;

	causes->hung = check_memory(calloc(text_count(text, "task") + 1,
					   sizeof(*task)));
	while ((line = text_next(text, "task", &at))) {
		uint64_t tid = value_or_zero(text_field(line, "tid"));

		if (!tid || tid > INT_MAX)
			continue;
		task = &causes->hung[causes->nr_hung++];
		task->tid = (pid_t)tid;
		task->waiting_ns = tasks_waiting_ns(line);
		task->line = line;
	}
	qsort(causes->hung, causes->nr_hung, sizeof(*task), by_tid);
}

static const struct hung_task *find_task(const struct causes *causes, pid_t tid)
{
	const struct hung_task want = { .tid = tid };

	if (!causes->nr_hung)
		return NULL;
	return bsearch(&want, causes->hung, causes->nr_hung, sizeof(want),
		       by_tid);
}

/* ---- the way of a task ---- */

static bool copy_name(char *name, size_t size, struct value value)
{
	if (value.kind != VALUE_GIVEN || value.len >= size)
		return false;
	memcpy(name, value.at, value.len);
	name[value.len] = '\0';
	return true;
}

/* Many tasks that come one after another wait for the same device. */
static struct cause *ask_above(struct causes *causes, const char *device)
{
	struct asked *asked = &causes->asked;

	if (asked->nr != causes->nr || strcmp(asked->device, device)) {
		asked->cause = above_cause(causes, device);
		asked->nr = causes->nr;
		snprintf(asked->device, sizeof(asked->device), "%s", device);
	}
	return asked->cause;
}

/* What a limit of a cgroup holds back was not given to what lies below. */
static struct cause *device_cause(struct causes *causes,
				  const char *device, bool is_throttled)
{
	return is_throttled ? causes_owing(causes, device) :
			      ask_above(causes, device);
}

/* Of the devices that owe the same one that is a cause already, else the first. */
static bool choose_device(struct causes *causes, const struct rests *rests,
			  struct root *root)
{
	char name[WHY_NAME_LEN];
	bool found = false, is_cause, is_throttled;
	size_t i;

	for (i = 0; i < rests->nr; i++) {
		if (!copy_name(name, sizeof(name), rests->rest[i].device))
			continue;
		is_throttled = value_is(rests->rest[i].state, "throttled");
		is_cause = device_cause(causes, name, is_throttled);
		if (found && !is_cause)
			continue;
		memcpy(root->device, name, sizeof(name));
		root->is_throttled = is_throttled;
		found = true;
		if (is_cause)
			break;
	}
	return found;
}

/* A worker that waits for a ring waits for the devices that owe that. */
static bool find_device_of_ring(struct causes *causes, pid_t worker,
				struct root *root)
{
	const struct text *text = &causes->why->uring;
	struct uring_ring ring = {};
	struct rests rests;

	while (uring_next(text, &ring)) {
		if (value_or_zero(text_field(ring.line, "worker")) !=
				(uint64_t)worker)
			continue;
		uring_rests(text, &ring, &rests);
		return choose_device(causes, &rests, root);
	}
	return false;
}

/* So does a task that waits for its AIO contexts. */
static bool find_device_of_contexts(struct causes *causes, pid_t tid,
				    struct root *root)
{
	const struct text *text = &causes->why->aio;
	struct aio_owner owner;
	struct rests rests;
	size_t at = 0;

	while (aio_next(text, &at, &owner)) {
		if (owner.kind != AIO_WAITER ||
		    value_or_zero(text_field(owner.line, "tid")) !=
				(uint64_t)tid)
			continue;
		aio_rests(text, &owner, &rests);
		return choose_device(causes, &rests, root);
	}
	return false;
}

/*
 * The line of a task that waits for another one has the device that the last one waits
 * for, but only the last one's line has what became of the request.
 */
static bool last_is_throttled(const struct causes *causes,
			      const struct hung_task *task)
{
	const struct hung_task *next = task;
	pid_t tid, tgid;
	int hops;

	for (hops = 0; next && hops < MAX_HOPS; hops++) {
		task = next;
		next = tasks_holder(task->line, &tid, &tgid) ?
			find_task(causes, tid) : NULL;
	}
	return value_is(text_field(task->line, "request"), "throttled");
}

static bool has_device(struct causes *causes,
		       const struct hung_task *task, struct root *root)
{
	struct value word = text_field(task->line, "waits_for");

	if (copy_name(root->device, sizeof(root->device),
		      text_field(task->line, "device"))) {
		root->is_throttled = last_is_throttled(causes, task);
		return true;
	}
	if (value_is(word, "ring"))
		return find_device_of_ring(causes, task->tid, root);
	return value_is(word, "aio-context") &&
	       find_device_of_contexts(causes, task->tid, root);
}

/*
 * Of a cycle the one with the lowest number, so that all have the same root. Return:
 * NULL if the way does not come back.
 */
static const struct hung_task *lowest(const struct causes *causes,
				      const struct hung_task *first)
{
	const struct hung_task *at = first, *low = first;
	pid_t tid, tgid;
	int hops;

	for (hops = 0; hops < MAX_HOPS; hops++) {
		if (!tasks_holder(at->line, &tid, &tgid))
			return NULL;
		at = find_task(causes, tid);
		if (!at)
			return NULL;
		if (at == first)
			return low;
		if (at->tid < low->tid)
			low = at;
	}
	return NULL;
}

static void set_root(const struct causes *causes, struct root *root,
		     const struct hung_task *task, bool is_far)
{
	const struct hung_task *low = is_far ? lowest(causes, task) : NULL;
	pid_t next, tgid;

	if (low)
		task = low;
	root->tid = task->tid;
	root->tgid = (pid_t)value_or_zero(text_field(task->line, "tgid"));
	root->line = task->line;
	copy_name(root->comm, sizeof(root->comm),
		  text_field(task->line, "comm"));
	if (low && tasks_holder(task->line, &next, &tgid))
		root->other = find_task(causes, next);
}

static void set_holder(struct root *root, const struct hung_task *task,
		       pid_t tid, pid_t tgid)
{
	root->tid = tid;
	root->tgid = tgid;
	copy_name(root->comm, sizeof(root->comm),
		  text_field(task->line, "held_by_comm"));
}

/* It is none of those that cannot go on, and may have ended since these were looked at. */
static void look_at_holder(const struct causes *causes, struct root *root)
{
	struct task holder;

	root->is_gone = !task_read(causes->why->source, &holder, root->tgid,
				   root->tid);
	if (root->is_gone)
		return;
	root->is_stopped = holder.state == 'T';
	task_free(&holder);
}

/*
 * Whoever has nbd's lock for sending waits until the server reads, in S, or sleeps for
 * moments: neither leaves a record. @task: of those that wait for the lock
 */
static void find_device_of_sending(const struct causes *causes,
				   const struct hung_task *task,
				   struct root *root)
{
	if (!value_is(text_field(task->line, "object"), "tx_lock"))
		return;
	look_at_holder(causes, root);
	if (!root->is_gone)
		copy_name(root->device, sizeof(root->device),
			  text_field(task->line, "asked"));
}

static void find_root(struct causes *causes,
		      const struct hung_task *task, struct root *root)
{
	const struct hung_task *last = NULL, *next;
	pid_t tid, tgid;
	int hops;

	memset(root, 0, sizeof(*root));
	for (hops = 0; hops < MAX_HOPS; hops++) {
		if (has_device(causes, task, root))
			return;
		if (!tasks_holder(task->line, &tid, &tgid))
			break;
		next = find_task(causes, tid);
		if (!next) {
			set_holder(root, task, tid, tgid);
			find_device_of_sending(causes, task, root);
			return;
		}
		last = task;
		task = next;
	}
	set_root(causes, root, task, hops == MAX_HOPS);
	if (last && hops < MAX_HOPS &&
	    value_is_unknown(text_field(task->line, "waits_for"), "no-record"))
		find_device_of_sending(causes, last, root);
}

/* ---- the causes ---- */

static char *say_title(const struct why *why, const struct root *root)
{
	struct value word = text_field(root->line, "waits_for");
	struct value object = text_field(root->line, "object");
	char *awaited, *title;
	struct value comm;

	if (!root->line)
		return say("%s[%d]%s what others wait for", root->comm,
			   (int)root->tid, root->is_gone ?
			   ", which is no more, had" : " has");
	if (root->other) {
		comm = text_field(root->other->line, "comm");
		return say("%s[%d] and %.*s[%d] wait for each other in the kernel",
			   root->comm, (int)root->tid, (int)comm.len,
			   comm.at ? comm.at : "", (int)root->other->tid);
	}
	if (word.kind != VALUE_GIVEN)
		return say("%s[%d] cannot go on, and what it waits for is not known",
			   root->comm, (int)root->tid);
	awaited = why_awaited(why, root->line);
	if (awaited) {
		title = say("%s[%d] cannot go on, and waits for %s", root->comm,
			    (int)root->tid, awaited);
		free(awaited);
		return title;
	}
	return say("%s[%d] cannot go on, and waits for %.*s%s%.*s", root->comm,
		   (int)root->tid, (int)word.len, word.at,
		   object.kind == VALUE_GIVEN ? " " : "",
		   object.kind == VALUE_GIVEN ? (int)object.len : 0,
		   object.at ? object.at : "");
}

static void add_help(struct causes *causes, struct cause *cause,
		     const struct root *root)
{
	if (root->other)
		verdict_add_step(&cause->verdict,
				 say("restart the host: nothing else ends this"),
				 say("all that runs on it ends"));
	if (root->line)
		why_add_end(causes->why, &cause->verdict, root->line);
	if (root->is_stopped)
		verdict_add_step(&cause->verdict,
				 say("it is stopped, let it go on: run 'kill -CONT %d'",
				     (int)root->tgid),
				 say("none"));
}

/*
 * That nothing is known of a wait, of a driver's thread for instance, may be harmless.
 * Whoever waited for a thread that is no more may have gone on.
 */
static struct cause *cause_of_root(struct causes *causes, struct root *root)
{
	struct cause *cause;

	if (!root->line)
		look_at_holder(causes, root);
	cause = causes_get(causes, say("task %d", (int)root->tid),
			   say_title(causes->why, root));
	cause->status = !root->is_gone && (!root->line || root->other ||
		text_field(root->line, "waits_for").kind == VALUE_GIVEN) ?
		VERDICT_STUCK : VERDICT_UNKNOWN;
	cause->tid = root->tid;
	cause->tgid = root->tgid;
	if (!cause->verdict.nr_steps)
		add_help(causes, cause, root);
	return cause;
}

/* Age of the oldest request that is known to rest at a device, 0 if none is. */
static uint64_t oldest_known(const struct why *why, const char *device)
{
	const struct {
		const struct text *text;
		const char *key;
	} where[] = {
		{ &why->io, "request" }, { &why->tasks, "task" },
		{ &why->aio, "owed" }, { &why->uring, "owed" },
	};
	uint64_t age, oldest = 0;
	const char *line;
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(where); i++) {
		at = 0;
		while ((line = text_next(where[i].text, where[i].key, &at))) {
			if (!value_is(text_field(line, "device"), device))
				continue;
			age = value_or_zero(text_field(line, "age_ns"));
			if (age > oldest)
				oldest = age;
		}
	}
	return oldest;
}

/* A task may wait for long for a device that answers each of many requests in time. */
static struct cause *add_device(struct causes *causes, const char *device,
				bool is_throttled)
{
	uint64_t oldest = oldest_known(causes->why, device);
	bool answers = !is_throttled && oldest && !causes_is_long(oldest);
	char *full = disk_full_name(causes->why->source, device);
	struct cause *cause;

	cause = causes_get(causes, say("device %s", device), answers ?
			   say("Tasks hang on %s, though its requests are young",
			       full) :
			   say("%s has %s", full, is_throttled ?
			       "requests that limits of cgroups hold back" :
			       "not answered"));
	cause->status = answers ? VERDICT_UNKNOWN : VERDICT_STUCK;
	free(full);
	return cause;
}

/* Processes that attached it are not hurt. Without its file these are not known. */
static void note_clients(struct causes *causes, const char *device)
{
	enum exit_status status;
	struct text text;
	char *message;

	if (strncmp(device, "nbd", 3))
		return;
	message = device_read_or_say(causes->why->source, &text, device,
				     &status);
	if (!message)
		causes_note_clients(causes, device, &text);
	else if (status != EXIT_NO_SUCH)
		why_note_unread(causes->why, message);
	text_free(&text);
	free(message);
}

/* Of a device that was not found to be stuck by itself. */
static struct cause *cause_of_device(struct causes *causes, const char *device,
				     bool is_throttled)
{
	const struct why *why = causes->why;
	struct count all;
	struct load load;
	struct cause *cause;
	const char *line;

	cause = causes_owing(causes, device);
	if (cause)
		return cause;
	cause = add_device(causes, device, is_throttled);
	load = is_throttled ? causes_throttled(&why->io, device) :
			      causes_load(&why->io, device);
	/* The file io lists the oldest requests of the host, and no others. */
	line = io_disk(&why->io, device);
	all = is_throttled ? value_count(text_field(line, "throttled")) :
			     io_outstanding(line);
	if (all.nr > load.nr)
		load.nr = all.nr;
	cause->requests_unknown = !all.known || !load.nr;
	cause_add_device(cause, device, load.nr, load.oldest_ns);
	cause->is_silent = !is_throttled && !disks_is_held_up(&why->io, device);
	if (is_throttled)
		why_add_raise(&cause->verdict);
	above_list(causes, cause);
	note_clients(causes, device);
	return cause;
}

/* Not stuck by itself: whoever froze it lets it go on. */
static bool is_frozen(const struct hung_task *task)
{
	return value_is(text_field(task->line, "waits_for"), "freezer");
}

static struct cause *known_cause(struct causes *causes,
				 const struct root *root)
{
	if (!*root->device)
		return causes_of_task(causes, root->tid);
	return device_cause(causes, root->device, root->is_throttled);
}

static void judge_task(struct causes *causes, struct hung_task *task)
{
	struct cause *cause;
	struct root root;

	find_root(causes, task, &root);
	cause = known_cause(causes, &root);
	if (!cause && (is_frozen(task) || !causes_is_long(task->waiting_ns)))
		return;
	if (!cause)
		cause = *root.device ?
			cause_of_device(causes, root.device, root.is_throttled) :
			cause_of_root(causes, &root);
	task->key = cause->key;
	memcpy(task->device, root.device, sizeof(task->device));
	cause->tasks++;
	/* Of a device that is the age of its requests. */
	if (!cause->devices && task->waiting_ns > cause->oldest_ns)
		cause->oldest_ns = task->waiting_ns;
}

/* A ring that no process has any more keeps a device in use. */
static void judge_ring(struct causes *causes, const struct uring_ring *ring)
{
	const struct text *text = &causes->why->uring;
	char device[WHY_NAME_LEN];
	size_t at = ring->owed;
	const char *line;

	while ((line = uring_owed(text, ring, &at)))
		if (causes_is_long(value_or_zero(text_field(line, "age_ns"))) &&
		    copy_name(device, sizeof(device),
			      text_field(line, "device")))
			cause_of_device(causes, device,
					value_is(text_field(line, "state"),
						 "throttled"));
}

void hung_judge(struct causes *causes)
{
	struct uring_ring ring = {};
	size_t i;

	read_tasks(causes);
	while (uring_next(&causes->why->uring, &ring))
		if (uring_is_unowned(&ring))
			judge_ring(causes, &ring);
	for (i = 0; i < causes->nr_hung; i++)
		judge_task(causes, &causes->hung[i]);
	/* Those that have waited for long have made the causes of the others. */
	for (i = 0; i < causes->nr_hung; i++)
		if (!causes->hung[i].key)
			judge_task(causes, &causes->hung[i]);
	qsort(causes->hung, causes->nr_hung, sizeof(*causes->hung), by_waiting);
}

/* A worker that polls for the requests of a ring is as old as these, which are known. */
bool hung_is_timeless(const struct hung_task *task)
{
	return !task->waiting_ns && !tasks_is_polling(task->line);
}

/* Of those for whom it is not known for how long, one counts as the longest. */
size_t hung_count_young(const struct causes *causes,
			const struct hung_task **longest)
{
	const struct hung_task *task = causes->hung;
	size_t i, nr = 0;

	*longest = NULL;
	for (i = 0; i < causes->nr_hung; i++, task++) {
		if (task->key || is_frozen(task))
			continue;
		/* They are in order, those without a time last. */
		if (!nr++ || hung_is_timeless(task))
			*longest = task;
	}
	return nr;
}

/* ---- whom it hurts ---- */

static void add_ring(struct causes *causes, const struct cause *cause,
		     const struct uring_ring *ring)
{
	const struct text *text = &causes->why->uring;
	struct value pid = text_field(ring->line, "pid");
	char device[WHY_NAME_LEN];
	size_t at = ring->owed;
	const char *line;

	while ((line = uring_owed(text, ring, &at))) {
		if (!uring_is_unowned(ring) || uring_is_closed(ring))
			causes_add_user(causes, cause,
					text_field(line, "device"), pid);
		else if (copy_name(device, sizeof(device),
				   text_field(line, "device")) &&
			 cause_owes(cause, device) && uring_pid(ring))
			users_add_gone(&causes->users, device, uring_pid(ring),
				       text_field(ring->line, "comm"));
	}
}

void hung_add_users(struct causes *causes, const struct cause *cause)
{
	const struct hung_task *task = causes->hung;
	struct uring_ring ring = {};
	size_t i;

	for (i = 0; i < causes->nr_hung; i++, task++)
		if (task->key == cause->key)
			causes_add_hung(causes, cause, task);
	while (uring_next(&causes->why->uring, &ring))
		add_ring(causes, cause, &ring);
}
