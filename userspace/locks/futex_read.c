// SPDX-License-Identifier: GPL-2.0
/*
 * The futexes that the threads of a process wait in, of the host or of a
 * captured tree.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "locks/futex.h"
#include "locks/memory.h"
#include "host/task_file.h"

static void list_threads(const struct source *source, struct futexes *futexes)
{
	char path[TASK_PATH_LEN], **names, **name;
	size_t nr = 0;

	snprintf(path, sizeof(path), "proc/%d/task", (int)futexes->tgid);
	names = source_names(source, path, "");
	for (name = names; name && *name; name++)
		nr++;
	futex_make_room(futexes, nr);
	for (name = names; name && *name; name++)
		futexes->thread[futexes->nr++].tid = atoi(*name);
	source_free_names(names);
}

/* A process known to hang in execve(2) is not waited for once more. */
static bool hangs_in_execve(const struct source *source,
			    const struct futexes *futexes)
{
	char *data;
	size_t size;
	bool hangs;

	data = task_file(source, futexes->tgid, futexes->thread[0].tid,
			 "syscall", &size);
	hangs = !data && errno == ETIMEDOUT;
	free(data);
	return hangs;
}

static void read_live(const struct source *source, struct futexes *futexes)
{
	size_t i;

	list_threads(source, futexes);
	/* Of 32-bit hosts no layout is known. */
	if (!futexes->nr || sizeof(long) < 8)
		return;
	if (hangs_in_execve(source, futexes))
		futexes->memory = FUTEX_MEMORY_HANGS;
	else
		futexes->memory = memory_read(futexes);
	futex_sort(futexes);
	futex_find_pi(futexes);
	/* Of another kind of program the numbers of calls are others too. */
	for (i = 0; i < futexes->nr; i++)
		if (futexes->memory == FUTEX_MEMORY_32_BIT)
			futexes->thread[i].waits = false;
}

bool futex_read(const struct source *source, struct futexes *futexes,
		pid_t tgid)
{
	char path[TASK_PATH_LEN], *data;
	size_t size, i;

	memset(futexes, 0, sizeof(*futexes));
	futexes->tgid = tgid;
	if (source->live) {
		read_live(source, futexes);
	} else {
		snprintf(path, sizeof(path), "proc/%d/futex", (int)tgid);
		data = source_read(source, path, &size);
		if (!data)
			return false;
		futex_parse(futexes, data, size);
	}
	if (futexes->memory != FUTEX_MEMORY_READ &&
	    futexes->memory != FUTEX_MEMORY_ENDS)
		return true;
	for (i = 0; i < futexes->nr; i++)
		if (futexes->thread[i].waits)
			return true;
	futex_free(futexes);
	return false;
}
