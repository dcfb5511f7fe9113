// SPDX-License-Identifier: GPL-2.0
/* Captures the threads that matter, and the mounts that concern nbd. */
#include <argz.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "capture/capture.h"
#include "host/apart.h"
#include "host/freezer.h"
#include "host/guest.h"
#include "host/mounts.h"
#include "host/task.h"
#include "host/task_fds.h"
#include "host/task_file.h"
#include "locks/futex.h"

#define PATH_LEN 96
#define NBD_MAJOR 43

/**
 * struct thread - a thread of the process that is looked at
 * @state: the letter that ps(1) shows, 0 if it has gone
 * @fds: as of task_block_fds()
 * @error: why there are none, an errno
 */
struct thread {
	char state;
	char *fds;
	int error;
};

/* ---- which threads? ---- */

static bool device_matters(struct capture *capture, unsigned int major,
			   unsigned int minor)
{
	return major == NBD_MAJOR ||
	       numbers_has(&capture->devices,
			   capture_device_number(major, minor));
}

static bool has_open(struct capture *capture, const char *fds)
{
	struct task_fd fd;

	while (fds && task_next_fd(&fds, &fd))
		if (device_matters(capture, fd.major, fd.minor))
			return true;
	return false;
}

/* Threads mostly share their descriptors, which need not be read again. */
static void read_thread(struct capture *capture, struct thread *thread,
			const struct task_id *id, const struct thread *first,
			pid_t first_tid)
{
	struct task task;

	if (!task_read(capture->source, &task, id->tgid, id->tid))
		return;
	thread->state = task.state;
	task_free(&task);
	if (first != thread && first->state && !first->error &&
	    task_shares_files(capture->source, first_tid, id->tid)) {
		if (first->fds)
			thread->fds = check_memory(strdup(first->fds));
		return;
	}
	errno = 0;
	thread->fds = task_block_fds(capture->source, id->tgid, id->tid);
	thread->error = thread->fds ? 0 : errno;
}

/* ---- a thread's files ---- */

/* Return: false if it was asked for before. */
static bool note_once(struct capture *capture, const char *what)
{
	const char *at = capture->once;

	while (at && strcmp(at, what))
		at = argz_next(capture->once, capture->once_len, at);
	if (!at && argz_add(&capture->once, &capture->once_len, what))
		fail(EXIT_SYSTEM, "out of memory");
	return !at;
}

static char *path_of(char *path, const struct task_id *id, const char *name)
{
	snprintf(path, PATH_LEN, "proc/%d/task/%d/%s", id->tgid, id->tid, name);
	return path;
}

static void put_fds(struct capture *capture, const struct task_id *id,
		    const struct thread *thread)
{
	const char *fds = thread->fds ? thread->fds : "";
	char path[PATH_LEN];

	path_of(path, id, "fd.rdev");
	if (thread->error)
		capture_missing(capture, path, thread->error);
	else
		tarfile_put_file(&capture->tar, path, fds, strlen(fds));
}

/* The process may hang in execve(2), which would keep a plain reader waiting. */
static void put_slow_file(struct capture *capture, const struct task_id *id,
			  const char *name)
{
	char path[PATH_LEN], *data;
	size_t size;

	path_of(path, id, name);
	data = task_file(capture->source, id->tgid, id->tid, name, &size);
	if (data)
		tarfile_put_file(&capture->tar, path, data, size);
	else
		capture_missing(capture, path, errno);
	free(data);
}

/* Whose it is and how much memory it has is nobody's business. */
static void put_status(struct capture *capture, const struct task_id *id)
{
	char path[PATH_LEN], *data, *end;
	size_t size;

	data = capture_read(capture, path_of(path, id, "status"), &size);
	end = data ? strstr(data, "\nUid:") : NULL;
	if (end)
		size = end + 1 - data;
	if (data)
		tarfile_put_file(&capture->tar, path, data, size);
	free(data);
}

/* Who it is; a thread whose descriptors cannot be read is not left out. */
static void put_name(struct capture *capture, const struct task_id *id,
		     const struct thread *thread)
{
	char path[PATH_LEN];

	capture_file(capture, path_of(path, id, "comm"));
	put_status(capture, id);
	put_fds(capture, id, thread);
}

/* What keeps it frozen. */
static void put_freezer(struct capture *capture, const struct task_id *id)
{
	const char *path = NULL;
	char *paths;
	size_t len;

	paths = freezer_files(capture->source, id->tgid, id->tid, &len);
	if (paths)
		put_slow_file(capture, id, "cgroup");
	while ((path = argz_next(paths, len, path)))
		if (note_once(capture, path))
			capture_file(capture, path);
	free(paths);
}

static void put_thread(struct capture *capture, const struct task_id *id,
		       const struct thread *thread)
{
	put_name(capture, id, thread);
	put_slow_file(capture, id, "wchan");
	/* What runs sleeps nowhere, and a zombie has no stack. */
	if (!strchr("RZXx", thread->state))
		put_slow_file(capture, id, "stack");
	if (thread->state == 'D')
		put_slow_file(capture, id, "syscall");
	put_freezer(capture, id);
}

/* ---- mounts ---- */

/* A filesystem that has no device number of its own names its source. */
static bool mount_matters(struct capture *capture, const char *line)
{
	struct mounts mounts;
	struct mount mount;
	bool matters;

	mounts_open(&mounts, line, strlen(line));
	matters = mounts_next(&mounts, &mount) &&
		  (device_matters(capture, mount.major, mount.minor) ||
		   !strncmp(mount.source, "/dev/nbd", 8));
	mounts_close(&mounts);
	return matters;
}

/* Return: the lines that matter; NULL if it cannot be read. */
static char *read_mounts(struct capture *capture, const char *path,
			 size_t *kept)
{
	size_t size, len;
	char *data = apart_read(capture->source, path, &size), *line, *next;

	*kept = 0;
	if (!data)
		capture_missing(capture, path, errno);
	for (line = data; line && *line; line = next) {
		len = strcspn(line, "\n");
		next = line + len + (line[len] == '\n');
		line[len] = '\0';
		if (!mount_matters(capture, line))
			continue;
		memmove(data + *kept, line, len);
		*kept += len;
		data[(*kept)++] = '\n';
	}
	return data;
}

/*
 * The mounts of a namespace are those of the first thread which is in it.
 * Return: whether there are any that matter.
 */
static bool put_mounts(struct capture *capture, const struct task_id *id)
{
	char link[PATH_LEN], path[PATH_LEN], *target, *mounts = NULL;
	size_t size = 0;

	path_of(link, id, "ns/mnt");
	path_of(path, id, "mountinfo");
	target = task_link(capture->source, id->tgid, id->tid, "ns/mnt");
	if (target && note_once(capture, target))
		mounts = read_mounts(capture, path, &size);
	if (size) {
		tarfile_put_link(&capture->tar, link, target);
		tarfile_put_file(&capture->tar, path, mounts, size);
	}
	free(target);
	free(mounts);
	return size;
}

/* ---- a process ---- */

/* What its threads wait for, if those are locks of its own. */
static void put_futexes(struct capture *capture, pid_t tgid)
{
	struct futexes futexes;
	char path[PATH_LEN], *text = NULL;
	size_t size;
	FILE *out;

	if (!futex_read(capture->source, &futexes, tgid))
		return;
	out = check_memory(open_memstream(&text, &size));
	futex_print(&futexes, out);
	if (fclose(out))
		fail(EXIT_SYSTEM, "out of memory");
	snprintf(path, sizeof(path), "proc/%d/futex", (int)tgid);
	tarfile_put_file(&capture->tar, path, text, size);
	free(text);
	futex_free(&futexes);
}

/* Whoever has a virtual machine knows it by name, and not by number. */
static void put_guest(struct capture *capture, pid_t tgid)
{
	char *name = guest_name(capture->source, tgid);
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "proc/%d/guest", (int)tgid);
	if (name)
		tarfile_put_file(&capture->tar, path, name, strlen(name));
	free(name);
}

static void capture_thread(struct capture *capture, const struct task_id *id,
			   const struct thread *thread, bool matters)
{
	bool has_mounts = put_mounts(capture, id);

	if (matters || thread->state == 'D')
		put_thread(capture, id, thread);
	else if (has_mounts || thread->error)
		put_name(capture, id, thread);
}

static void capture_process(struct capture *capture, const struct task_id *id,
			    size_t nr)
{
	struct thread *threads = check_memory(calloc(nr, sizeof(*threads)));
	bool all = numbers_has(&capture->processes, id->tgid);
	bool serves = numbers_has(&capture->servers, id->tgid);
	size_t i;

	for (i = 0; i < nr; i++) {
		read_thread(capture, &threads[i], &id[i], threads, id->tid);
		all = all || has_open(capture, threads[i].fds);
	}
	for (i = 0; i < nr; i++) {
		if (threads[i].state)
			capture_thread(capture, &id[i], &threads[i],
				       all || serves ||
				       numbers_has(&capture->threads,
						   id[i].tid));
		free(threads[i].fds);
	}
	if (all) {
		put_futexes(capture, id->tgid);
		put_guest(capture, id->tgid);
	}
	free(threads);
}

/* Whether there may be processes that are not seen from here. */
static void put_namespace(struct capture *capture)
{
	static const char path[] = "proc/self/ns/pid";
	char *target = source_link(capture->source, path);

	if (target)
		tarfile_put_link(&capture->tar, path, target);
	free(target);
}

void capture_tasks(struct capture *capture)
{
	size_t nr, i, threads;
	struct task_id *ids = task_list(capture->source, &nr);

	for (i = 0; i < nr; i += threads) {
		for (threads = 1; i + threads < nr &&
		     ids[i + threads].tgid == ids[i].tgid; threads++)
			;
		capture_process(capture, &ids[i], threads);
	}
	free(ids);
	put_namespace(capture);
}
