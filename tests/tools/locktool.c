// SPDX-License-Identifier: GPL-2.0
/*
 * A process whose threads hold locks and wait for others, as its arguments say:
 *
 *	mutex=A:TYPE[+TYPE...]	a mutex; its name is one capital letter
 *	thread=NAME:HOLD:WAIT	a thread that locks all of HOLD, then waits
 *	process=NAME:HOLD:WAIT	the same as a process of its own
 *	read=PATH:N		N direct reads by AIO, whose events nobody takes
 *	missing			the mutexes' page is taken away at last, and
 *				would be filled by a userfaultfd that nobody reads
 *	swallow			the same without a userfaultfd: it comes back
 *
 * TYPE is normal, recursive, errorcheck, adaptive, robust, pi, shared.
 * HOLD may be empty. WAIT is the name of a mutex, after "timed", or after "late"
 * for when the others wait already, or one of: join NAME (a thread before it),
 * sleep, run, condition, semaphore, barrier, write (a rwlock), event (as QEMU's
 * QemuEvent), three (a lock of three states, with no owner), churn (all that do
 * lock A and B all the time: all first A, then all first B, so nothing is wrong).
 *
 * It prints "ready" when each thread sleeps, or runs, as it should.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* musl-gcc finds no headers of the kernel. */
#ifdef __GLIBC__
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#endif

#define LETTERS 26
#define TASKS_MAX 64
#define FUTEX_WAIT_OP 0
#define FUTEX_PRIVATE 128
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

struct words {
	int before[16];
	int event;
	int after[16];
};

/* One page, shared with processes that are made. */
static struct locks {
	pthread_mutex_t mutex[LETTERS];
	pthread_barrier_t all;
	pthread_barrier_t never;
	pthread_cond_t condition;
	pthread_mutex_t of_condition;
	pthread_rwlock_t rwlock;
	sem_t semaphore;
	struct words words;
} *locks;

static struct task {
	char name[16];
	const char *hold;
	const char *wait;
	atomic_int tid;
	int is_process;
	pthread_t thread;
} tasks[TASKS_MAX];

static int nr_tasks;
static size_t page;

static void die(const char *what, int error)
{
	fprintf(stderr, "locktool: %s: %s\n", what, strerror(error));
	exit(1);
}

static void check(const char *what, int error)
{
	if (error)
		die(what, error);
}

/* ---- is all as it should be? ---- */

static char state_of(int tid)
{
	char path[64], line[512], *state = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	file = fopen(path, "r");
	if (file && fgets(line, sizeof(line), file))
		state = strrchr(line, ')');
	if (file)
		fclose(file);
	return state ? state[2] : 0;
}

/* Three times, with pauses between: it may sleep on its way, too. */
static void wait_until_asleep(const struct task *but)
{
	int i, seen;

	for (i = 0; i < nr_tasks && strcmp(tasks[i].wait, "churn"); i++)
		for (seen = 0; seen < 3 && but != &tasks[i]; usleep(10000))
			seen = state_of(tasks[i].tid) ==
				(strcmp(tasks[i].wait, "run") ? 'S' : 'R') ?
				seen + 1 : 0;
}

/* ---- what a thread does ---- */

static void wait_for_word(int word)
{
	locks->words.event = word;
	for (;;)
		syscall(SYS_futex, &locks->words.event, FUTEX_WAIT_OP |
			(word < 0 ? 0 : FUTEX_PRIVATE), word, NULL, NULL, 0);
}

static void wait_for_condition(void)
{
	pthread_mutex_lock(&locks->of_condition);
	for (;;)
		pthread_cond_wait(&locks->condition, &locks->of_condition);
}

static void wait_timed(pthread_mutex_t *mutex)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 1000;
	check("timedlock", pthread_mutex_timedlock(mutex, &end));
}

static void wait_for_end(const char *name)
{
	int i;

	for (i = 0; i < nr_tasks; i++)
		if (!strcmp(tasks[i].name, name))
			pthread_join(tasks[i].thread, NULL);
}

static void churn(void)
{
	pthread_mutex_t *first = &locks->mutex[0], *second = &locks->mutex[1];
	pthread_mutex_t *other;

	for (;;) {
		pthread_barrier_wait(&locks->all);
		pthread_mutex_lock(first);
		usleep(500);
		pthread_mutex_lock(second);
		usleep(500);
		pthread_mutex_unlock(second);
		pthread_mutex_unlock(first);
		other = first;
		first = second;
		second = other;
	}
}

static void wait_for(const struct task *task, const char *what)
{
	if (!strncmp(what, "late", 4)) {
		wait_until_asleep(task);
		what += 4;
	}
	if (!what[1])
		check("lock", pthread_mutex_lock(&locks->mutex[*what - 'A']));
	else if (!strncmp(what, "timed", 5))
		wait_timed(&locks->mutex[what[5] - 'A']);
	else if (!strncmp(what, "join ", 5))
		wait_for_end(what + 5);
	else if (!strcmp(what, "run"))
		for (;;)
			;
	else if (!strcmp(what, "churn"))
		churn();
	else if (!strcmp(what, "condition"))
		wait_for_condition();
	else if (!strcmp(what, "semaphore"))
		sem_wait(&locks->semaphore);
	else if (!strcmp(what, "barrier"))
		pthread_barrier_wait(&locks->never);
	else if (!strcmp(what, "write"))
		pthread_rwlock_wrlock(&locks->rwlock);
	else if (!strcmp(what, "event"))
		wait_for_word(-1);
	else if (!strcmp(what, "three"))
		wait_for_word(2);
	for (;;)
		pause();
}

static void *run(void *data)
{
	struct task *task = data;
	const char *at;

	prctl(PR_SET_NAME, task->name);
	task->tid = syscall(SYS_gettid);
	for (at = task->hold; *at != ':'; at++)
		check("hold", pthread_mutex_lock(&locks->mutex[*at - 'A']));
	pthread_barrier_wait(&locks->all);
	wait_for(task, task->wait);
	return NULL;
}

/* ---- what the arguments say ---- */

static int has(const char *types, const char *type)
{
	return !!strstr(types, type);
}

static void make_mutex(const char *text)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	if (has(text, "recursive"))
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	if (has(text, "errorcheck"))
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
	if (has(text, "adaptive"))
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
	if (has(text, "robust"))
		pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	if (has(text, "pi"))
		check("PI", pthread_mutexattr_setprotocol(&attr,
							  PTHREAD_PRIO_INHERIT));
	if (has(text, "shared"))
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	check("mutex", pthread_mutex_init(&locks->mutex[*text - 'A'], &attr));
}

static void note_task(const char *text, int is_process)
{
	struct task *task = &tasks[nr_tasks++];
	size_t len = strcspn(text, ":");

	snprintf(task->name, sizeof(task->name), "%.*s", (int)len, text);
	task->hold = text + len + 1;
	task->wait = strchr(task->hold, ':') + 1;
	task->is_process = is_process;
}

static void start(struct task *task)
{
	if (!task->is_process) {
		check("thread", pthread_create(&task->thread, NULL, run, task));
		return;
	}
	task->tid = fork();
	if (!task->tid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(task);
	}
}

/* ---- main ---- */

/* A condition variable that was used is not as it was at first. */
static void use_condition(void)
{
	int i;

	for (i = 0; i < 5; i++) {
		wait_until_asleep(NULL);
		pthread_cond_broadcast(&locks->condition);
	}
}

static void take_page_away(int with_fault)
{
#ifdef __GLIBC__
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (unsigned long)locks, page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd;

	if (with_fault) {
		fd = syscall(SYS_userfaultfd, O_CLOEXEC);
		if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
		    ioctl(fd, UFFDIO_REGISTER, &reg))
			die("userfaultfd", errno);
	}
#else
	if (with_fault)
		die("userfaultfd", ENOTSUP);
#endif
	if (madvise(locks, page, MADV_DONTNEED))
		die("madvise", errno);
}

#ifdef __GLIBC__
static void start_reads(const char *text)
{
	char *path = strndup(text, strcspn(text, ":"));
	int nr = atoi(text + strlen(path) + 1), fd, i;
	struct iocb request = { .aio_lio_opcode = IOCB_CMD_PREAD };
	struct iocb *list = &request;
	aio_context_t context = 0;
	void *buffer = NULL;

	fd = open(path, O_RDONLY | O_DIRECT);
	if (fd < 0)
		die(path, errno);
	if (syscall(SYS_io_setup, 128, &context))
		die("io_setup", errno);
	for (i = 0; i < nr; i++) {
		check("buffer", posix_memalign(&buffer, page, page));
		request.aio_fildes = fd;
		request.aio_buf = (unsigned long)buffer;
		request.aio_nbytes = page;
		request.aio_offset = 2 * page * i;
		if (syscall(SYS_io_submit, context, 1, &list) != 1)
			die("io_submit", errno);
	}
	free(path);
}
#endif

/* The page before is of another mapping, with other bytes. */
static void map_page(int shared)
{
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_ANONYMOUS |
			(shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);

	if (at == MAP_FAILED)
		die("mmap", errno);
	memset(at, 0xa5, page);
	locks = (struct locks *)(at + page);
}

static void make_others(int shared)
{
	pthread_barrierattr_t attr;

	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, shared);
	check("barrier", pthread_barrier_init(&locks->all, &attr, nr_tasks));
	pthread_barrier_init(&locks->never, NULL, nr_tasks + 1);
	pthread_mutex_init(&locks->of_condition, NULL);
	pthread_cond_init(&locks->condition, NULL);
	pthread_rwlock_init(&locks->rwlock, NULL);
	pthread_rwlock_rdlock(&locks->rwlock);
	sem_init(&locks->semaphore, 0, 0);
}

int main(int argc, char **argv)
{
	int i, missing = 0, swallow = 0, shared = 0, conditions = 0;

	page = sysconf(_SC_PAGESIZE);
	for (i = 1; i < argc; i++)
		shared = shared || has(argv[i], "shared");
	map_page(shared);
	for (i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "mutex=", 6))
			make_mutex(argv[i] + 6);
		else if (!strncmp(argv[i], "thread=", 7))
			note_task(argv[i] + 7, 0);
		else if (!strncmp(argv[i], "process=", 8))
			note_task(argv[i] + 8, 1);
#ifdef __GLIBC__
		else if (!strncmp(argv[i], "read=", 5))
			start_reads(argv[i] + 5);
#endif
		conditions = conditions || has(argv[i], "condition");
		missing = missing || !strcmp(argv[i], "missing");
		swallow = swallow || !strcmp(argv[i], "swallow");
	}
	make_others(shared);
	for (i = 0; i < nr_tasks; i++)
		start(&tasks[i]);
	for (i = 0; i < nr_tasks; i++)
		while (!tasks[i].tid)
			usleep(1000);
	if (conditions)
		use_condition();
	wait_until_asleep(NULL);
	if (missing || swallow)
		take_page_away(missing);
	for (i = 0; i < nr_tasks; i++)
		printf("%s %d\n", tasks[i].name, tasks[i].tid);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
