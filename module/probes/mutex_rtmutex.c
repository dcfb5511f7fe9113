// SPDX-License-Identifier: GPL-2.0
/* With PREEMPT_RT, from 5.15: bb630f9f7a7d ("locking/rtmutex: Add mutex variant for RT") */
#include <linux/mutex.h>

const void *probe(const struct mutex *lock);
const void *probe(const struct mutex *lock)
{
	return &lock->rtmutex.owner;
}
