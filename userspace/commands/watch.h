/* SPDX-License-Identifier: GPL-2.0 */
/* --watch: the same again and again. */
#ifndef NBDDIAG_WATCH_H
#define NBDDIAG_WATCH_H

#include "commands/options.h"

#define OPTION_WATCH \
	OPTION_NUMBER("watch", "SECONDS", watch_s, 1, OPTION_MAX_S, \
		      "print again and again")

/**
 * watch_run() - do something once, or with --watch for ever
 * @command: its name
 * @once: prints, and returns the exit status of the program
 *
 * Return: what @once returned.
 */
int watch_run(const struct options *options, const char *command,
	      int (*once)(const struct options *options));

#endif /* NBDDIAG_WATCH_H */
