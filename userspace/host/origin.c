// SPDX-License-Identifier: GPL-2.0
/* Of which host and moment a captured tree is. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/origin.h"

static void read_line(const char *text, const char *key, char *to)
{
	const char *at = text;
	size_t i, len = strlen(key);

	while (at && strncmp(at, key, len)) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	for (i = 0, at = at ? at + len : ""; *at >= ' ' && *at <= '~' &&
	     i < ORIGIN_LEN - 1; i++, at++)
		to[i] = *at;
}

void origin_read(const struct source *source, struct origin *origin)
{
	size_t size;
	char *text = source_read(source, ORIGIN_FILE, &size);

	memset(origin, 0, sizeof(*origin));
	if (text) {
		read_line(text, "host: ", origin->host);
		read_line(text, "kernel: ", origin->kernel);
		read_line(text, "time: ", origin->time);
	}
	free(text);
}

void origin_say(const struct origin *origin)
{
	if (!*origin->time)
		complain("this is a capture of an unknown time, and not this host");
	else
		complain("this is a capture of %s%s at %s%s%s, and not this host",
			 *origin->host ? "host " : "a host", origin->host,
			 origin->time, *origin->kernel ? " with kernel " : "",
			 origin->kernel);
}
