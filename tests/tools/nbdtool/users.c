// SPDX-License-Identifier: GPL-2.0
/* Users of a device: who has it open, and who reads and writes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include <linux/blkpg.h>
#include <linux/fs.h>

#include "nbdtool.h"

int cmd_hold(void)
{
	open_or_die(args[0], O_RDONLY);
	say("ready");
	return pause();
}

/* What addpart does, which not every suite has where it is looked for. */
int cmd_partition(void)
{
	struct blkpg_partition part = {
		.pno = parse_number(args[1]),
		.start = parse_number(args[2]),
		.length = parse_number(args[3]),
	};
	struct blkpg_ioctl_arg arg = {
		.op = BLKPG_ADD_PARTITION,
		.datalen = sizeof(part),
		.data = &part,
	};

	if (ioctl(open_or_die(args[0], O_RDONLY), BLKPG, &arg))
		die_errno("BLKPG");
	return 0;
}

struct io_job {
	pthread_t thread;
	int fd;
	const char *what;
	size_t bytes;
	off_t offset;
	ssize_t result;
	int error;
};

static void *io_thread(void *data)
{
	struct io_job *job = data;
	uint64_t range[2] = { job->offset, job->bytes };
	void *buffer = allocate_aligned(job->bytes, 0x5a);

	if (!strcmp(job->what, "write"))
		job->result = pwrite(job->fd, buffer, job->bytes, job->offset);
	else if (!strcmp(job->what, "read"))
		job->result = pread(job->fd, buffer, job->bytes, job->offset);
	else
		job->result = ioctl(job->fd, BLKDISCARD, range) ? -1 : (ssize_t)job->bytes;
	job->error = errno;
	free(buffer);
	return NULL;
}

int cmd_io(void)
{
	const char *what = args[1];
	struct io_job *jobs;
	int failed = 0;
	uint64_t i;
	int fd;

	if (strcmp(what, "read") && strcmp(what, "write") && strcmp(what, "discard"))
		bad_usage("'%s' is not read, write or discard", what);
	fd = open_or_die(args[0], O_DIRECT | (*what == 'r' ? O_RDONLY : O_RDWR));
	let_interrupt(SIGUSR1);
	jobs = allocate(opt.jobs * sizeof(*jobs));
	for (i = 0; i < opt.jobs; i++) {
		jobs[i].fd = fd;
		jobs[i].what = what;
		jobs[i].bytes = parse_number(args[3]);
		jobs[i].offset = parse_number(args[2]) + i * jobs[i].bytes;
		errno = pthread_create(&jobs[i].thread, NULL, io_thread, &jobs[i]);
		if (errno)
			die_errno("pthread_create");
	}
	/* SIGUSR1 is for the threads that do I/O. */
	block_signals(SIGUSR1, 0);
	say("ready");
	for (i = 0; i < opt.jobs; i++) {
		pthread_join(jobs[i].thread, NULL);
		if (jobs[i].result == (ssize_t)jobs[i].bytes) {
			printf("done %s %jd %zd\n", what,
			       (intmax_t)jobs[i].offset, jobs[i].result);
			continue;
		}
		failed = 1;
		printf("failed %s %jd %s\n", what, (intmax_t)jobs[i].offset,
		       jobs[i].result < 0 ? strerror(jobs[i].error) : "short");
	}
	fflush(stdout);
	return failed;
}
