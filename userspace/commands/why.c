// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag why: the chain from what hangs to what it waits for, in sentences,
 * as far as facts carry.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "commands/commands.h"
#include "facts/aio.h"
#include "facts/device.h"
#include "facts/io.h"
#include "facts/tasks.h"
#include "facts/uring.h"
#include "host/kernel_log.h"
#include "verdict/verdict.h"
#include "why/all.h"
#include "why/pattern.h"
#include "why/why.h"

/* Much can be said without it; but without the module this says so, and ends. */
static void read_aio(struct why *why)
{
	why->aio_found = aio_look(why->source, &why->aio);
	if (why->aio_found != MODFILE_READ)
		source_free_names(device_names(why->source));
}

/* What there is too much of, to be looked at. */
static void say_cut(const struct why *why)
{
	if (why->cut & WHY_CUT_HOPS)
		why_say("There are more than %d devices, threads or processes. %s\n",
			WHY_MAX_HOPS, "The others are not explained.");
	if (why->cut & WHY_CUT_ABOVE) {
		why_say("More than %d devices lie on those of one cause, ",
			WHY_MAX_ABOVE);
		why_say("or more than %d on each other. %s\n", WHY_MAX_HEIGHT,
			"Who uses the others is not known.");
	}
	if (why->cut & WHY_CUT_LOCKED)
		why_say("More than %d processes have results to take. %s\n",
			WHY_MAX_LOCKED,
			"Whether threads of the others wait for each other is not known.");
	if (why->cut)
		document_incomplete("too-many");
}

/* Of a device or process: whether all of the chain is known. */
static int say_chain(struct why *why, const struct options *options)
{
	if (options->pid)
		why_process(why, options->pid);
	else
		why_named_device(why, options->args[0]);
	return why_gaps(why) || why->cut || why->has_unread ? VERDICT_UNKNOWN :
							      VERDICT_FREE;
}

static void put_patterns(const struct why *why)
{
	const struct why_looks *looks = why->looks;
	struct json *json = document();
	size_t i;

	if (!json)
		return;
	json_array(json, "patterns");
	for (i = 0; i < why->nr_looks; i++, looks++) {
		json_object(json, NULL);
		json_text(json, "device", looks->device);
		json_text(json, "pattern", looks->pattern->name);
		json_text(json, "means", looks->pattern->means);
		json_text(json, "versions", looks->pattern->versions);
		json_text(json, "helps", looks->pattern->helps);
		json_end(json);
	}
	json_end(json);
}

static void free_steps(struct why *why)
{
	size_t i;

	for (i = 0; i < why->nr_steps; i++) {
		free(why->step[i].action);
		free(why->step[i].cost);
	}
	free(why->step);
}

static int why_run(const struct options *options)
{
	struct why why = {
		.source = &options->source,
		.disks.source = &options->source,
	};
	int status, log_errno;

	if (options->pid && *options->args)
		fail(EXIT_USAGE, "usage: nbddiag why [DEVICE|PATH|PEER], "
		     "or nbddiag why --pid PID");
	read_aio(&why);
	why.io_found = io_look(why.source, &why.io);
	why.tasks_found = tasks_look(why.source, &why.tasks);
	why.uring_found = uring_look(why.source, &why.uring);
	why.log = kernel_log_read(why.source);
	log_errno = errno;
	if (document() && (options->pid || *options->args))
		json_array(document(), "chain");
	status = options->pid || *options->args ? say_chain(&why, options) :
						  why_all(&why);
	say_cut(&why);
	if (document())
		json_end(document());
	/* Each cause has its own. */
	if (document() && (options->pid || *options->args))
		verdict_put_steps(document(), why.step, why.nr_steps);
	put_patterns(&why);
	/* A capture of 0.1 has none, and one that has not got it says so itself. */
	if (why.log_missed && log_errno != ENOENT)
		complain("the kernel's log cannot be read (%s): %s",
			 strerror(log_errno),
			 "whether it says why a device does not work is not known");
	free(why.looks);
	free_steps(&why);
	free(why.log);
	disk_map_free(&why.disks);
	text_free(&why.aio);
	text_free(&why.io);
	text_free(&why.tasks);
	text_free(&why.uring);
	return status;
}

static const struct option_row options[] = {
	OPTION('J', "json", json, "JSON"),
	OPTION_NUMBER("pid", "PID", pid, 1, INT_MAX, "start at this process"),
	OPTION_STUCK_AFTER,
	{}
};

const struct command command_why = {
	.name = "why",
	.run = why_run,
	.max = 1,
	.takes = "[DEVICE|PATH|PEER]",
	.options = options,
	.help = "what is stuck on this host and why, or why a device or process is",
};
