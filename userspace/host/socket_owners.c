// SPDX-License-Identifier: GPL-2.0
/*
 * Which processes have a socket: the number of its inode is in the links of
 * their descriptors. All processes are looked at once for all sockets that are
 * asked for within some seconds.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/numbers.h"
#include "host/socket_owners.h"
#include "host/task.h"
#include "host/task_file.h"

/**
 * struct owner - a socket that a process has
 * @inode: its number
 * @tgid: the process
 */
struct owner {
	unsigned long inode;
	pid_t tgid;
};

/**
 * struct snapshot - all sockets of all processes
 * @made_s: when it was made, 0 before
 * @owner: in the order of inodes, then processes
 * @nr: how many
 * @unread: processes whose descriptors could not all be read
 * @first_unread: the first of these
 */
static struct snapshot {
	double made_s;
	struct owner *owner;
	size_t nr;
	size_t unread;
	pid_t first_unread;
} now;

void servers_add(struct servers *servers, pid_t pid)
{
	size_t i;

	for (i = 0; i < servers->nr; i++)
		if (servers->pid[i] == pid)
			return;
	servers->pid = check_memory(reallocarray(servers->pid, i + 1,
						 sizeof(*servers->pid)));
	servers->pid[servers->nr++] = pid;
}

void servers_free(struct servers *servers)
{
	free(servers->pid);
	memset(servers, 0, sizeof(*servers));
}

/* ---- the sockets of a process ---- */

/**
 * struct fd_job - the sockets of a process, being read
 * @job: reads them
 * @root: where /proc is
 * @path: of the descriptors of a thread
 * @any: there are descriptors
 * @is_cut: not all could be read
 * @inodes: of its sockets
 */
struct fd_job {
	struct job job;
	int root;
	char path[TASK_PATH_LEN];
	bool any;
	bool is_cut;
	struct numbers inodes;
};

static void read_sockets(struct job *job)
{
	struct fd_job *fds = (struct fd_job *)job;
	int dir = openat(fds->root, fds->path,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	unsigned long inode;
	char link[64];
	ssize_t len;
	DIR *names;

	if (dir < 0)
		return;
	names = check_memory(fdopendir(dir));
	for (;;) {
		errno = 0;
		entry = readdir(names);
		if (!entry)
			break;
		job->steps++;
		fds->any |= isdigit((unsigned char)*entry->d_name);
		len = isdigit((unsigned char)*entry->d_name) ?
			readlinkat(dir, entry->d_name, link, sizeof(link) - 1) :
			-1;
		if (len < 0)
			continue;
		link[len] = '\0';
		if (sscanf(link, "socket:[%lu]", &inode) == 1)
			numbers_add(&fds->inodes, inode);
	}
	/* A process that ends meanwhile has none any more. */
	fds->is_cut = errno && errno != ESRCH && errno != ENOENT;
	closedir(names);
}

/* Return: false if it has none: the main thread may have ended before the others. */
static bool add_owners(const struct source *source, const struct task_id *id)
{
	struct fd_job *fds = check_memory(calloc(1, sizeof(*fds)));
	size_t i;
	bool any;

	fds->job.run = read_sockets;
	fds->root = source->fd;
	task_path(fds->path, id->tgid, id->tid, "fd");
	if (!task_patiently(source, id->tgid, LOCKED_SOMETIMES, &fds->job))
		return true;
	now.owner = check_memory(reallocarray(now.owner,
					      now.nr + fds->inodes.nr + 1,
					      sizeof(*now.owner)));
	for (i = 0; i < fds->inodes.nr; i++)
		now.owner[now.nr++] = (struct owner){ fds->inodes.at[i], id->tgid };
	any = fds->any;
	if (fds->is_cut && !now.unread++)
		now.first_unread = id->tgid;
	numbers_free(&fds->inodes);
	free(fds);
	return any;
}

/* ---- of all processes ---- */

static int by_inode(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

static void read_owners(const struct source *source)
{
	pid_t done = 0;
	struct task_id *ids;
	size_t nr, i;

	free(now.owner);
	memset(&now, 0, sizeof(now));
	ids = task_list(source, &nr);
	for (i = 0; i < nr; i++)
		if (ids[i].tgid != done && add_owners(source, &ids[i]))
			done = ids[i].tgid;
	free(ids);
	if (now.unread)
		complain("of %zu process%s, the first is %d, not all descriptors could be read. "
			 "They may have sockets that no process seems to have",
			 now.unread, now.unread == 1 ? "" : "es",
			 (int)now.first_unread);
	if (now.nr)
		qsort(now.owner, now.nr, sizeof(*now.owner), by_inode);
	now.made_s = clock_seconds();
}

void socket_owners_add(const struct source *source, unsigned long inode,
		       struct servers *servers)
{
	size_t low = 0, high, at;

	if (!now.made_s || clock_seconds() - now.made_s >= SOCKETS_FRESH_S)
		read_owners(source);
	for (high = now.nr; low < high;) {
		at = low + (high - low) / 2;
		if (now.owner[at].inode < inode)
			low = at + 1;
		else
			high = at;
	}
	for (; low < now.nr && now.owner[low].inode == inode; low++)
		servers_add(servers, now.owner[low].tgid);
}
