/* SPDX-License-Identifier: GPL-2.0 */
/* Who cannot go on because of a device, as a warning. */
#ifndef NBDDIAG_HUNG_H
#define NBDDIAG_HUNG_H

#include "host/source.h"
#include "verdict/verdict.h"

/**
 * hung_warn() - warn of tasks that a device has hang, and of rings that alone use it
 * @verdict: gets the warnings
 * @device: its name, as "nbd101"
 *
 * By the files tasks and uring; without them nothing is said.
 */
void hung_warn(const struct source *source, struct verdict *verdict,
	       const char *device);

#endif /* NBDDIAG_HUNG_H */
