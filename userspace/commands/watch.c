// SPDX-License-Identifier: GPL-2.0
/* --watch: the same again and again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/document.h"
#include "base/fail.h"
#include "commands/watch.h"

int watch_run(const struct options *options, const char *command,
	      int (*once)(const struct options *options))
{
	int status = once(options);

	while (options->watch_s) {
		document_end(status);
		check_output();
		sleep(options->watch_s);
		/* Home, and clear what is below. */
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		document_start(command);
		status = once(options);
	}
	return status;
}
