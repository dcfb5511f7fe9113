// SPDX-License-Identifier: GPL-2.0
/* One reader that needs nothing more from the kernel than the reads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>

#include "stormtool.h"

static void reread_one(struct reader *r, const char *name, int fd)
{
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		die_errno(name);
	do {
		n = read_some(r, name, fd, r->text, TEXT_MAX);
	} while (n > 0);
	count_read(r, name, n == 0);
}

static void start_rereading(int signo)
{
	(void)signo;
	enough = false;
}

int cmd_reread(void)
{
	struct reader *r = allocate(sizeof(*r));
	int fds[MAX_HELD], nr = nr_args - 1, i;

	r->way = &ways[0];
	r->schedstat = open_schedstat("thread-self");
	r->text = allocate(TEXT_MAX);
	enough = true;
	signal(SIGUSR1, start_rereading);
	for (i = 0; i < nr; i++) {
		fds[i] = open_or_die(args[i + 1], O_RDONLY);
		reread_one(r, args[i + 1], fds[i]);
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die_errno("mlockall");
	puts("ready");
	fflush(stdout);
	while (enough)
		usleep(BEAT * 1e6);
	memset(&r->worst, 0, sizeof(r->worst));
	memset(&r->sleepiest, 0, sizeof(r->sleepiest));
	r->slowest = 0;
	r->reads = 0;
	for (end_of_reading = now() + parse_number(args[0]); goes_on();)
		for (i = 0; i < nr; i++)
			reread_one(r, args[i + 1], fds[i]);
	return print_result(r, 1);
}
