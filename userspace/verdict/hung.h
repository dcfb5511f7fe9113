/* SPDX-License-Identifier: GPL-2.0 */
/* Who cannot go on because of a device, as a warning. */
#ifndef NBDDIAG_HUNG_H
#define NBDDIAG_HUNG_H

#include "facts/text.h"
#include "host/source.h"
#include "verdict/verdict.h"

/**
 * struct hung - who cannot go on, whatever because of
 * @tasks: the file tasks, or empty
 * @uring: the file uring, or empty
 */
struct hung {
	struct text tasks;
	struct text uring;
};

/* Read it once for all devices; for hung_free(). */
void hung_read(const struct source *source, struct hung *hung);

void hung_free(struct hung *hung);

/**
 * hung_warn() - warn of tasks that a device has hang, and of rings that alone use it
 * @verdict: gets the warnings
 * @device: its name, as "nbd101"
 *
 * Without these files nothing is said.
 */
void hung_warn(const struct hung *hung, struct verdict *verdict,
	       const char *device);

#endif /* NBDDIAG_HUNG_H */
