// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag why: the chain from what hangs to what it waits for, in sentences,
 * as far as facts carry.
 */
#include "base/fail.h"
#include "commands/commands.h"
#include "facts/aio.h"
#include "facts/device.h"
#include "why/why.h"

int cmd_why(const struct options *options)
{
	struct why why = { .source = &options->source };

	if (!!options->pid == !!*options->args)
		fail(EXIT_USAGE, "usage: nbddiag why DEVICE, or nbddiag why --pid N");
	aio_read(why.source, &why.aio, false);
	if (options->pid)
		why_process(&why, options->pid);
	else
		why_named_device(&why, options->args[0]);
	text_free(&why.aio);
	return 0;
}
