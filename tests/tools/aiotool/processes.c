// SPDX-License-Identifier: GPL-2.0
/* Threads and processes: who shares the memory with the contexts, and in which order they end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/vhost.h>

#include "aiotool.h"

/* A child of "fork" reports here instead of saying "ready". */
static int ready_pipe = -1;

static pid_t own_tid(void)
{
	return syscall(SYS_gettid);
}

void do_name(const struct step *step)
{
	char *c;

	for (c = step->words[1]; *c; c++)
		if (*c == '+')
			*c = ' ';
	prctl(PR_SET_NAME, step->words[1]);
}

static void *idle_thread(void *data)
{
	(void)data;
	for (;;)
		pause();
	return NULL;
}

void do_threads(const struct step *step)
{
	uint64_t n = parse_number(step->words[1]);

	while (n--)
		start_detached(idle_thread, NULL, 0);
}

static sem_t thread_printed;

static void *step_thread(void *data)
{
	struct step *step = data;

	printf("thread: tid=%d\n", own_tid());
	sem_post(&thread_printed);
	step->action->run(step);
	return NULL;
}

void do_thread(const struct step *step)
{
	start_detached(step_thread, step->inner, 0);
	sem_wait(&thread_printed);
}

static char leader_state(void)
{
	char line[512];
	const char *end;
	FILE *file = fopen("/proc/self/stat", "r");

	if (!file || !fgets(line, sizeof(line), file))
		die_errno("/proc/self/stat");
	fclose(file);
	end = strrchr(line, ')');
	return end && end[1] ? end[2] : '?';
}

static void *rest_thread(void *data)
{
	(void)data;
	/* What follows wants the leader to be a zombie. */
	while (leader_state() != 'Z')
		usleep(10000);
	printf("thread: tid=%d\n", own_tid());
	run_steps();
	exit(0);
}

void do_leader_exit(const struct step *step)
{
	(void)step;
	start_detached(rest_thread, NULL, 0);
	pthread_exit(NULL);
}

/* Uses nothing of libc's state, which it shares with the other process. */
static int clone_main(void *data)
{
	(void)data;
	syscall(SYS_prctl, PR_SET_NAME, "aiotool-clone", 0, 0, 0);
	/* There is no pause() on newer architectures. */
	for (;;)
		syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	return 0;
}

void do_clone(const struct step *step)
{
	size_t size = 64 << 10;
	char *stack = allocate(size);
	pid_t pid;

	(void)step;
	pid = clone(clone_main, stack + size, CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		die_errno("clone");
	printf("clone: pid=%d\n", pid);
}

static void wait_for_children(int fd, uint64_t n)
{
	char byte;

	while (n--)
		if (read(fd, &byte, 1) != 1)
			quit(1, "a child has ended");
}

static void __attribute__((noreturn))
lead_children(const pid_t *pids, uint64_t n, int fd)
{
	int signo;
	uint64_t i;

	for (;;) {
		wait_for_children(fd, n);
		puts("ready");
		if (sigwait(&signals, &signo))
			die_errno("sigwait");
		for (i = 0; i < n; i++)
			kill(pids[i], signo);
		if (signo == SIGTERM)
			break;
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	exit(0);
}

void do_fork(const struct step *step)
{
	uint64_t n = parse_number(step->words[1]), i;
	pid_t *pids = allocate(n * sizeof(*pids));
	int ends[2];

	if (pipe(ends))
		die_errno("pipe");
	for (i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die_errno("fork");
		if (!pids[i]) {
			close(ends[0]);
			ready_pipe = ends[1];
			return;
		}
	}
	close(ends[1]);
	lead_children(pids, n, ends[0]);
}

void do_exec(const struct step *step)
{
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	execvp(step->words[1], step->words + 1);
	die_errno(step->words[1]);
}

static const char *mapped;

void do_map(const struct step *step)
{
	int fd = open_or_die(step->words[1], O_RDONLY);
	void *page;

	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die_errno("mmap");
	close(fd);
	mapped = page;
	printf("mapped: page=%" PRIuPTR "\n", (uintptr_t)page / PAGE);
}

void do_touch(const struct step *step)
{
	(void)step;
	if (!mapped)
		bad_usage("nothing is mapped");
	printf("touched: byte=%d\n", *mapped);
}

void do_peek(const struct step *step)
{
	char path[64], page[PAGE];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/mem", step->words[1]);
	fd = open_or_die(path, O_RDONLY);
	if (pread(fd, page, sizeof(page), parse_number(step->words[2]) * PAGE) != sizeof(page))
		die_errno(path);
	close(fd);
}

/* Does not return: what it would return to, it shares with its parent. */
static void __attribute__((noreturn)) chain(uint64_t n)
{
	if (!n) {
		printf("vforked: pid=%d\n", getpid());
		for (;;)
			pause();
	}
	if (!vfork())
		chain(n - 1);
	_exit(0);
}

void do_vforks(const struct step *step)
{
	uint64_t n = parse_number(step->words[1]);
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	pid_t pid;

	setrlimit(RLIMIT_STACK, &unlimited);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid)
		chain(n);
}

void do_vhost(const struct step *step)
{
	int fd = open_or_die("/dev/vhost-net", O_RDWR);

	(void)step;
	if (ioctl(fd, VHOST_SET_OWNER))
		die_errno("vhost-net");
}

void do_ready(const struct step *step)
{
	int signo;

	(void)step;
	if (ready_pipe < 0)
		puts("ready");
	else if (write(ready_pipe, "", 1) != 1)
		die_errno("pipe");
	if (sigwait(&signals, &signo))
		die_errno("sigwait");
	if (signo == SIGTERM)
		exit(0);
}
