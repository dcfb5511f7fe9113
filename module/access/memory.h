/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How nbddiag takes memory. Whoever reclaims memory may have to wait for pages
 * that are being written to the very device which is looked at, so everything
 * runs within memalloc_noio_save(): the operations of the files, the knob and
 * the callbacks of the block class.
 */
#ifndef NBDDIAG_MEMORY_H
#define NBDDIAG_MEMORY_H

#include <linux/gfp.h>
#include <linux/sched/mm.h>

/*
 * For every allocation in a read or a command. Rather fail than try for long, or
 * have a task killed. Not accounted to the reader's memory cgroup: if that is
 * full of pages that cannot be written, a charge without I/O ends in the
 * cgroup's OOM killer. Only root can read, and a read takes a bounded amount.
 */
#define GFP_READ (GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/* For what is taken once, when nbddiag, nbd or a device comes: try harder. */
#define GFP_LOAD (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

#endif /* NBDDIAG_MEMORY_H */
