// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag why: the chain from what hangs to what it waits for, in sentences,
 * as far as facts carry.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "device.h"
#include "fail.h"
#include "why.h"

static void explain_process(struct why *why, pid_t pid)
{
	struct task_id *ids;
	size_t nr, i, seen = 0, stuck = 0;
	enum why_locks locks;
	struct task task;
	pid_t tgid = pid;

	ids = task_list(why->source, &nr);
	for (i = 0; i < nr; i++) {
		if (ids[i].tgid != pid && ids[i].tid != pid)
			continue;
		if (!task_read(why->source, &task, ids[i].tgid, ids[i].tid))
			continue;
		seen++;
		tgid = task.tgid;
		if (task.state == 'D') {
			task_look(why->source, &task);
			why_task(why, &task);
			stuck++;
		}
		task_free(&task);
	}
	free(ids);
	if (!seen)
		fail(EXIT_NO_SUCH, "there is no process %d", (int)pid);
	locks = why_locks(why, tgid, pid == tgid ? 0 : pid);
	if (!stuck && locks != WHY_LOCKS_DEADLOCK)
		why_say("No thread of process %d is in D%s.\n", (int)pid,
			locks == WHY_LOCKS_NONE ? ": they can go on" : "");
}

static void explain_contexts(const struct why *why, pid_t pid)
{
	struct aio_owner owner;
	size_t at = 0;

	while (aio_next(&why->aio, &at, &owner)) {
		if (owner.kind != AIO_SPACE ||
		    why_number(text_field(owner.line, "pid")) != (uint64_t)pid)
			continue;
		why_say("It has %u AIO context%s: %" PRIu64 " request%s in flight, %" PRIu64
		    " completed event%s that wait%s for the process to take them.",
		    owner.contexts, owner.contexts == 1 ? "" : "s",
		    owner.inflight, owner.inflight == 1 ? "" : "s",
		    owner.unreaped, owner.unreaped == 1 ? "" : "s",
		    owner.unreaped == 1 ? "s" : "");
		if (!owner.inflight && owner.inflight_known)
			why_say(" The kernel owes it nothing.");
		why_from("nbddiag/aio: space, context");
		return;
	}
}

int cmd_why(const struct options *options)
{
	struct why why = { .source = &options->source };
	struct text text;
	char *name;

	if (!!options->pid == !!*options->args)
		fail(EXIT_USAGE, "usage: nbddiag why DEVICE, or nbddiag why --pid N");
	aio_read(&options->source, &why.aio, false);
	if (options->pid) {
		explain_process(&why, options->pid);
		explain_contexts(&why, options->pid);
	} else {
		device_read(&options->source, &text, options->args[0]);
		name = check_memory(value_copy(text_get(&text, "device")));
		text_free(&text);
		why_device(&why, name);
		free(name);
	}
	text_free(&why.aio);
	return 0;
}
