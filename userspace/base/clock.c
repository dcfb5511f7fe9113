// SPDX-License-Identifier: GPL-2.0
/* A clock that only goes forward. */
#include <time.h>

#include "base/clock.h"

double clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}
