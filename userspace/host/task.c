// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of the host, read from /proc. No file is read that needs the lock of
 * the thread's address space, as a thread that hangs may have it.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/fail.h"
#include "host/task.h"
#include "host/task_file.h"

/* ---- which threads ---- */

/* Return: 0 if it is no number of a thread. */
static pid_t parse_id(const char *name)
{
	char *end;
	long id;

	errno = 0;
	id = strtol(name, &end, 10);
	return errno || *end || id < 1 || id > INT_MAX ? 0 : id;
}

static struct task_id *add_threads(const struct source *source, pid_t tgid,
				   struct task_id *list, size_t *nr)
{
	char path[PATH_MAX], **names, **name;
	size_t room = *nr;

	snprintf(path, sizeof(path), "proc/%d/task", tgid);
	names = source_names(source, path, "");
	for (name = names; name && *name; name++)
		room++;
	list = check_memory(reallocarray(list, room + 1, sizeof(*list)));
	for (name = names; name && *name; name++) {
		list[*nr].tgid = tgid;
		list[*nr].tid = parse_id(*name);
		if (list[*nr].tid)
			++*nr;
	}
	source_free_names(names);
	return list;
}

struct task_id *task_list(const struct source *source, size_t *nr)
{
	char **names = source_names(source, "proc", ""), **name;
	struct task_id *list;
	pid_t tgid;

	if (!names)
		fail(EXIT_NO_MODULE, "/proc cannot be listed: %s",
		     strerror(errno));
	list = check_memory(malloc(sizeof(*list)));
	*nr = 0;
	for (name = names; *name; name++) {
		tgid = parse_id(*name);
		if (tgid)
			list = add_threads(source, tgid, list, nr);
	}
	source_free_names(names);
	return list;
}

/* ---- a thread ---- */

/* The name may hold any byte, and the other files do not have it as it is. */
static char *read_comm(const struct source *source, pid_t tgid, pid_t tid)
{
	char path[TASK_PATH_LEN], *data, *comm;
	size_t size;

	data = source_read(source, task_path(path, tgid, tid, "comm"), &size);
	if (!data)
		return NULL;
	if (size && data[size - 1] == '\n')
		size--;
	comm = escape_copy(data, size);
	free(data);
	return comm;
}

/*
 * The state, from status: what stat says too, but keeps its reader waiting if
 * the process hangs in execve(2). A name in it has no newline.
 */
static char read_state(const struct source *source, pid_t tgid, pid_t tid)
{
	char path[TASK_PATH_LEN], *data, *at, state = '\0';
	size_t size;

	data = source_read(source, task_path(path, tgid, tid, "status"), &size);
	at = data ? strstr(data, "\nState:") : NULL;
	if (!at || sscanf(at, " State: %c", &state) != 1 ||
	    !isalpha((unsigned char)state))
		state = '\0';
	free(data);
	return state;
}

bool task_read(const struct source *source, struct task *task, pid_t tgid,
	       pid_t tid)
{
	memset(task, 0, sizeof(*task));
	task->tgid = tgid;
	task->tid = tid;
	task->call.fd = -1;
	task->state = read_state(source, tgid, tid);
	task->comm = read_comm(source, tgid, tid);
	if (task->state && task->comm)
		return true;
	task_free(task);
	return false;
}

/* ---- does it stay there ---- */

/*
 * How often it got a processor, which is the last number; 0 if that is not known.
 * Of the files that count this, only schedstat keeps the address space alone:
 * status holds it for a moment, see locks/memory.c.
 */
static uint64_t read_runs(const struct source *source, const struct task *task)
{
	char path[TASK_PATH_LEN], *data;
	uint64_t runs = 0;
	size_t size;

	data = source_read(source, task_path(path, task->tgid, task->tid,
					     "schedstat"), &size);
	if (data && sscanf(data, "%*u %*u %" SCNu64, &runs) != 1)
		runs = 0;
	free(data);
	return runs;
}

/* TASK_IN_D if it is there. */
static enum task_later look(const struct source *source, const struct task *task)
{
	char state = read_state(source, task->tgid, task->tid);

	if (!state || strchr("ZX", state))
		return TASK_GONE;
	return state == 'D' ? TASK_IN_D : TASK_LEFT;
}

/* Who has not run since is where it was. */
static enum task_later look_again(const struct source *source,
				  const struct task *task, uint64_t runs)
{
	uint64_t now = read_runs(source, task);
	enum task_later later;

	if (runs && now == runs)
		return TASK_STAYS;
	later = look(source, task);
	return later == TASK_IN_D && runs && now ? TASK_AGAIN : later;
}

void task_look_twice(const struct source *source, struct task *const *tasks,
		     size_t nr)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	uint64_t *runs;
	size_t i;

	if (!nr)
		return;
	runs = check_memory(calloc(nr, sizeof(*runs)));
	for (i = 0; i < nr; i++) {
		/* Before its state: a run between the two is not overlooked then. */
		runs[i] = read_runs(source, tasks[i]);
		tasks[i]->later = look(source, tasks[i]);
	}
	nanosleep(&pause, NULL);
	for (i = 0; i < nr; i++)
		if (tasks[i]->later == TASK_IN_D)
			tasks[i]->later = look_again(source, tasks[i], runs[i]);
	free(runs);
}

void task_free(struct task *task)
{
	free(task->comm);
	free(task->function);
	task_call_free(&task->call);
	memset(task, 0, sizeof(*task));
}

/* ---- where it sleeps ---- */

static size_t symbol_len(const char *at)
{
	size_t len = 0;

	if (isdigit((unsigned char)*at))
		return 0;
	while (isalnum((unsigned char)at[len]) || at[len] == '_' ||
	       at[len] == '.')
		len++;
	return len;
}

/* The first symbol of lines "[<0>] symbol+0x1/0x2". */
static char *first_symbol(const char *stack)
{
	const char *at = stack;
	size_t len;

	while ((at = strstr(at, "] "))) {
		at += 2;
		len = symbol_len(at);
		if (len && at[len] == '+')
			return check_memory(strndup(at, len));
	}
	return NULL;
}

static char *read_wchan(const struct source *source, const struct task *task)
{
	char *data, *function = NULL;
	size_t size, len;

	data = task_file(source, task->tgid, task->tid, "wchan", &size);
	len = data ? symbol_len(data) : 0;
	if (len && len == size)
		function = check_memory(strdup(data));
	free(data);
	return function;
}

void task_read_sleep(const struct source *source, struct task *task)
{
	char *stack;
	size_t size;

	/* What runs sleeps nowhere, and a zombie has no stack. */
	if (strchr("RZX", task->state))
		return;
	stack = task_file(source, task->tgid, task->tid, "stack", &size);
	/* Who exits still shows the call from which it was torn. */
	if (stack) {
		task->function = first_symbol(stack);
		task->is_exiting = strstr(stack, "] do_exit+");
	}
	if (!task->function)
		task->function = read_wchan(source, task);
	if (task->state == 'D' && stack && !task->is_exiting)
		task_call_read(source, &task->call, task->tgid,
			       task->tid);
	free(stack);
}
