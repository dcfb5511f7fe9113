// SPDX-License-Identifier: GPL-2.0
/* Readers that read all files of a directory, many at once. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

#include "stormtool.h"

static atomic_uint running;

static int open_lock(const char *suffix)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s.%s", opt.gate, suffix);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		die_errno(path);
	return fd;
}

/* The first lock, so that those who are inside do not keep out who wants to be alone. */
static void enter(struct reader *r)
{
	if (!opt.gate)
		return;
	flock(r->turn, LOCK_SH);
	flock(r->gate, LOCK_SH);
	flock(r->turn, LOCK_UN);
}

static void leave(struct reader *r)
{
	if (opt.gate)
		flock(r->gate, LOCK_UN);
}

static void read_one(struct reader *r, int dir, const char *name)
{
	double start;
	bool ok;
	int fd;

	enter(r);
	start = now();
	fd = open_file(r, dir, name);
	errno = fd < 0 ? errno : 0;
	ok = fd >= 0 && read_in_some_way(r, name, fd);
	count_read(r, name, ok);
	if (fd >= 0)
		close_file(r, name, fd);
	leave(r);
	/* For the others, and so that no file is open now and then. */
	nap(0.001 + 3 * (now() - start));
}

/* All files of the directory; it may not be there at the moment. */
static void read_all_files(struct reader *r)
{
	DIR *dir = opendir(args[1]);
	struct dirent *entry;

	while (dir && goes_on() && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			read_one(r, dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
	else
		usleep(10000);
}

/* Opens all of them, reads their beginnings, waits, and then reads on. */
static void hold_files(struct reader *r)
{
	struct dirent *entry;
	char names[MAX_HELD][64], text[16];
	int fds[MAX_HELD], n = 0;
	DIR *dir;

	enter(r);
	dir = opendir(args[1]);
	while (dir && n < MAX_HELD && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		fds[n] = open_file(r, dirfd(dir), entry->d_name);
		if (fds[n] < 0)
			continue;
		snprintf(names[n], sizeof(names[n]), "%.63s", entry->d_name);
		check_start(names[n], text, read_some(r, names[n], fds[n], text, sizeof(text)));
		n++;
	}
	if (dir)
		closedir(dir);
	nap(opt.hold);
	while (n--) {
		ssize_t got = read_some(r, names[n], fds[n], text, sizeof(text));

		count_read(r, names[n], got >= 0);
		close_file(r, names[n], fds[n]);
	}
	leave(r);
	nap(opt.hold);
}

static void *reader_thread(void *data)
{
	struct reader *r = data;

	r->way = &ways[r->number];
	r->seed = getpid() + r->number;
	r->text = allocate(TEXT_MAX + 1);
	if (opt.gate) {
		r->turn = open_lock("turn");
		r->gate = open_lock("gate");
	}
	r->schedstat = open_schedstat("thread-self");
	snprintf(r->way->stack, sizeof(r->way->stack), "/proc/self/task/%d/stack", gettid());
	while (goes_on()) {
		if (r->number < opt.readers)
			read_all_files(r);
		else
			hold_files(r);
	}
	running--;
	return NULL;
}

static void stop(int signo)
{
	(void)signo;
	enough = true;
}

static void wait_for_readers(void)
{
	double patience = 0;

	while (running) {
		usleep(20000);
		if (goes_on())
			patience = now() + 3 * limit() + 5;
		else if (patience && now() > patience)
			quit(1, "%u readers hang", running);
		else if (!patience)
			patience = now() + 3 * limit() + 5;
	}
}

int cmd_read(void)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	size_t nr = opt.readers + !!opt.hold, i;
	struct reader *readers = allocate(nr * sizeof(*readers));

	if (opt.readers > MAX_READERS)
		bad_usage("at most %d readers", MAX_READERS);
	sigaction(SIGTERM, &action, NULL);
	end_of_reading = now() + parse_number(args[0]);
	running = nr;
	for (i = 0; i < nr; i++) {
		readers[i].number = i;
		start_detached(reader_thread, &readers[i], 0);
	}
	wait_for_readers();
	return print_result(readers, nr);
}
