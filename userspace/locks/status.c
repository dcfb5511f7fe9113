// SPDX-License-Identifier: GPL-2.0
/* What a thread does and did, from its file "status". */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "locks/status.h"

#define CHUNK_LEN 4096
/* A number for each of 32 pid namespaces; what is longer is not looked at. */
#define LINE_LEN 512

/* Of signal 9 in a set of pending ones. */
#define SIGKILL_BIT 0x100

/* Return: what follows the key, NULL if the line has another one. */
static const char *after(const char *line, const char *key)
{
	size_t len = strlen(key);

	return strncmp(line, key, len) ? NULL : line + len;
}

/* The last number in the line is that of the innermost namespace. */
static int last_number(const char *at)
{
	int number = 0;
	char *end;

	for (; *at == '\t'; at = end)
		number = strtol(at, &end, 10);
	return number;
}

static void parse_line(struct status *status, const char *line)
{
	const char *at;

	at = after(line, "State:\t");
	if (at)
		status->state = *at;
	at = after(line, "NSpid:");
	if (at)
		status->number = last_number(at);
	at = after(line, "SigPnd:");
	if (!at)
		at = after(line, "ShdPnd:");
	if (at && strtoull(at, NULL, 16) & SIGKILL_BIT)
		status->is_killed = true;
	at = after(line, "voluntary_ctxt_switches:");
	if (!at)
		at = after(line, "nonvoluntary_ctxt_switches:");
	if (at)
		status->switches += strtoull(at, NULL, 10);
}

bool status_read(int fd, struct status *status)
{
	char chunk[CHUNK_LEN], line[LINE_LEN];
	size_t len = 0;
	ssize_t got, i;

	memset(status, 0, sizeof(*status));
	while ((got = read(fd, chunk, sizeof(chunk))) > 0) {
		for (i = 0; i < got; i++) {
			if (chunk[i] != '\n' && len < sizeof(line) - 1)
				line[len++] = chunk[i];
			if (chunk[i] != '\n')
				continue;
			line[len] = '\0';
			parse_line(status, line);
			len = 0;
		}
	}
	close(fd);
	return !got && status->state;
}
