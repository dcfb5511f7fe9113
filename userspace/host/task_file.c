// SPDX-License-Identifier: GPL-2.0
/*
 * Files and links of a thread, read without hanging.
 *
 * While a process is in execve(2), others wait who read its stack or system
 * call, and on some kernels (Debian's 6.12) its stat, its wchan, its descriptors
 * or its namespaces too. That execve(2) hangs if the address space that it
 * gives up cannot end, as any exit does. Of no kernel does that keep from
 * reading comm, status, mountinfo and fdinfo.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/task_file.h"

char *task_path(char *path, pid_t tgid, pid_t tid, const char *name)
{
	snprintf(path, TASK_PATH_LEN, "proc/%d/task/%d/%s", tgid, tid, name);
	return path;
}

/* ---- who hangs ---- */

/**
 * struct hanging - a process that has kept us waiting, and is not asked again
 * @tgid: the process
 * @what: what it does not give, and all that is before it in the list
 */
struct hanging {
	pid_t tgid;
	enum task_locked what;
};

static struct hanging *hanging;
static size_t nr_hanging;

static bool is_hanging(pid_t tgid, enum task_locked what)
{
	size_t i;

	for (i = 0; i < nr_hanging; i++)
		if (hanging[i].tgid == tgid && hanging[i].what >= what)
			return true;
	return false;
}

static void add_hanging(pid_t tgid, enum task_locked what)
{
	hanging = check_memory(reallocarray(hanging, nr_hanging + 1,
					    sizeof(*hanging)));
	hanging[nr_hanging].tgid = tgid;
	hanging[nr_hanging++].what = what;
}

bool task_patiently(const struct source *source, pid_t tgid,
		    enum task_locked what, struct job *job)
{
	if (!source->live) {
		job->run(job);
		return true;
	}
	if (is_hanging(tgid, what)) {
		free(job);
		errno = ETIMEDOUT;
		return false;
	}
	if (patiently(job))
		return true;
	add_hanging(tgid, what);
	errno = ETIMEDOUT;
	return false;
}

/* ---- files and links ---- */

/**
 * struct reading - a file or link that is being read
 * @job: reads it
 * @source: where it is
 * @path: of it
 * @data: what it has, NULL with @error
 * @size: of @data
 * @error: errno
 */
struct reading {
	struct job job;
	struct source source;
	char path[TASK_PATH_LEN];
	char *data;
	size_t size;
	int error;
};

static void read_file(struct job *job)
{
	struct reading *reading = (struct reading *)job;

	reading->data = source_read(&reading->source, reading->path,
				    &reading->size);
	reading->error = errno;
}

static void read_link(struct job *job)
{
	struct reading *reading = (struct reading *)job;

	reading->data = source_link(&reading->source, reading->path);
	reading->error = errno;
}

static char *read_either(const struct source *source, pid_t tgid, pid_t tid,
			 const char *name, size_t *size,
			 void (*run)(struct job *job))
{
	struct reading *reading = check_memory(calloc(1, sizeof(*reading)));
	enum task_locked what = LOCKED_SOMETIMES;
	char *data;

	reading->job.run = run;
	reading->source = *source;
	task_path(reading->path, tgid, tid, name);
	if (!strcmp(name, "stack") || !strcmp(name, "syscall"))
		what = LOCKED_ALWAYS;
	if (!task_patiently(source, tgid, what, &reading->job))
		return NULL;
	data = reading->data;
	if (size)
		*size = reading->size;
	errno = reading->error;
	free(reading);
	return data;
}

char *task_file(const struct source *source, pid_t tgid, pid_t tid,
		const char *name, size_t *size)
{
	return read_either(source, tgid, tid, name, size, read_file);
}

char *task_link(const struct source *source, pid_t tgid, pid_t tid,
		const char *name)
{
	return read_either(source, tgid, tid, name, NULL, read_link);
}
