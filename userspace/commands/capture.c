// SPDX-License-Identifier: GPL-2.0
/* nbddiag capture: a tar archive of what the commands read, for --root. */
#include "capture/capture.h"
#include "commands/commands.h"

int cmd_capture(const struct options *options)
{
	capture_make(&options->source, options->args[0], options->deep);
	return 0;
}
