// SPDX-License-Identifier: GPL-2.0
/* What does not come back is said while it lasts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>

#include "stormtool.h"

struct under_way ways[MAX_READERS + 1];

static void tell(struct under_way *way)
{
	char text[4096] = "";
	int fd = open(way->stack, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		strcpy(text, strerror(errno));
	fprintf(stderr, "stormtool: %s: no end yet after %" PRIu64 " ms:\n%s", way->what,
		opt.limit_ms, text);
	way->told = true;
}

static void *watch_ways(void *data)
{
	double start;
	size_t i;

	(void)data;
	for (;;) {
		usleep(50000);
		for (i = 0; i < ARRAY_SIZE(ways); i++) {
			start = ways[i].start;
			if (start && !ways[i].told && now() - start > limit())
				tell(&ways[i]);
		}
	}
	return NULL;
}

void begin_way(struct under_way *way, double start)
{
	way->told = false;
	way->start = start;
}

void watch_under_way(void)
{
	start_detached(watch_ways, NULL, 51);
}
