// SPDX-License-Identifier: GPL-2.0
/*
 * What a thread waits for in the kernel, by the file tasks: from task to task
 * that holds what the one before it waits for, to the device that owes it.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/rest.h"
#include "facts/tasks.h"
#include "host/disks.h"
#include "why/why.h"

/* ---- what it waits for ---- */

/**
 * struct awaited - what a task waits for
 * @word: as in the file
 * @text: in a sentence
 * @of_file: it is a part of a file, if it is of a filesystem
 */
struct awaited {
	const char *word;
	const char *text;
	bool of_file;
};

static const struct awaited awaited[] = {
	{ "bio", "its own I/O", true },
	{ "page", "a page", true },
	{ "writeback", "a page that is being written,", true },
	{ "buffer", "a block", false },
	{ "inode", "an inode", false },
	{ "superblock", "a change of state", false },
	{ "lookup", "a name that another task looks up", false },
	{ "tag", "a free request", false },
	{ "throttle", "its turn, as the kernel limits writeback,", false },
	{ "queue-freeze", "a freeze (to be complete, or to end) of the queue", false },
	{ "mapped-device", "the device mapper's device to be idle or resumed,",
		false },
	{ "journal", "the journal", false },
	{ "log", "a part of the log", false },
	{ "thaw", "a thaw", false },
	{ "aio-context", "its AIO contexts to be drained", false },
	{ "ring", "the requests of an io_uring", false },
	{ "freezer", "whoever froze it, by its cgroup or to suspend the host,", false },
};

/* Return: how it is said; NULL of a lock, or of a word that is not known here. */
static const struct awaited *find_awaited(const char *line)
{
	struct value word = text_field(line, "waits_for");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(awaited); i++)
		if (value_is(word, awaited[i].word))
			return &awaited[i];
	return NULL;
}

static bool is_lock_of_file(struct value object)
{
	return value_is(object, "i_rwsem") || value_is(object, "i_mmap_rwsem") ||
	       value_is(object, "invalidate_lock");
}

static void say_lock(const char *line)
{
	struct value object = text_field(line, "object");
	struct value kind = text_field(line, "lock");

	if (object.kind == VALUE_GIVEN)
		why_say("the lock %.*s", (int)object.len, object.at);
	else
		why_say("a lock whose name is not known");
	if (value_is(kind, "rwsem-read"))
		why_say(" (for reading)");
	else if (value_is(kind, "rwsem-write"))
		why_say(" (for writing)");
}

/* Which device or filesystem it belongs to: "" if that is not known. */
static char *of_what(const struct why *why, const char *line, bool of_file)
{
	struct value asked = text_field(line, "asked");
	struct value fs = text_field(line, "fs");
	char *names = NULL, *text;

	if (asked.kind == VALUE_GIVEN)
		names = why_names(why, asked);
	if (fs.kind == VALUE_GIVEN)
		text = say(" of %sthe %.*s filesystem%s%s",
			   of_file ? "a file of " : "", (int)fs.len, fs.at,
			   names ? " on " : "", names ? names : "");
	else
		text = say("%s%s", names ? " of " : "", names ? names : "");
	free(names);
	return text;
}

char *why_awaited(const struct why *why, const char *line)
{
	const struct awaited *what = find_awaited(line);
	char *of, *text;
	size_t len;

	if (!what)
		return NULL;
	of = of_what(why, line, what->of_file);
	len = strlen(what->text);
	if (!*of && what->text[len - 1] == ',')
		len--;
	text = say("%.*s%s", (int)len, what->text, of);
	free(of);
	return text;
}

static void say_awaited(const struct why *why, const char *line)
{
	char *what = why_awaited(why, line), *of;
	struct value word = text_field(line, "waits_for");
	struct value object = text_field(line, "object");

	if (what) {
		why_say("%s", what);
		free(what);
		return;
	}
	if (value_is(word, "lock"))
		say_lock(line);
	else
		why_say("%.*s", (int)word.len, word.at);
	of = of_what(why, line, is_lock_of_file(object));
	why_say("%s", of);
	free(of);
}

/* ---- who has it ---- */

static void say_named(struct value comm, pid_t tid)
{
	if (comm.kind == VALUE_GIVEN)
		why_say("%.*s[%d]", (int)comm.len, comm.at, (int)tid);
	else
		why_say("thread %d", (int)tid);
}

static void say_holder(const char *line, pid_t tid)
{
	say_named(text_field(line, "held_by_comm"), tid);
}

static void say_no_holder(const char *line)
{
	static const struct {
		const char *reason;
		const char *text;
	} reasons[] = {
		{ "readers", ", which readers hold. The kernel keeps no list of them" },
		{ "passed-on", ", which is being passed on" },
		{ "not-kept", ". The kernel does not record who has it" },
		{ "not-found", ". Whoever does it was not found to hang" },
		{ "gone", ", whose holder has gone" },
		{ "unreadable", ". Who has it could not be read" },
	};
	struct value held = text_field(line, "held_by");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (value_is_unknown(held, reasons[i].reason))
			why_say("%s", reasons[i].text);
}

/* A journal is had by nobody: its own thread commits it. */
static const char *what_holder_does(const char *line)
{
	return value_is(text_field(line, "waits_for"), "journal") ?
		"commits" : "has";
}

/* Of readers the kernel only notes which took the lock last. */
static bool last_reader(const char *line, pid_t *tid, pid_t *tgid)
{
	uint64_t reader, process;

	if (!value_number(text_field(line, "last_reader"), &reader) ||
	    !value_number(text_field(line, "last_reader_tgid"), &process) ||
	    !reader || reader > INT_MAX || !process || process > INT_MAX)
		return false;
	*tid = (pid_t)reader;
	*tgid = (pid_t)process;
	return true;
}

/* "the lock i_rwsem of ... that mv[711] has"; work is not had, but done. */
static void say_what_and_who(const struct why *why, const char *line)
{
	struct value object = text_field(line, "object");
	pid_t holder, tgid;
	bool has_holder = tasks_holder(line, &holder, &tgid);

	why_say("waits for ");
	if (value_is(text_field(line, "waits_for"), "task") && has_holder) {
		say_holder(line, holder);
		why_say(" to go on");
		return;
	}
	if (value_is(text_field(line, "waits_for"), "work")) {
		if (has_holder)
			say_holder(line, holder);
		else
			why_say("a kernel worker");
		why_say(" to be done with ");
		if (object.kind == VALUE_GIVEN)
			why_say("%.*s", (int)object.len, object.at);
		else
			why_say("its work");
		has_holder = false;
	} else {
		say_awaited(why, line);
	}
	if (!has_holder) {
		say_no_holder(line);
		return;
	}
	why_say(" that ");
	say_holder(line, holder);
	why_say(" %s", what_holder_does(line));
}

/* In what it sleeps matters in S: it may wait for a device, as dmsetup does. */
static void say_goes_on(const struct task *task)
{
	why_say_task(task);
	why_say(" is in state %c", task->state);
	if (task->function)
		why_say(", and sleeps in %s", task->function);
	why_say(": it is none of those that cannot go on.");
	why_from("/proc/%d/task/%d/status%s; nbddiag/tasks", (int)task->tgid,
		 (int)task->tid, task->function ? ", stack" : "");
}

void why_holder(struct why *why, pid_t tid, pid_t tgid)
{
	struct task task;

	if (!task_read(why->source, &task, tgid, tid)) {
		why_say("That thread is no more: look again.");
		why_from("/proc/%d/task/%d", (int)tgid, (int)tid);
		why_note_unknown(why, "holder-unknown");
		return;
	}
	task_read_sleep(why->source, &task);
	if (task.state != 'D' && why->tasks_found == MODFILE_READ &&
	    !tasks_line(&why->tasks, tid))
		say_goes_on(&task);
	else
		why_task(why, &task);
	task_free(&task);
}

/* ---- who owes it ---- */

static void say_request(const char *line)
{
	struct value op = text_field(line, "op");
	struct value sector = text_field(line, "sector");
	struct value bytes = text_field(line, "bytes");
	uint64_t age;

	if (op.kind != VALUE_GIVEN)
		return;
	why_say(": a %.*s", (int)op.len, op.at);
	if (bytes.kind == VALUE_GIVEN && sector.kind == VALUE_GIVEN)
		why_say(" of %.*s bytes at sector %.*s", (int)bytes.len,
			bytes.at, (int)sector.len, sector.at);
	if (!value_number(text_field(line, "age_ns"), &age))
		return;
	why_say(", for ");
	why_say_age(text_field(line, "age_ns"));
}

/* @line: of one of the files tasks and io, which is named as @from */
static void explain_device(struct why *why, const char *line, const char *from)
{
	struct value device = text_field(line, "device");
	struct value via = text_field(line, "via");
	char *name;

	if (device.kind != VALUE_GIVEN) {
		why_way_ends(why, line);
		return;
	}
	name = check_memory(strndup(device.at, device.len));
	why_say_names(why, device);
	why_say(" owes it");
	say_request(line);
	if (via.kind == VALUE_GIVEN) {
		why_say(", by way of ");
		why_say_names(why, via);
	}
	why_say(".");
	why_from("%s", from);
	why_owing(why, name);
	free(name);
}

/* It may have begun to wait after the file tasks was read. */
static bool explain_request(struct why *why, pid_t tid)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(&why->io, "request", &at)))
		if (value_or_zero(text_field(line, "tid")) == (uint64_t)tid &&
		    text_field(line, "device").kind == VALUE_GIVEN) {
			explain_device(why, line, "nbddiag/io: request");
			return true;
		}
	return false;
}

/* ---- tasks that wait for each other ---- */

static void explain_cycle(struct why *why, pid_t first)
{
	const char *line = tasks_line(&why->tasks, first);
	pid_t at = first, next, tgid;

	say_named(text_field(line, "comm"), first);
	why_say(" ");
	while (tasks_holder(line, &next, &tgid)) {
		say_what_and_who(why, line);
		at = next;
		if (at == first)
			break;
		why_visit(why, &why->threads, at);
		why_say(", which ");
		line = tasks_line(&why->tasks, at);
	}
	why_say(": tasks in the kernel wait for each other. ");
	why_say("No device owes them anything. Only a restart of the host ends this.");
	why_from("nbddiag/tasks: task");
}

/* Whoever has it may wait for the server, in a way that leaves no record. */
static void explain_sending(struct why *why, const char *line)
{
	struct value asked = text_field(line, "asked");
	char *name;

	if (!value_is(text_field(line, "object"), "tx_lock") ||
	    asked.kind != VALUE_GIVEN)
		return;
	name = check_memory(strndup(asked.at, asked.len));
	why_say("That lock is for sending to the server of %s.", name);
	why_from("nbddiag/tasks: task");
	why_owing(why, name);
	free(name);
}

/* ---- a thread ---- */

bool why_wait(struct why *why, pid_t tid)
{
	const char *line = tasks_line(&why->tasks, tid);
	pid_t holder, tgid;
	bool has_holder;

	if (!line)
		return explain_request(why, tid);
	if (text_field(line, "waits_for").kind != VALUE_GIVEN) {
		why_wait_unknown(why, line);
		return false;
	}
	if (tasks_cycle(&why->tasks, tid)) {
		explain_cycle(why, tid);
		return true;
	}
	has_holder = tasks_holder(line, &holder, &tgid);
	why_say("It ");
	say_what_and_who(why, line);
	why_say(".");
	why_from("nbddiag/tasks: task");
	if (has_holder) {
		why_holder(why, holder, tgid);
		explain_sending(why, line);
		return true;
	}
	explain_device(why, line, "nbddiag/tasks: task");
	if (last_reader(line, &holder, &tgid)) {
		say_named(text_field(line, "last_reader_comm"), holder);
		why_say(" took it last, and may still have it.");
		why_from("nbddiag/tasks: task");
		why_holder(why, holder, tgid);
	}
	return text_field(line, "device").kind == VALUE_GIVEN;
}

/* ---- from a device, or a holder, to those who wait ---- */

#define WAITERS_MAX 16

/* "dd[710] (page), touch[712] (the lock i_rwsem that mv[711] has)" */
static void say_waiter(const char *line)
{
	struct value word = text_field(line, "waits_for");
	struct value object = text_field(line, "object");
	pid_t holder, tgid;

	say_named(text_field(line, "comm"),
		  (pid_t)value_or_zero(text_field(line, "tid")));
	if (word.kind != VALUE_GIVEN)
		return;
	why_say(" (%.*s", (int)word.len, word.at);
	if (object.kind == VALUE_GIVEN)
		why_say(" %.*s", (int)object.len, object.at);
	if (tasks_holder(line, &holder, &tgid)) {
		bool is_task = value_is(word, "task");

		why_say(is_task ? " " : " that ");
		say_holder(line, holder);
		if (!is_task)
			why_say(" %s", what_holder_does(line));
	}
	why_say(")");
}

/* Which tasks are asked for: by a device, or by who has what they wait for. */
static bool is_one(const char *line, const char *device, pid_t holder)
{
	pid_t tid, tgid;

	if (device)
		return rest_concerns(line, device);
	return tasks_holder(line, &tid, &tgid) && tid == holder;
}

static void say_waiters(struct why *why, const char *device, pid_t holder)
{
	unsigned int nr = 0;
	const char *line;
	size_t at = 0;

	while ((line = text_next(&why->tasks, "task", &at))) {
		if (!is_one(line, device, holder))
			continue;
		if (nr < WAITERS_MAX) {
			if (nr)
				why_say(", ");
			else if (device)
				why_say("Tasks that cannot go on because of it: ");
			else
				why_say("Tasks that wait for what it has: ");
			say_waiter(line);
		}
		nr++;
	}
	if (!nr)
		return;
	if (nr > WAITERS_MAX)
		why_say(", and %u more", nr - WAITERS_MAX);
	why_say(".");
	why_from("nbddiag/tasks: task");
}

void why_hung(struct why *why, const char *device)
{
	say_waiters(why, device, 0);
}

void why_held_up_by(struct why *why, pid_t tid)
{
	say_waiters(why, NULL, tid);
}
