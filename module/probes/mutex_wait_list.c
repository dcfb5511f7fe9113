// SPDX-License-Identifier: GPL-2.0
/* Until some version after 6.12 and before 7.2, and not with PREEMPT_RT: who waits is in a list. */
#include <linux/mutex.h>

const void *probe(const struct mutex *lock);
const void *probe(const struct mutex *lock)
{
	return &lock->wait_list;
}
