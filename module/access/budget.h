/* SPDX-License-Identifier: GPL-2.0 */
/* How long others may be kept out: by RCU, a spinlock, or without a break. */
#ifndef NBDDIAG_BUDGET_H
#define NBDDIAG_BUDGET_H

#include <linux/sched/clock.h>
#include <linux/smp.h>

#define BUDGET_NS 20000

static inline u64 budget_clock(void)
{
	return cpu_clock(raw_smp_processor_id());
}

/* @since: from budget_clock(). To be asked after at least one step. */
static inline bool budget_is_spent(u64 since)
{
	return budget_clock() - since >= BUDGET_NS;
}

#endif /* NBDDIAG_BUDGET_H */
