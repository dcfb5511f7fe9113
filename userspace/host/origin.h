/* SPDX-License-Identifier: GPL-2.0 */
/* Of which host and moment a captured tree is. */
#ifndef NBDDIAG_ORIGIN_H
#define NBDDIAG_ORIGIN_H

#include "host/source.h"

/* The file that says so, in the topmost directory. */
#define ORIGIN_FILE "nbddiag-capture"

#define ORIGIN_LEN 80

/**
 * struct origin - what the file says, in printable ASCII; "" if it does not
 * @host: its name
 * @kernel: its release
 * @time: when, as in 2026-11-26T04:00:00Z
 */
struct origin {
	char host[ORIGIN_LEN];
	char kernel[ORIGIN_LEN];
	char time[ORIGIN_LEN];
};

/* Fill it from the file of a captured tree. */
void origin_read(const struct source *source, struct origin *origin);

/* Say on standard error that what follows is of a capture, and of when. */
void origin_say(const struct origin *origin);

#endif /* NBDDIAG_ORIGIN_H */
