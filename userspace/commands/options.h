/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line asked for. */
#ifndef NBDDIAG_OPTIONS_H
#define NBDDIAG_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/source.h"

/**
 * struct options - options and arguments, already checked
 * @source: the live host, or --root
 * @args: what follows the command and its options, ended by NULL
 * @columns: --output, NULL if not given
 * @list_columns: --list-columns
 * @noheadings: --noheadings
 * @json: --json
 * @bytes: --bytes
 * @all: --all
 * @full: --full
 * @deep: --deep
 * @quiet: --quiet
 * @sockets: --sockets
 * @fail_io: --fail-io
 * @dry_run: --dry-run
 * @yes: --yes
 * @wait_s: --wait, in seconds
 * @pid: --pid, 0 if not given
 * @watch_s: --watch, in seconds, 0 if not given
 */
struct options {
	struct source source;
	char **args;
	const char *columns;
	bool list_columns;
	bool noheadings;
	bool json;
	bool bytes;
	bool all;
	bool full;
	bool deep;
	bool quiet;
	bool sockets;
	bool fail_io;
	bool dry_run;
	bool yes;
	unsigned int wait_s;
	uint32_t pid;
	unsigned int watch_s;
};

#endif /* NBDDIAG_OPTIONS_H */
