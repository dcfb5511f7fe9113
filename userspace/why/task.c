// SPDX-License-Identifier: GPL-2.0
/* Why a thread hangs: dying AIO contexts, or a system call on a device. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "facts/device.h"
#include "facts/tasks.h"
#include "facts/text.h"
#include "why/why.h"

bool why_visit(struct why *why, struct why_visited *visited, pid_t pid)
{
	size_t i;

	for (i = 0; i < visited->nr; i++)
		if (visited->pid[i] == pid)
			return false;
	if (i == WHY_MAX_HOPS) {
		why->cut |= WHY_CUT_HOPS;
		return false;
	}
	visited->pid[visited->nr++] = pid;
	return true;
}

/* Return: the block that the thread's waiter line begins, if it waits. */
static bool find_waiter(const struct why *why, pid_t tid,
			struct aio_owner *owner)
{
	size_t at = 0;

	while (aio_next(&why->aio, &at, owner))
		if (owner->kind == AIO_WAITER &&
		    value_or_zero(text_field(owner->line, "tid")) == (uint64_t)tid)
			return true;
	return false;
}

static void explain_waiter(struct why *why, const struct aio_owner *owner)
{
	struct value exe = text_field(owner->line, "exe");

	why_say("It has waited for ");
	why_say_age(text_field(owner->line, "waiting_ns"));
	why_say(" in ");
	why_say_value(text_field(owner->line, "sleeps_in"), "a function");
	if (exe.kind == VALUE_GIVEN)
		why_say(", at the end of the address space of %.*s,",
			(int)exe.len, exe.at);
	why_say(" for %" PRIu64 " AIO context%s with ",
		value_or_zero(text_field(owner->line, "not_drained")),
	    value_or_zero(text_field(owner->line, "not_drained")) == 1 ? "" : "s");
	if (owner->inflight_known)
		why_say("%" PRIu64 " request%s in flight.", owner->inflight,
			owner->inflight == 1 ? "" : "s");
	else
		why_say("requests in flight whose number is not known.");
	why_from("nbddiag/aio: waiter, context");
	if (!owner->inflight_known)
		why_note_unknown(why, "requests-unknown");
	why_owed(why, owner);
}

static void explain_call_device(struct why *why, const struct task_call *call)
{
	char name[DEVICE_NAME_LEN];
	struct disk disk;

	if (!disk_map_find(&why->disks, call->major, call->minor, &disk))
		return;
	if (device_has_plain_name(name, disk.whole))
		why_device(why, name, true);
	else
		why_owing(why, disk.whole);
}

static bool is_unlisted(const struct why *why, const struct task *task)
{
	return task->state == 'D' && why->tasks_found == MODFILE_READ &&
	       !tasks_line(&why->tasks, task->tid);
}

void why_look_twice(const struct why *why, struct task *tasks, size_t nr)
{
	struct task **unlisted;
	struct aio_owner owner;
	size_t i, found = 0;

	if (!why->source->live)
		return;
	unlisted = check_memory(calloc(nr + 1, sizeof(*unlisted)));
	for (i = 0; i < nr; i++)
		if (tasks[i].later == TASK_NOT_ASKED && is_unlisted(why, &tasks[i]) &&
		    !find_waiter(why, tasks[i].tid, &owner))
			unlisted[found++] = &tasks[i];
	task_look_twice(why->source, unlisted, found);
	free(unlisted);
}

bool why_left(const struct task *task)
{
	return task->later == TASK_LEFT || task->later == TASK_GONE;
}

static void say_left(const struct task *task)
{
	if (task->later == TASK_GONE)
		why_say("A moment later it had ended, or could not be read.");
	else
		why_say("A moment later it was not. %s",
			"Whether it makes progress is not known from that.");
	why_from("/proc/%d/task/%d/status", (int)task->tgid, (int)task->tid);
}

static void say_unlisted(struct why *why, const struct task *task)
{
	if (task->later != TASK_AGAIN && task->later != TASK_IN_D) {
		why_unlisted(why);
		return;
	}
	why_say("What it waits for in the kernel is not known: the module did not list it. ");
	why_say("A tenth of a second later it was in D again, ");
	if (task->later == TASK_AGAIN)
		why_say("and it ran meanwhile: it waits again and again.");
	else
		why_say("and whether it ran meanwhile is not known.");
	why_from("nbddiag/tasks: task; /proc/%d/task/%d/schedstat, status",
		 (int)task->tgid, (int)task->tid);
	why_note_unknown(why, "wait-unknown");
}

static void explain_call(struct why *why, const struct task *task)
{
	if (!task->call.name)
		return;
	/* Others may have been told of meanwhile. */
	why_say_task(task);
	why_say(" %s in the system call %s",
		task->later == TASK_STAYS || !is_unlisted(why, task) ? "hangs" : "is",
		task->call.name);
	if (task->call.file)
		why_say(" on descriptor %d, %s%s", task->call.fd,
			task->call.is_block ? "the block device " : "",
		    task->call.file);
	why_say(".");
	why_from("/proc/%d/task/%d/syscall", (int)task->tgid, (int)task->tid);
	if (task->call.is_block)
		explain_call_device(why, &task->call);
}

static void explain(struct why *why, const struct task *task)
{
	struct aio_owner owner;

	why_say_task(task);
	why_say(" %s in state %c", why_left(task) ? "was" : "is", task->state);
	if (task->is_exiting)
		why_say(", it is ending");
	if (task->function)
		why_say(", and sleeps in %s", task->function);
	why_say(".");
	why_from("/proc/%d/task/%d/status, stack", (int)task->tgid,
		 (int)task->tid);
	if (find_waiter(why, task->tid, &owner)) {
		explain_waiter(why, &owner);
	} else if (why_left(task)) {
		say_left(task);
	} else if (!why_wait(why, task->tid)) {
		if (is_unlisted(why, task))
			say_unlisted(why, task);
		explain_call(why, task);
	}
}

void why_task(struct why *why, const struct task *task)
{
	struct task seen = *task;

	if (!why_visit(why, &why->threads, task->tid))
		return;
	why_look_twice(why, &seen, 1);
	explain(why, &seen);
}
