// SPDX-License-Identifier: GPL-2.0
/* nbddiag capture: a tar archive of what the commands read, for --root. */
#include "capture/capture.h"
#include "commands/commands.h"

static int capture_run(const struct options *options)
{
	capture_make(&options->source, options->args[0], options->deep);
	return 0;
}

static const struct option_row options[] = {
	OPTION(0, "deep", deep, "look at all pages of memory too"),
	{}
};

const struct command command_capture = {
	.name = "capture",
	.run = capture_run,
	.min = 1,
	.max = 1,
	.takes = "FILE",
	.options = options,
	.help = "save all that the commands read, for a ticket (- is stdout)",
};
