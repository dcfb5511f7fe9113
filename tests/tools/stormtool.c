// SPDX-License-Identifier: GPL-2.0
/*
 * stormtool: reads files in every way that a program can, and measures how long
 * a system call or a command was held up. For test cases only.
 *
 * On a loaded or emulated machine the time between begin and end (wall_ms) says
 * little. Two times are taken off it: that in which the task could have run and
 * another one had the processor (the kernel counts it, see schedstat), and that
 * in which no processor ran at all, because the host had stopped the machine.
 * What is left (held_up_ms) is the time in which it slept or ran: whatever waits
 * for a lock, for another task or for I/O, or does not come to an end, is in it.
 * slept_ms is the part of it in which it did not run either.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

#define MAX_READERS 16
#define MAX_CPUS 64
#define MAX_HELD 64

/* Longer than any file. */
#define TEXT_MAX (4 << 20)

/* How often a watcher looks whether its processor runs; later than that by... */
#define BEAT 0.01
#define LATE 0.05

static const char usage_text[] =
	"usage: stormtool COMMAND [OPTION...] ARGUMENT...\n"
	"\n"
	"  read SECONDS DIRECTORY    read its files at once, in pieces, in part, from anywhere\n"
	"                            and again, and check\n"
	"                            their form; SIGTERM ends it earlier; prints reads=,\n"
	"                            gone=, held_up_ms= (the longest), by=, slept_ms= and\n"
	"                            wall_ms= of that one, slowest_ms=\n"
	"    --readers N             at once (1)\n"
	"    --hold SECONDS          one more: it has all files open for so long, begun and\n"
	"                            not at their end, and then none for a while\n"
	"    --gate PREFIX           with files open only behind the locks PREFIX.turn and\n"
	"                            PREFIX.gate: who has both alone has no reader inside\n"
	"  reread SECONDS FILE...    open them, lock all memory and say \"ready\"; from SIGUSR1\n"
	"                            on read them from the start again and again; prints what\n"
	"                            read prints\n"
	"  time NAME COMMAND...      run it; prints name=, status=, slept_ms=, held_up_ms=,\n"
	"                            wall_ms=\n"
	"    --gone PATH             it is done when that is gone too\n"
	"\n"
	"What takes longer than --limit MS (1000) is said at once, with the kernel's stack.\n";

static struct {
	uint64_t readers;
	uint64_t hold;
	double limit;
	const char *gate;
	const char *gone;
	char **args;
	int nr_args;
} opt = { .readers = 1, .limit = 1 };

/* --- how long something was held up -------------------------------------- */

/* How long a task has run, and how long it was ready to run and did not. */
struct sched {
	double ran;
	double waited;
};

/**
 * struct span - what was measured
 * @start: when it began
 * @sched: what the kernel had counted for the task until then
 * @paused: how long the machine had been stopped until then
 * @wall: how long it took
 * @held_up: the part of @wall in which the task slept or ran
 * @slept: the part of @held_up in which it did not run
 */
struct span {
	double start;
	struct sched sched;
	double paused;
	double wall;
	double held_up;
	double slept;
};

/* For each processor, when a watcher last ran there, and how long none did; by the lock. */
static double beats[MAX_CPUS];
static double paused;
static pthread_mutex_t beats_lock = PTHREAD_MUTEX_INITIALIZER;
static int nr_cpus;

static struct sched read_sched(int fd)
{
	unsigned long long ran, waited;
	char text[128];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		die_errno("schedstat");
	text[len] = '\0';
	if (sscanf(text, "%llu %llu", &ran, &waited) != 2)
		quit(1, "schedstat: '%s'", text);
	return (struct sched){ .ran = ran / 1e9, .waited = waited / 1e9 };
}

static int open_schedstat(const char *task)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/schedstat", task);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die_errno(path);
	return fd;
}

/*
 * The first one to run again after a pause counts it: that is the time in which
 * no processor ran a watcher. One processor that does not run is no excuse.
 */
static void beat(int cpu)
{
	double last = 0, at;
	int i;

	pthread_mutex_lock(&beats_lock);
	at = now();
	for (i = 0; i < nr_cpus; i++)
		if (beats[i] > last)
			last = beats[i];
	if (at - last - BEAT > LATE)
		paused += at - last - BEAT;
	beats[cpu] = at;
	pthread_mutex_unlock(&beats_lock);
}

static double paused_until_now(void)
{
	double until_now;

	pthread_mutex_lock(&beats_lock);
	until_now = paused;
	pthread_mutex_unlock(&beats_lock);
	return until_now;
}

static void *watch_cpu(void *data)
{
	int cpu = (intptr_t)data;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die_errno("sched_setaffinity");
	for (;;) {
		beat(cpu);
		usleep(BEAT * 1e6);
	}
	return NULL;
}

static void start_thread(void *(*function)(void *), void *data, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (priority) {
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		pthread_attr_setschedparam(&attr, &param);
	}
	errno = pthread_create(&thread, &attr, function, data);
	if (errno)
		die_errno("pthread_create");
	pthread_attr_destroy(&attr);
}

static void watch_cpus(void)
{
	int cpu;

	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (nr_cpus > MAX_CPUS)
		quit(1, "too many processors");
	for (cpu = 0; cpu < nr_cpus; cpu++)
		beats[cpu] = now();
	for (cpu = 0; cpu < nr_cpus; cpu++)
		start_thread(watch_cpu, (void *)(intptr_t)cpu, 50);
}

static double or_nothing(double seconds)
{
	return seconds > 0 ? seconds : 0;
}

static void span_begin(struct span *span, struct sched sched)
{
	span->sched = sched;
	span->paused = paused_until_now();
	span->start = now();
}

static void span_end(struct span *span, double end, struct sched sched)
{
	span->wall = end - span->start;
	/* The watchers may need a moment more to see that time has passed. */
	if (span->wall > opt.limit)
		usleep(2 * BEAT * 1e6);
	span->held_up = or_nothing(span->wall - (sched.waited - span->sched.waited) -
				   (paused_until_now() - span->paused));
	span->slept = or_nothing(span->held_up - (sched.ran - span->sched.ran));
}

/* --- what does not come back --------------------------------------------- */

/* A task's system call or command under way. @start is 0 when there is none. */
struct under_way {
	_Atomic double start;
	_Atomic bool told;
	char stack[64];
	char what[300];
};

static struct under_way ways[MAX_READERS + 1];

static void tell(struct under_way *way)
{
	char text[4096] = "";
	int fd = open(way->stack, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		strcpy(text, strerror(errno));
	fprintf(stderr, "stormtool: %s: no end yet after %.0f ms:\n%s", way->what,
		opt.limit * 1000, text);
	way->told = true;
}

static void *watch_ways(void *data)
{
	double start;
	size_t i;

	(void)data;
	for (;;) {
		usleep(50000);
		for (i = 0; i < ARRAY_SIZE(ways); i++) {
			start = ways[i].start;
			if (start && !ways[i].told && now() - start > opt.limit)
				tell(&ways[i]);
		}
	}
	return NULL;
}

static void begin_way(struct under_way *way, double start)
{
	way->told = false;
	way->start = start;
}

/* --- readers ------------------------------------------------------------- */

/**
 * struct reader - a thread that reads
 * @way: what it is doing
 * @number: which
 * @schedstat: descriptor of its own
 * @turn: the first lock of the gate
 * @gate: the second one
 * @seed: of its random numbers
 * @text: room for a file
 * @reads: files that were read, in whatever way
 * @gone: files that went away
 * @worst: what was held up longest
 * @worst_by: in which file and by what
 * @slowest: the longest between begin and end, of whatever
 */
struct reader {
	struct under_way *way;
	size_t number;
	int schedstat;
	int turn;
	int gate;
	unsigned int seed;
	char *text;
	unsigned long reads;
	unsigned long gone;
	struct span worst;
	char worst_by[300];
	double slowest;
};

static atomic_uint running;
static atomic_bool enough;
static double end_of_reading;

static bool goes_on(void)
{
	return !enough && now() < end_of_reading;
}

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

/* What may be said about a file whose device or module has just gone. */
static bool is_gone(int error)
{
	return error == ENOENT || error == EIO || error == ENODEV || error == ENXIO;
}

static void begin(struct reader *r, struct span *span, const char *file,
		  const char *call)
{
	snprintf(r->way->what, sizeof(r->way->what), "%s of %s", call, file);
	span_begin(span, read_sched(r->schedstat));
	begin_way(r->way, span->start);
}

static void end(struct reader *r, struct span *span)
{
	double at = now();
	int error = errno;

	r->way->start = 0;
	span_end(span, at, read_sched(r->schedstat));
	if (span->wall > r->slowest)
		r->slowest = span->wall;
	if (span->held_up > r->worst.held_up) {
		r->worst = *span;
		strcpy(r->worst_by, r->way->what);
	}
	errno = error;
}

/* Return: a descriptor or -1 */
static int open_file(struct reader *r, int dir, const char *name)
{
	struct span span;
	int fd;

	begin(r, &span, name, "open");
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	end(r, &span);
	return fd;
}

static void close_file(struct reader *r, const char *name, int fd)
{
	struct span span;

	begin(r, &span, name, "close");
	close(fd);
	end(r, &span);
}

static ssize_t read_some(struct reader *r, const char *name, int fd,
			 char *text, size_t size)
{
	struct span span;
	ssize_t n;

	begin(r, &span, name, "read");
	n = read(fd, text, size);
	end(r, &span);
	return n;
}

/* Each reading from the start begins so. */
static bool check_start(const char *name, const char *text, ssize_t len)
{
	static const char first[] = "format: 1\n";
	size_t size = sizeof(first) - 1;

	if (len >= 0 && (size_t)len < size)
		size = len;
	if (len == 0 || (len > 0 && memcmp(text, first, size)))
		quit(1, "%s begins with '%.*s'", name, (int)len, text);
	return len > 0;
}

/* "key: value", all of it printable; returns its length, or 0. */
static size_t well_formed_line(const char *line, size_t len)
{
	size_t key = 0, end;

	while (key < len && (islower(line[key]) || line[key] == '_'))
		key++;
	if (!key || key + 2 >= len || line[key] != ':' || line[key + 1] != ' ')
		return 0;
	for (end = key + 2; end < len && line[end] != '\n'; end++)
		if (!isascii(line[end]) || !isprint(line[end]))
			return 0;
	return end > key + 2 && end < len ? end + 1 : 0;
}

static void check_text(const char *name, const char *text, size_t len)
{
	size_t at = 0, line;

	while (at < len) {
		line = well_formed_line(text + at, len - at);
		if (!line)
			quit(1, "%s: byte %zu of %zu: '%.200s'", name, at, len, text + at);
		at += line;
	}
}

/* Everything, in pieces of that size at most. Return: whether it came to its end */
static bool read_whole(struct reader *r, const char *name, int fd, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		if (len + size > TEXT_MAX)
			quit(1, "%s is too long", name);
		n = read_some(r, name, fd, r->text + len, size);
		len += n > 0 ? n : 0;
	} while (n > 0);
	if (n < 0)
		return false;
	r->text[len] = '\0';
	check_start(name, r->text, len);
	check_text(name, r->text, len);
	return true;
}

/* From its start, a few bytes more than once, from anywhere and from the start again. */
static bool read_anywhere(struct reader *r, const char *name, int fd)
{
	struct span span;
	char text[700];
	int i;

	for (i = 0; i < 4; i++) {
		if (lseek(fd, 0, SEEK_SET) ||
		    !check_start(name, text, read_some(r, name, fd, text, sizeof(text))))
			return false;
		begin(r, &span, name, "seek");
		lseek(fd, rand_r(&r->seed) % 20000, SEEK_SET);
		end(r, &span);
		if (read_some(r, name, fd, text, 1 + rand_r(&r->seed) % sizeof(text)) < 0)
			return false;
	}
	return true;
}

static bool read_in_some_way(struct reader *r, const char *name, int fd)
{
	char text[64];

	switch (rand_r(&r->seed) % 6) {
	case 0:
		return read_whole(r, name, fd, 100 + rand_r(&r->seed) % 500);
	case 1:
		return check_start(name, text, read_some(r, name, fd, text, sizeof(text)));
	case 2:
		return read_anywhere(r, name, fd);
	case 3:
		return true;
	}
	return read_whole(r, name, fd, 65536);
}

static void count(struct reader *r, const char *name, bool ok)
{
	if (ok)
		r->reads++;
	else if (is_gone(errno))
		r->gone++;
	else
		die_errno(name);
}

/* Shorter, if it is enough meanwhile. */
static void nap(double seconds)
{
	double until = now() + seconds;

	for (; goes_on() && seconds > 0; seconds = until - now())
		usleep(seconds < 0.02 ? seconds * 1e6 : 20000);
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
	count(r, name, ok);
	if (fd >= 0)
		close_file(r, name, fd);
	leave(r);
	/* For the others, and so that no file is open now and then. */
	nap(0.001 + 3 * (now() - start));
}

/* All files of the directory; it may not be there at the moment. */
static void read_all_files(struct reader *r)
{
	DIR *dir = opendir(opt.args[1]);
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
	dir = opendir(opt.args[1]);
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

		count(r, names[n], got >= 0);
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
			patience = now() + 3 * opt.limit + 5;
		else if (patience && now() > patience)
			quit(1, "%u readers hang", running);
		else if (!patience)
			patience = now() + 3 * opt.limit + 5;
	}
}

static int print_result(const struct reader *readers, size_t nr)
{
	unsigned long reads = 0, gone = 0;
	size_t i, worst = 0;
	double slowest = 0;

	for (i = 0; i < nr; i++) {
		reads += readers[i].reads;
		gone += readers[i].gone;
		if (readers[i].slowest > slowest)
			slowest = readers[i].slowest;
		if (readers[i].worst.held_up > readers[worst].worst.held_up)
			worst = i;
	}
	printf("reads=%lu gone=%lu ", reads, gone);
	printf("held_up_ms=%.0f by=\"%s\" slept_ms=%.0f wall_ms=%.0f slowest_ms=%.0f\n",
	       readers[worst].worst.held_up * 1000, readers[worst].worst_by,
	       readers[worst].worst.slept * 1000, readers[worst].worst.wall * 1000,
	       slowest * 1000);
	return 0;
}

static int cmd_read(void)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	size_t nr = opt.readers + !!opt.hold, i;
	struct reader *readers = allocate(nr * sizeof(*readers));

	sigaction(SIGTERM, &action, NULL);
	end_of_reading = now() + parse_number(opt.args[0]);
	running = nr;
	for (i = 0; i < nr; i++) {
		readers[i].number = i;
		start_thread(reader_thread, &readers[i], 0);
	}
	wait_for_readers();
	return print_result(readers, nr);
}

/* --- one reader that needs nothing more from the kernel than the reads --- */

static void reread_one(struct reader *r, const char *name, int fd)
{
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		die_errno(name);
	do {
		n = read_some(r, name, fd, r->text, TEXT_MAX);
	} while (n > 0);
	count(r, name, n == 0);
}

static void start_rereading(int signo)
{
	(void)signo;
	enough = false;
}

static int cmd_reread(void)
{
	struct reader *r = allocate(sizeof(*r));
	int fds[MAX_HELD], nr = opt.nr_args - 1, i;

	if (nr > MAX_HELD)
		quit(1, "too many files");
	r->way = &ways[0];
	r->schedstat = open_schedstat("thread-self");
	r->text = allocate(TEXT_MAX);
	enough = true;
	signal(SIGUSR1, start_rereading);
	for (i = 0; i < nr; i++) {
		fds[i] = open(opt.args[i + 1], O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			die_errno(opt.args[i + 1]);
		reread_one(r, opt.args[i + 1], fds[i]);
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die_errno("mlockall");
	puts("ready");
	fflush(stdout);
	while (enough)
		usleep(BEAT * 1e6);
	memset(&r->worst, 0, sizeof(r->worst));
	r->slowest = 0;
	r->reads = 0;
	for (end_of_reading = now() + parse_number(opt.args[0]); goes_on();)
		for (i = 0; i < nr; i++)
			reread_one(r, opt.args[i + 1], fds[i]);
	return print_result(r, 1);
}

/* --- a command ----------------------------------------------------------- */

/* Return: its pid, once it has begun: what the loading of its program takes is not its own. */
static pid_t start_command(char **command)
{
	int ends[2];
	pid_t pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		die_errno("pipe");
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		execvp(command[0], command);
		die_errno(command[0]);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1))
		die_errno("pipe");
	close(ends[0]);
	return pid;
}

static int cmd_time(void)
{
	char task[32];
	struct span span;
	siginfo_t info;
	struct sched sched;
	int status, fd;
	pid_t pid;

	pid = start_command(opt.args + 1);
	snprintf(task, sizeof(task), "%d", pid);
	fd = open_schedstat(task);
	snprintf(ways[0].stack, sizeof(ways[0].stack), "/proc/%d/stack", pid);
	snprintf(ways[0].what, sizeof(ways[0].what), "%s", opt.args[0]);
	span_begin(&span, read_sched(fd));
	begin_way(&ways[0], span.start);
	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		;
	sched = read_sched(fd);
	while (opt.gone && !access(opt.gone, F_OK) && now() < span.start + 60)
		usleep(2000);
	ways[0].start = 0;
	span_end(&span, now(), sched);
	waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	printf("name=%s status=%d slept_ms=%.0f held_up_ms=%.0f wall_ms=%.0f\n", opt.args[0],
	       status, span.slept * 1000, span.held_up * 1000, span.wall * 1000);
	return status;
}

/* --- the command line ---------------------------------------------------- */

static const struct option long_options[] = {
	{ "readers", required_argument, NULL, 'r' },
	{ "hold", required_argument, NULL, 'h' },
	{ "gate", required_argument, NULL, 'a' },
	{ "limit", required_argument, NULL, 'l' },
	{ "gone", required_argument, NULL, 'g' },
	{ }
};

static void parse_options(int argc, char **argv)
{
	int letter;

	/* "+": what follows a command is its own. */
	while ((letter = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
		switch (letter) {
		case 'r':
			opt.readers = parse_number(optarg);
			break;
		case 'h':
			opt.hold = parse_number(optarg);
			break;
		case 'a':
			opt.gate = optarg;
			break;
		case 'l':
			opt.limit = parse_number(optarg) / 1000.0;
			break;
		case 'g':
			opt.gone = optarg;
			break;
		default:
			_exit(EXIT_USAGE);
		}
	}
	opt.args = argv + optind;
	opt.nr_args = argc - optind;
	if (opt.readers > MAX_READERS)
		bad_usage("at most %d readers", MAX_READERS);
}

int main(int argc, char **argv)
{
	bool reads, rereads, times;

	if (argc < 2)
		bad_usage("no command; see stormtool --help");
	if (!strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	reads = !strcmp(argv[1], "read");
	rereads = !strcmp(argv[1], "reread");
	times = !strcmp(argv[1], "time");
	parse_options(argc - 1, argv + 1);
	if ((!reads || opt.nr_args != 2) && (!(times || rereads) || opt.nr_args < 2))
		bad_usage("'%s'? See stormtool --help", argv[1]);
	watch_cpus();
	start_thread(watch_ways, NULL, 51);
	if (rereads)
		return cmd_reread();
	return reads ? cmd_read() : cmd_time();
}
