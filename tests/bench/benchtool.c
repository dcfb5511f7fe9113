// SPDX-License-Identifier: GPL-2.0
/*
 * benchtool: takes the time of reads, in one process, and makes sockets to read
 * about. For "make bench" only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/nbd.h>

#include "command_line.h"
#include "tool.h"

static uint64_t now_ns(void)
{
	return now() * 1e9;
}

/* --- sockets ------------------------------------------------------------ */

static void raise_file_limit(unsigned long n)
{
	struct rlimit limit = { n + 64, n + 64 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die_errno("RLIMIT_NOFILE");
}

static int unix_socket(struct sockaddr_un *address, const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		die_errno("socket");
	if (strlen(path) >= sizeof(address->sun_path))
		bad_usage("'%s' is too long", path);
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	return fd;
}

static int bind_to(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(&address, path);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die_errno(path);
	return fd;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(&address, path);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die_errno(path);
	return fd;
}

static int names(void)
{
	unsigned long i, n = parse_number(args[1]);
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int len;

	raise_file_limit(n);
	for (i = 0; i < n; i++) {
		len = snprintf(path, sizeof(path), "%s/%lu-", args[0], i);
		if (len < 0 || (size_t)len >= sizeof(path))
			bad_usage("'%s' is too long", args[0]);
		memset(path + len, 'x', sizeof(path) - 1 - len);
		path[sizeof(path) - 1] = '\0';
		bind_to(path);
	}
	say("ready");
	return pause();
}

/* Only the device keeps its end; the other one stays open here. */
static int sockets(void)
{
	unsigned long i, n = parse_number(args[1]);
	int listener, device, fd;

	raise_file_limit(n);
	device = open_or_die(args[0], O_RDWR);
	listener = bind_to(args[2]);
	if (listen(listener, 1))
		die_errno("listen");
	for (i = 0; i < n; i++) {
		fd = connect_to(args[2]);
		if (accept(listener, NULL, NULL) < 0)
			die_errno("accept");
		if (ioctl(device, NBD_SET_SOCK, fd))
			die_errno("NBD_SET_SOCK");
		close(fd);
	}
	say("ready");
	return pause();
}

/* --- reads -------------------------------------------------------------- */

/**
 * struct series - what is read again and again
 * @name: what it is called
 * @files: which files
 * @bytes: read in the last round
 * @took: ns of each round
 * @ratio: to the first series, per byte, of each round
 */
struct series {
	const char *name;
	glob_t files;
	uint64_t bytes;
	double *took;
	double *ratio;
};

static char buffer[1 << 16];

static uint64_t read_file(const char *path)
{
	int fd = open_or_die(path, O_RDONLY);
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		bytes += n;
	if (n < 0)
		die_errno(path);
	close(fd);
	return bytes;
}

static void read_series(struct series *s, unsigned long round)
{
	uint64_t start = now_ns();
	size_t i;

	s->bytes = 0;
	for (i = 0; i < s->files.gl_pathc; i++)
		s->bytes += read_file(s->files.gl_pathv[i]);
	s->took[round] = now_ns() - start;
}

static void begin_series(struct series *s, char *arg, unsigned long rounds)
{
	char *pattern = strchr(arg, '=');

	if (!pattern)
		bad_usage("'%s' is not NAME=PATTERN", arg);
	*pattern++ = '\0';
	s->name = arg;
	if (glob(pattern, GLOB_BRACE, NULL, &s->files))
		bad_usage("nothing is called '%s'", pattern);
	s->took = allocate(rounds * sizeof(*s->took));
	s->ratio = allocate(rounds * sizeof(*s->ratio));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_spread(double *values, unsigned long n, int digits)
{
	qsort(values, n, sizeof(*values), compare);
	printf(" %.*f %.*f %.*f", digits, values[0], digits, values[n / 2],
	       digits, values[n - 1]);
}

static double per_byte(const struct series *s, unsigned long round)
{
	return s->took[round] / s->bytes;
}

static int read_all(void)
{
	unsigned long round, rounds = parse_number(args[0]), i, n;
	struct series *series;

	n = nr_args - 1;
	if (!rounds)
		bad_usage("no rounds");
	series = allocate(n * sizeof(*series));
	for (i = 0; i < n; i++)
		begin_series(&series[i], args[i + 1], rounds);
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < n; i++) {
			read_series(&series[i], round);
			series[i].ratio[round] = per_byte(&series[i], round) /
				per_byte(&series[0], round);
		}
	}
	for (i = 0; i < n; i++) {
		printf("%s %zu %" PRIu64, series[i].name,
		       series[i].files.gl_pathc, series[i].bytes);
		print_spread(series[i].took, rounds, 0);
		print_spread(series[i].ratio, rounds, 2);
		putchar('\n');
	}
	return 0;
}

static int poll_file(void)
{
	uint64_t end = now_ns() + parse_number(args[0]) * 1000000000;
	uint64_t pause_us = 1000000 / parse_number(args[1]);

	for (; now_ns() < end; usleep(pause_us))
		read_file(args[2]);
	return 0;
}

/* Nothing but the read, which for a file of nbddiag looks anew. */
static int reread(void)
{
	int fd = open(args[0], O_RDONLY);

	if (fd < 0)
		die_errno(args[0]);
	while (pread(fd, buffer, sizeof(buffer), 0) > 0)
		;
	quit(1, "'%s' is empty or gone", args[0]);
}

/* --- processes ---------------------------------------------------------- */

static void *sleep_on(void *result)
{
	while (pause())
		;
	return result;
}

/* One more thread for each but the first. */
static void become_threads(unsigned long n)
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	while (--n)
		if (pthread_create(&thread, &small, sleep_on, NULL))
			quit(1, "there can be no more threads");
}

static int crowd(void)
{
	unsigned long processes = strtoul(args[0], NULL, 0), i;
	int ready[2];

	if (pipe(ready))
		die_errno("pipe");
	for (i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die_errno("fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		become_threads(strtoul(args[1], NULL, 0));
		if (write(ready[1], "", 1) != 1)
			die_errno("write");
		sleep_on(NULL);
	}
	for (i = 0; i < processes; i++)
		if (read(ready[0], &(char){ 0 }, 1) != 1)
			die_errno("read");
	puts("ready");
	fflush(stdout);
	sleep_on(NULL);
	return 0;
}

static int cost(void)
{
	uint64_t start = now_ns();
	struct rusage usage;
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		if (!freopen("/dev/null", "w", stdout))
			die_errno("/dev/null");
		execvp(args[0], args);
		die_errno(args[0]);
	}
	if (wait4(pid, &status, 0, &usage) < 0)
		die_errno("wait4");
	if (status)
		quit(1, "'%s' failed", args[0]);
	printf("%" PRIu64 " %" PRIu64 " %ld\n", now_ns() - start,
	       (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000UL +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000UL,
	       usage.ru_maxrss);
	return 0;
}

static const struct command commands[] = {
	{ "names", "DIRECTORY N", "bind N unix sockets to the longest paths there, and stay",
	  2, 2, .run = names },
	{ "sockets", "DEVICE N PATH", "give it N connected sockets, do not start it, and stay",
	  3, 3, .run = sockets },
	{ "read", "ROUNDS NAME=PATTERN...",
	  "read all files of each pattern ({,} too) to their end, one name\n"
	  "after the other, ROUNDS times; prints for each\n"
	  "NAME FILES BYTES MIN MEDIAN MAX  MIN MEDIAN MAX\n"
	  "in ns, and as ratio per byte to the first name in the\n"
	  "same round", 2, MANY, .run = read_all },
	{ "cost", "COMMAND...",
	  "prints the wall clock's ns, the processor's ns and KiB of\n"
	  "memory that a command took; its output goes nowhere", 1, MANY, NULL, true, cost },
	{ "crowd", "PROCESSES THREADS", "so many processes, with so many threads each, and stay",
	  2, 2, .run = crowd },
	{ "poll", "SECONDS PER-SECOND FILE", "read it that often", 3, 3, .run = poll_file },
	{ "reread", "FILE", "read its beginning again and again, opened once",
	  1, 1, .run = reread },
	{ }
};

static const struct program benchtool = { .commands = commands };

int main(int argc, char **argv)
{
	return parse_command_line(argc, argv, &benchtool)->run();
}
