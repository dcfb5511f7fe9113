/* SPDX-License-Identifier: GPL-2.0 */
/* Does what may hang in the kernel, without hanging. */
#ifndef NBDDIAG_PATIENCE_H
#define NBDDIAG_PATIENCE_H

#include <stdatomic.h>
#include <stdbool.h>

/* How long what hangs may take to show that it does; and how often, if it is not in D. */
#define PATIENCE_MS 500
#define PATIENCE_TRIES 20

/**
 * struct job - what is to be done; the first member of a larger structure
 * @run: does it, in another thread
 * @steps: @run counts here, if it takes longer, to show that it goes on
 */
struct job {
	void (*run)(struct job *job);
	atomic_uint steps;
};

/**
 * patiently() - do something that may hang, and give up if it does
 * @job: what, from malloc()
 *
 * Return: true if it is done. If not, it has been in D for half a second
 * without a step, and @job must neither be used nor freed any more: who hangs
 * still has it.
 */
bool patiently(struct job *job);

/**
 * patience_is_in_d() - does a thread sleep so that no signal wakes it?
 * @status: the path of its file "status" in /proc
 */
bool patience_is_in_d(const char *status);

#endif /* NBDDIAG_PATIENCE_H */
