/* SPDX-License-Identifier: GPL-2.0 */
/* What the process does that reads memory of another one, see memory.c. */
#ifndef NBDDIAG_ERRAND_H
#define NBDDIAG_ERRAND_H

#include <stdatomic.h>
#include <stdint.h>

#include "locks/futex.h"
#include "locks/status.h"

/**
 * struct errand - in memory that both processes have
 * @steps: counted on, to show that it goes on
 * @result: what came of it
 * @page: size of one
 * @proc: "/proc/TGID/task/"
 * @before: of each thread, from before anything else was read
 * @futexes: with @futexes.tid of each thread; the rest is filled in
 *
 * What pointers point to follows it.
 */
struct errand {
	atomic_uint steps;
	enum futex_memory result;
	uint64_t page;
	char proc[32];
	struct status *before;
	struct futexes futexes;
};

/**
 * errand_run() - find out which futexes the threads wait in, and read them
 *
 * It may hang. It neither allocates nor uses stdio, as the process that has
 * made this one has other threads.
 */
void errand_run(struct errand *errand);

#endif /* NBDDIAG_ERRAND_H */
