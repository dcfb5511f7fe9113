// SPDX-License-Identifier: GPL-2.0
/* Until some version after 6.12 and before 7.2, also with PREEMPT_RT: who waits is in a list. */
#include <linux/semaphore.h>

const void *probe(const struct semaphore *lock);
const void *probe(const struct semaphore *lock)
{
	return &lock->wait_list.next;
}
