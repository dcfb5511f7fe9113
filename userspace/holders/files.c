// SPDX-License-Identifier: GPL-2.0
/* How many open files a set of descriptors is: kcmp(2) compares and orders them. */
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fail.h"
#include "holders/files.h"
#include "host/patience.h"

void files_add(struct files *files, pid_t tid, int fd)
{
	if (files->nr == files->room) {
		files->room = files->room ? files->room * 2 : 64;
		files->at = check_memory(reallocarray(files->at, files->room,
						      sizeof(*files->at)));
	}
	files->at[files->nr++] = (struct open_file){ tid, fd };
}

void files_free(struct files *files)
{
	free(files->at);
	memset(files, 0, sizeof(*files));
}

/**
 * struct counting - files that are being counted
 * @job: counts them, as a process may hang in execve(2)
 * @nr: how many descriptors are in @at
 * @at: first one of each open file found so far, in the kernel's order; then
 *	those that were not looked at
 * @distinct: how many open files were found
 */
struct counting {
	struct job job;
	size_t nr;
	size_t distinct;
	struct open_file at[];
};

enum order { SAME, BEFORE, AFTER };

/* If it is not known, or has been closed meanwhile, it counts as the same. */
static enum order compare(const struct open_file *a, const struct open_file *b)
{
	long order = syscall(SYS_kcmp, a->tid, b->tid, KCMP_FILE,
			     (unsigned long)a->fd, (unsigned long)b->fd);

	return order == 1 ? BEFORE : order == 2 ? AFTER : SAME;
}

static void insert(struct counting *counting, const struct open_file *file)
{
	struct open_file new = *file, *at = counting->at;
	size_t low = 0, high = counting->distinct, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		switch (compare(&new, &at[middle])) {
		case SAME:
			return;
		case BEFORE:
			high = middle;
			break;
		case AFTER:
			low = middle + 1;
		}
	}
	memmove(&at[low + 1], &at[low],
		(counting->distinct - low) * sizeof(*at));
	at[low] = new;
	counting->distinct++;
}

static void count(struct job *job)
{
	struct counting *counting = (struct counting *)job;
	size_t i;

	for (i = 0; i < counting->nr; i++) {
		insert(counting, &counting->at[i]);
		job->steps++;
	}
}

size_t files_count(const struct files *files)
{
	size_t size = files->nr * sizeof(*files->at), distinct;
	struct counting *counting;

	if (files->nr < 2)
		return files->nr;
	counting = check_memory(calloc(1, sizeof(*counting) + size));
	counting->job.run = count;
	counting->nr = files->nr;
	memcpy(counting->at, files->at, size);
	if (!patiently(&counting->job))
		return 0;
	distinct = counting->distinct;
	free(counting);
	return distinct;
}
