// SPDX-License-Identifier: GPL-2.0
/*
 * The processes and threads that have a device open. Every thread is asked:
 * that of a process whose leader has ended still has what it had open, while
 * the directory of the process itself is empty.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "holders/search.h"
#include "host/task_fds.h"

/**
 * struct group - threads of a process with the same descriptors
 * @first: one of them
 * @fds: their descriptors of the device, as from task_block_fds()
 * @threads: how many they are
 * @has_leader: the leader is one of them
 * @is_shown: it has a row
 */
struct group {
	pid_t first;
	char *fds;
	size_t threads;
	bool has_leader;
	bool is_shown;
};

/**
 * struct process - a process
 * @ids: its threads
 * @nr: how many
 * @group: their groups
 * @nr_groups: how many
 * @of: the group of each thread
 */
struct process {
	const struct task_id *ids;
	size_t nr;
	struct group *group;
	size_t nr_groups;
	size_t *of;
};

/* ---- groups ---- */

/* Return: the lines which are of the device; not those of mere paths to it. */
static char *keep_own(const struct search *search, const char *all)
{
	struct task_fd fd;
	char *text = NULL;
	size_t size;
	FILE *to = check_memory(open_memstream(&text, &size));

	while (task_next_fd(&all, &fd))
		if (!(fd.flags & O_PATH) &&
		    search_number(search, fd.major, fd.minor))
			fprintf(to, "%d %u:%u %#o %.*s\n", fd.fd, fd.major,
				fd.minor, fd.flags, (int)fd.len, fd.target);
	if (fclose(to))
		fail(EXIT_SYSTEM, "out of memory");
	return text;
}

static char *read_own(struct search *search, const struct task_id *id)
{
	char *all = task_block_fds(search->source, id->tgid, id->tid), *own;

	if (errno)
		search_blind(search, id->tgid);
	own = keep_own(search, all);
	free(all);
	return own;
}

static size_t new_group(struct process *process, pid_t tid, char *fds)
{
	struct group *group;

	process->group = check_memory(reallocarray(process->group,
						   process->nr_groups + 1,
						   sizeof(*group)));
	group = &process->group[process->nr_groups];
	*group = (struct group){ .first = tid, .fds = fds };
	return process->nr_groups++;
}

/* The kernel says quickly that two have the same, so that nobody reads all. */
static size_t find_group(struct search *search, struct process *process,
			 const struct task_id *id)
{
	char *fds;
	size_t i;

	for (i = 0; i < process->nr_groups; i++)
		if (task_shares_files(search->source, process->group[i].first,
				      id->tid))
			return i;
	fds = read_own(search, id);
	for (i = 0; i < process->nr_groups; i++)
		if (!strcmp(process->group[i].fds, fds)) {
			free(fds);
			return i;
		}
	return new_group(process, id->tid, fds);
}

/* ---- rows ---- */

static void print_range(FILE *to, const char *before, int first, int last)
{
	if (first == last)
		fprintf(to, "%s%d", before, first);
	else
		fprintf(to, "%s%d-%d", before, first, last);
}

static bool is_of(const struct task_fd *fd, const struct block *block)
{
	return fd->major == block->disk.major && fd->minor == block->disk.minor;
}

/* Return: the descriptors of one device, for instance "3,5-7". */
static char *list_fds(const char *fds, const struct block *block)
{
	int first = -1, last = -1;
	const char *before = "";
	struct task_fd fd;
	char *text = NULL;
	size_t size;
	FILE *to = check_memory(open_memstream(&text, &size));

	while (task_next_fd(&fds, &fd)) {
		if (!is_of(&fd, block))
			continue;
		if (first >= 0 && (int64_t)fd.fd != last + 1ll) {
			print_range(to, before, first, last);
			before = ",";
			first = -1;
		}
		if (first < 0)
			first = fd.fd;
		last = fd.fd;
	}
	print_range(to, before, first, last);
	if (fclose(to))
		fail(EXIT_SYSTEM, "out of memory");
	return text;
}

static bool has_block(const char *fds, const struct block *block,
		      struct task_fd *fd)
{
	while (task_next_fd(&fds, fd))
		if (is_of(fd, block))
			return true;
	return false;
}

/* Those of the device itself and its partitions. */
static void add_files(struct search *search, const struct group *group)
{
	const char *fds = group->fds;
	struct task_fd fd;

	while (task_next_fd(&fds, &fd))
		if (search_is_own(search, search_number(search, fd.major,
							fd.minor)))
			files_add(&search->files, group->first, fd.fd);
}

/* A row for each device that it has open: the whole one and partitions. */
static void add_rows(struct search *search, const struct group *group,
		     const struct task_id *id, size_t threads)
{
	enum holder_kind kind = id->tid == id->tgid ? HOLDER_PROCESS :
						      HOLDER_THREAD;
	struct holder *holder;
	struct task_fd fd;
	struct task task;
	size_t i;

	for (i = 0; i < search->nr_blocks; i++) {
		if (!has_block(group->fds, &search->block[i], &fd) ||
		    !task_read(search->source, &task, id->tgid, id->tid))
			continue;
		task_read_sleep(search->source, &task);
		holder = search_add(search, kind, &search->block[i]);
		holder->task = task;
		holder->threads = threads;
		holder->fds = list_fds(group->fds, &search->block[i]);
		holder->path = check_memory(strndup(fd.target, fd.len));
	}
}

static bool is_hung(const struct search *search, const struct task_id *id)
{
	struct task task;
	bool hung;

	if (!task_read(search->source, &task, id->tgid, id->tid))
		return false;
	hung = task.state == 'D';
	task_free(&task);
	return hung;
}

/*
 * One row for all threads, and one more for each that hangs. If the leader is
 * not among them, one that does not hang stands for those which do not.
 */
static void show_groups(struct search *search, struct process *process)
{
	const struct task_id *id;
	struct group *group;
	size_t i;

	for (i = 0; i < process->nr; i++) {
		id = &process->ids[i];
		group = &process->group[process->of[i]];
		if (!*group->fds)
			continue;
		if (id->tid == id->tgid) {
			add_rows(search, group, id, group->threads);
		} else if (is_hung(search, id)) {
			add_rows(search, group, id, 1);
		} else if (!group->has_leader && !group->is_shown) {
			add_rows(search, group, id, group->threads);
			group->is_shown = true;
		}
	}
}

static void search_process(struct search *search, const struct task_id *ids,
			   size_t nr)
{
	struct process process = { .ids = ids, .nr = nr };
	struct group *group;
	size_t i;

	process.of = check_memory(calloc(nr, sizeof(*process.of)));
	for (i = 0; i < nr; i++) {
		process.of[i] = find_group(search, &process, &ids[i]);
		group = &process.group[process.of[i]];
		group->threads++;
		if (ids[i].tid == ids[i].tgid)
			group->has_leader = true;
	}
	for (i = 0; i < process.nr_groups; i++)
		add_files(search, &process.group[i]);
	show_groups(search, &process);
	for (i = 0; i < process.nr_groups; i++)
		free(process.group[i].fds);
	free(process.group);
	free(process.of);
}

/* A capture does not say which descriptors are the same open file. */
static void count_opens(struct search *search)
{
	struct holders *holders = search->holders;
	struct files *files = &search->files;

	holders->descriptors = files->nr;
	holders->opens = search->source->live ? files_count(files) : files->nr;
	holders->uncompared = files->nr && !holders->opens;
	if (holders->uncompared)
		holders->opens = files->nr;
	files_free(files);
}

void search_tasks(struct search *search)
{
	size_t i, nr;

	for (i = 0; i < search->nr_tasks; i += nr) {
		for (nr = 1; i + nr < search->nr_tasks &&
		     search->tasks[i].tgid == search->tasks[i + nr].tgid; nr++)
			;
		search_process(search, &search->tasks[i], nr);
	}
	count_opens(search);
}
