// SPDX-License-Identifier: GPL-2.0
/* All root causes of the host, the one that holds most first. */
#include <stdlib.h>
#include <string.h>

#include "why/causes.h"

static uint64_t weight(const struct cause *cause)
{
	return cause->requests + cause->users + cause->tasks;
}

static int holds_most(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	/* What harms data is worse than what stands still. */
	if (x->is_mixed != y->is_mixed)
		return x->is_mixed ? -1 : 1;
	if (x->status != y->status)
		return x->status == VERDICT_STUCK ? -1 : 1;
	if (weight(x) != weight(y))
		return weight(x) > weight(y) ? -1 : 1;
	if (x->oldest_ns != y->oldest_ns)
		return x->oldest_ns > y->oldest_ns ? -1 : 1;
	return strverscmp(x->key, y->key);
}

void causes_judge(struct causes *causes)
{
	size_t i;

	devices_judge(causes);
	disks_judge(causes);
	unfollowed_judge(causes);
	for (i = 0; i < causes->nr; i++)
		above_list(causes, &causes->cause[i]);
	hung_judge(causes);
	above_judge(causes);
	servers_judge(causes);
	deadlock_judge(causes);
}

void causes_find(struct causes *causes)
{
	size_t i;

	causes_judge(causes);
	if (!causes->nr)
		return;
	causes_find_users(causes);
	for (i = 0; i < causes->nr; i++)
		above_find(causes, &causes->cause[i]);
	mounted_find(causes);
	qsort(causes->cause, causes->nr, sizeof(*causes->cause), holds_most);
}
