// SPDX-License-Identifier: GPL-2.0
/* Since 6.2, and in later versions of older ones: before, it is del_timer_sync(). */
#include <linux/timer.h>

int probe(struct timer_list *timer);
int probe(struct timer_list *timer)
{
	return timer_delete_sync(timer);
}
