// SPDX-License-Identifier: GPL-2.0
/*
 * The futexes that the threads of a process wait in, of one moment: what a
 * thread does is looked at before the memory is read, and that it has slept all
 * the time afterwards. Its context switches tell.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/fail.h"
#include "locks/futex.h"
#include "locks/memory.h"
#include "host/task_call.h"
#include "host/task_file.h"

/* A futex so little above the stack pointer is in the caller's frame. */
#define FRAME 1024

/**
 * struct sleep - that a thread sleeps, from its file "status"
 * @state: the letter that ps(1) shows, 0 if it has gone
 * @number: the thread in its own pid namespace
 * @switches: how often it has left a processor
 */
struct sleep {
	char state;
	int number;
	uint64_t switches;
};

/**
 * struct call - the system call that a thread is in
 * @number: which
 * @argument: the first ones
 * @stack: its stack pointer
 */
struct call {
	long number;
	uint64_t argument[4];
	uint64_t stack;
};

static uint64_t field_of(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* The last number in the line is that of the innermost namespace. */
static int number_of(const char *status, pid_t tid)
{
	const char *at = strstr(status, "\nNSpid:");
	int number = tid;
	char *end;

	for (at = at ? at + strlen("\nNSpid:") : ""; *at == '\t'; at = end)
		number = strtol(at, &end, 10);
	return number;
}

static void read_sleep(const struct source *source, pid_t tgid, pid_t tid,
		       struct sleep *sleep)
{
	char path[TASK_PATH_LEN], *status, *state;
	size_t size;

	memset(sleep, 0, sizeof(*sleep));
	status = source_read(source, task_path(path, tgid, tid, "status"),
			     &size);
	state = status ? strstr(status, "\nState:\t") : NULL;
	if (state) {
		sleep->state = state[strlen("\nState:\t")];
		sleep->number = number_of(status, tid);
		sleep->switches =
			field_of(status, "\nvoluntary_ctxt_switches:") +
			field_of(status, "\nnonvoluntary_ctxt_switches:");
	}
	free(status);
}

/* Return: is a system call known? If not, why is noted, unless it has gone. */
static bool read_call(const struct source *source, struct futexes *futexes,
		      pid_t tid, struct call *call)
{
	char *data;
	size_t size;
	int got;

	data = task_file(source, futexes->tgid, tid, "syscall", &size);
	if (!data) {
		if (errno == EPERM || errno == EACCES)
			futexes->memory = FUTEX_MEMORY_DENIED;
		if (errno == ETIMEDOUT)
			futexes->memory = FUTEX_MEMORY_HANGS;
		return false;
	}
	/* "running", or -1 and fewer fields outside of any call. */
	got = sscanf(data, "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
		     " %*s %*s %" SCNx64, &call->number, &call->argument[0],
		     &call->argument[1], &call->argument[2], &call->argument[3],
		     &call->stack);
	free(data);
	return got == 6;
}

/* Return: may it wait in a futex? A 32-bit thread may; it has a low stack. */
static bool look_at(const struct source *source, struct futexes *futexes,
		    struct futex_thread *thread)
{
	struct call call;

	if (!read_call(source, futexes, thread->tid, &call))
		return false;
	if (call.number == SYS_futex && call.argument[0]) {
		thread->waits = true;
		thread->address = call.argument[0];
		thread->op = call.argument[1];
		thread->value = call.argument[2];
		thread->timed = call.argument[3];
		thread->on_stack = thread->address - call.stack < FRAME;
	}
	return thread->waits || !(call.stack >> 32);
}

/* Return: the first thread that may wait in a futex, 0 if none. */
static pid_t read_threads(const struct source *source, struct futexes *futexes,
			  struct sleep *sleep)
{
	struct futex_thread *thread;
	pid_t first = 0;
	size_t i;

	for (i = 0; i < futexes->nr; i++) {
		thread = &futexes->thread[i];
		read_sleep(source, futexes->tgid, thread->tid, &sleep[i]);
		thread->number = sleep[i].number;
	}
	futex_sort(futexes);
	for (i = 0; i < futexes->nr; i++) {
		thread = &futexes->thread[i];
		if (sleep[i].state == 'S' &&
		    look_at(source, futexes, thread) && !first)
			first = thread->tid;
	}
	return first;
}

static void drop_awake(const struct source *source, struct futexes *futexes,
		       const struct sleep *before)
{
	struct sleep now;
	size_t i;

	for (i = 0; i < futexes->nr; i++) {
		if (!futexes->thread[i].waits)
			continue;
		read_sleep(source, futexes->tgid, futexes->thread[i].tid, &now);
		if (now.state != 'S' || now.switches != before[i].switches)
			futexes->thread[i].waits = false;
	}
}

static void list_threads(const struct source *source, struct futexes *futexes)
{
	char path[TASK_PATH_LEN], **names, **name;
	size_t nr = 0;

	snprintf(path, sizeof(path), "proc/%d/task", (int)futexes->tgid);
	names = source_names(source, path, "");
	for (name = names; name && *name; name++)
		nr++;
	futex_make_room(futexes, nr);
	for (name = names; name && *name; name++)
		futexes->thread[futexes->nr++].tid = atoi(*name);
	source_free_names(names);
}

static void read_live(const struct source *source, struct futexes *futexes)
{
	struct sleep *sleep;
	pid_t first;
	size_t i;

	list_threads(source, futexes);
	sleep = check_memory(calloc(futexes->nr + 1, sizeof(*sleep)));
	first = sizeof(long) == 8 ? read_threads(source, futexes, sleep) : 0;
	if (first) {
		futexes->memory = memory_read(futexes, first);
		drop_awake(source, futexes, sleep);
		futex_find_pi(futexes);
	}
	/* Of another kind of program the numbers of calls are others too. */
	for (i = 0; i < futexes->nr; i++)
		if (futexes->memory == FUTEX_MEMORY_32_BIT)
			futexes->thread[i].waits = false;
	free(sleep);
}

bool futex_read(const struct source *source, struct futexes *futexes,
		pid_t tgid)
{
	char path[TASK_PATH_LEN], *data;
	size_t size, i;

	memset(futexes, 0, sizeof(*futexes));
	futexes->tgid = tgid;
	if (source->live) {
		read_live(source, futexes);
	} else {
		snprintf(path, sizeof(path), "proc/%d/futex", (int)tgid);
		data = source_read(source, path, &size);
		if (!data)
			return false;
		futex_parse(futexes, data, size);
	}
	if (futexes->memory != FUTEX_MEMORY_READ &&
	    futexes->memory != FUTEX_MEMORY_ENDS)
		return true;
	for (i = 0; i < futexes->nr; i++)
		if (futexes->thread[i].waits)
			return true;
	futex_free(futexes);
	return false;
}
