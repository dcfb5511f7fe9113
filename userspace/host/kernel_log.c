// SPDX-License-Identifier: GPL-2.0
/* The kernel's log, of this host or as a capture has it. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "base/fail.h"
#include "host/kernel_log.h"

/* Of klogctl(2). */
#define READ_ALL 3
#define BUFFER_SIZE 10

char *kernel_log_read(const struct source *source)
{
	size_t size;
	char *log;
	int len;

	if (!source->live)
		return source_read(source, KERNEL_LOG_FILE, &size);
	len = klogctl(BUFFER_SIZE, NULL, 0);
	if (len < 0)
		return NULL;
	log = check_memory(malloc(len + 1));
	len = klogctl(READ_ALL, log, len);
	if (len < 0) {
		free(log);
		return NULL;
	}
	log[len] = '\0';
	return log;
}

/* "nbd1" is not named by "nbd10". */
static bool names_device(const char *line, size_t len, const char *device)
{
	size_t size = strlen(device);
	const char *at = line, *end = line + len;

	while ((at = memmem(at, end - at, device, size))) {
		if ((at == line || !isalnum((unsigned char)at[-1])) &&
		    (at + size == end || !isalnum((unsigned char)at[size])))
			return true;
		at += size;
	}
	return false;
}

const char *kernel_log_find(const char *log, const char *device,
			    const char *what, size_t *len)
{
	const char *line, *found = NULL;
	size_t size;

	for (line = log; line && *line; line += size + (line[size] == '\n')) {
		size = strcspn(line, "\n");
		if (!memmem(line, size, what, strlen(what)) ||
		    (device && !names_device(line, size, device)))
			continue;
		found = line;
		*len = size;
	}
	return found;
}
