/* SPDX-License-Identifier: GPL-2.0 */
/* Who cannot go on because of a device, as a warning. */
#ifndef NBDDIAG_HUNG_H
#define NBDDIAG_HUNG_H

#include <stdbool.h>

#include "facts/modfile.h"
#include "facts/text.h"
#include "host/source.h"
#include "verdict/verdict.h"

/**
 * struct hung - who cannot go on, whatever because of
 * @tasks: the file tasks, or empty
 * @tasks_found: whether it is there
 * @uring: the file uring, or empty
 * @uring_found: whether it is there
 * @source: where to look
 * @aio: the file aio, from hung_aio(); or empty
 * @aio_found: whether it is there
 * @aio_is_read: it was looked for
 */
struct hung {
	struct text tasks;
	enum modfile_found tasks_found;
	struct text uring;
	enum modfile_found uring_found;
	const struct source *source;
	struct text aio;
	enum modfile_found aio_found;
	bool aio_is_read;
};

/* Read it once for all devices, but for aio; for hung_free(). */
void hung_read(const struct source *source, struct hung *hung);

/* The file aio, or what is empty. Free devices do not need it. */
const struct text *hung_aio(struct hung *hung);

void hung_free(struct hung *hung);

/**
 * hung_warn() - warn of tasks that a device has hang, and of rings that alone use it
 * @verdict: gets the warnings
 * @device: its name, as "nbd101"
 *
 * Of what these files lack nothing is said: see hung_say_gaps().
 */
void hung_warn(const struct hung *hung, struct verdict *verdict,
	       const char *device);

/* The same of tasks that wait for the end of AIO contexts, as at the end of a process. */
void hung_warn_of_waiters(struct hung *hung, struct verdict *verdict,
			  const char *device);

/**
 * hung_say_gaps() - what could not be warned of, as a file is missing or lacks some
 * @quiet: tell only programs
 */
void hung_say_gaps(const struct hung *hung, bool quiet);

#endif /* NBDDIAG_HUNG_H */
