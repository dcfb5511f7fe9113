// SPDX-License-Identifier: GPL-2.0
/*
 * aiotool: does what its arguments say, one after the other, with AIO
 * contexts, so that a test knows which contexts exist and what is in flight
 * in them. For test cases only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libaio.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/vhost.h>

#include "tool.h"

#define MAX_WORDS 8
#define MAX_CONTEXTS 1024
#define MAX_REQUESTS 1024
#define ALIGNMENT 4096

static const char usage_text[] =
	"usage: aiotool ACTION...    (each with its own arguments is one argument)\n"
	"\n"
	"contexts; they are counted from 0\n"
	"  setup MAX_REQS [N]        make one, or N; prints a line for each:\n"
	"                            context: pid= index= user_id= max_reqs= nr_events=\n"
	"  destroy INDEX\n"
	"  destroy-with INDEX VALUE  with that value in all registers the call leaves free\n"
	"  head INDEX VALUE          write that into the head of its ring\n"
	"  scribble INDEX            spoil all that its ring begins with\n"
	"  unmap INDEX               take its ring out of the address space\n"
	"requests\n"
	"  open PATH                 for direct I/O; what follows goes there\n"
	"  open-buffered PATH        not for direct I/O\n"
	"  open-path PATH            only its place (O_PATH), beside what is open\n"
	"  close\n"
	"  bytes N                   length of those that follow (4096)\n"
	"  stride N                  how far from one to the next (8192)\n"
	"  offset N                  where the next begins (0)\n"
	"  read|write INDEX N        submit N at once and do not wait\n"
	"  poll INDEX N              of pipes into which nobody writes\n"
	"  completed INDEX N         wait until N events are in the ring\n"
	"  reap INDEX N              take N events; each must be a success\n"
	"processes\n"
	"  name TEXT                 of the calling thread\n"
	"  threads N                 that do nothing\n"
	"  thread ACTION             done by a thread; prints thread: tid=\n"
	"  vforks N                  a process of its own begins a chain of N, each of which\n"
	"                            waits in vfork() for the next; the last one prints\n"
	"                            vforked: pid=\n"
	"  leader-exit               another thread does the rest, the first one ends\n"
	"  clone                     a process \"aiotool-clone\" that shares the memory and\n"
	"                            does nothing; prints clone: pid=\n"
	"  fork N                    N processes do the rest, each for itself\n"
	"  exec PROGRAM ARGUMENT...  instead of this one\n"
	"  map PATH                  its first page, without a look at it; prints\n"
	"                            mapped: page=\n"
	"  peek PID PAGE             read a page of another process's memory\n"
	"  vhost                     have a vhost device keep the memory until it closes\n"
	"  churn SECONDS N           N processes at a time that make contexts, submit\n"
	"                            reads and end in different ways; prints churned: n=\n"
	"  ready                     say \"ready\" and wait: SIGUSR1 goes on with the rest,\n"
	"                            SIGTERM ends; with \"fork\" once all are\n"
	"\n"
	"It ends after the last action, and does not clean up. \"+\" in TEXT is a space.\n";

/* What the kernel maps at the address that is the aio_context_t. */
struct ring {
	unsigned int id;
	unsigned int nr;
	atomic_uint head;
	atomic_uint tail;
	unsigned int magic;
};

#define RING_MAGIC 0xa10a10a1
#define RING_HEAD 32	/* what lies before the events */

/**
 * struct step - an action of the command line
 * @action: which
 * @words: it and its arguments, ended by NULL
 * @nr: how many
 * @inner: of "thread": what it is to do
 */
struct step {
	const struct action *action;
	char *words[MAX_WORDS + 1];
	int nr;
	struct step *inner;
};

/**
 * struct action - something that can be done
 * @name: first word
 * @min: least number of arguments
 * @max: greatest
 * @run: does it; the arguments begin at words[1]
 */
struct action {
	const char *name;
	int min;
	int max;
	void (*run)(const struct step *step);
};

static struct step *steps;
static size_t nr_steps, next_step;

static io_context_t contexts[MAX_CONTEXTS];
static size_t nr_contexts;

static int device = -1;
static uint64_t bytes = 4096, stride = 8192, offset;

/* A child of "fork" reports here instead of saying "ready". */
static int ready_pipe = -1;

static sigset_t signals;

static pid_t own_tid(void)
{
	return syscall(SYS_gettid);
}

static void start_thread(void *(*function)(void *), void *data)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, function, data);
	if (errno)
		die_errno("pthread_create");
	pthread_detach(thread);
}

/* --- contexts ----------------------------------------------------------- */

static size_t parse_index(const char *text)
{
	uint64_t index = parse_number(text);

	if (index >= nr_contexts)
		quit(1, "there is no context %s", text);
	return index;
}

/* libaio's io_context_t is the kernel's aio_context_t: where the ring lies. */
static struct ring *ring_of(size_t index)
{
	struct ring *ring = (void *)contexts[index];

	if (ring->magic != RING_MAGIC)
		quit(1, "context %zu has no ring", index);
	return ring;
}

static unsigned int unreaped(size_t index)
{
	struct ring *ring = ring_of(index);

	return (ring->tail + ring->nr - ring->head % ring->nr) % ring->nr;
}

static void setup_one(unsigned int max_reqs)
{
	size_t index = nr_contexts;
	int error;

	if (index == MAX_CONTEXTS)
		quit(1, "too many contexts");
	error = io_setup(max_reqs, &contexts[index]);
	if (error)
		quit(1, "io_setup: %s", strerror(-error));
	nr_contexts++;
}

static void do_setup(const struct step *step)
{
	uint64_t n = step->nr > 2 ? parse_number(step->words[2]) : 1;
	unsigned int max_reqs = parse_number(step->words[1]);
	size_t index;

	while (n--) {
		index = nr_contexts;
		setup_one(max_reqs);
		printf("context: pid=%d index=%zu user_id=0x%" PRIxPTR " max_reqs=%u ",
		       getpid(), index, (uintptr_t)contexts[index], max_reqs);
		printf("nr_events=%u\n", ring_of(index)->nr);
	}
}

static void do_destroy(const struct step *step)
{
	int error = io_destroy(contexts[parse_index(step->words[1])]);

	if (error)
		quit(1, "io_destroy: %s", strerror(-error));
}

/* The kernel saves what the registers hold on the stack of the thread. */
static long call_with(long number, long argument, unsigned long value)
{
#if defined(__x86_64__)
	long result;

	asm volatile("lea -128(%%rsp), %%rsp\n\t"
		     "push %%rbp\n\t"
		     "mov %[value], %%rbp\n\t"
		     "mov %[value], %%rbx\n\t"
		     "mov %[value], %%r8\n\t"
		     "mov %[value], %%r9\n\t"
		     "mov %[value], %%r10\n\t"
		     "mov %[value], %%r12\n\t"
		     "mov %[value], %%r13\n\t"
		     "mov %[value], %%r14\n\t"
		     "mov %[value], %%r15\n\t"
		     "syscall\n\t"
		     "pop %%rbp\n\t"
		     "lea 128(%%rsp), %%rsp"
		     : "=a"(result)
		     : "a"(number), "D"(argument), [value]"S"(value), "d"(value)
		     : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13",
		       "r14", "r15", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 asm("x8") = number;
	register long x0 asm("x0") = argument;
	register unsigned long x1 asm("x1") = value;

	asm volatile("mov x19, x1\n\tmov x20, x1\n\tmov x21, x1\n\t"
		     "mov x22, x1\n\tmov x23, x1\n\tmov x24, x1\n\t"
		     "mov x25, x1\n\tmov x26, x1\n\tmov x27, x1\n\t"
		     "mov x28, x1\n\tsvc #0"
		     : "+r"(x0)
		     : "r"(x8), "r"(x1)
		     : "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
		       "x27", "x28", "memory");
	return x0;
#else
	(void)value;
	return syscall(number, argument);
#endif
}

static void do_destroy_with(const struct step *step)
{
	io_context_t context = contexts[parse_index(step->words[1])];
	unsigned long value = strtoul(step->words[2], NULL, 0);

	if (call_with(SYS_io_destroy, (long)context, value))
		quit(1, "io_destroy failed");
}

static void do_head(const struct step *step)
{
	ring_of(parse_index(step->words[1]))->head = parse_number(step->words[2]);
}

static void do_scribble(const struct step *step)
{
	memset(ring_of(parse_index(step->words[1])), 0xff, sizeof(struct ring));
}

static void do_unmap(const struct step *step)
{
	struct ring *ring = ring_of(parse_index(step->words[1]));
	size_t size = RING_HEAD + ring->nr * sizeof(struct io_event);

	if (munmap(ring, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT))
		die_errno("munmap");
}

/* --- requests ----------------------------------------------------------- */

static void open_device(const char *path, int flags)
{
	device = open(path, O_RDWR | O_CLOEXEC | flags);
	if (device < 0)
		die_errno(path);
}

static void do_open(const struct step *step)
{
	open_device(step->words[1], O_DIRECT);
}

static void do_open_buffered(const struct step *step)
{
	open_device(step->words[1], 0);
}

static void do_open_path(const struct step *step)
{
	if (open(step->words[1], O_PATH) < 0)
		die_errno(step->words[1]);
}

static void do_close(const struct step *step)
{
	(void)step;
	close(device);
	device = -1;
}

static void do_bytes(const struct step *step)
{
	bytes = parse_number(step->words[1]);
}

static void do_stride(const struct step *step)
{
	stride = parse_number(step->words[1]);
}

static void do_offset(const struct step *step)
{
	offset = parse_number(step->words[1]);
}

static void submit(size_t index, struct iocb **iocbs, uint64_t n)
{
	uint64_t done = 0;
	int got;

	while (done < n) {
		got = io_submit(contexts[index], n - done, iocbs + done);
		if (got <= 0)
			quit(1, "io_submit: %s", strerror(-got));
		done += got;
	}
}

static uint64_t parse_requests(const char *text)
{
	uint64_t n = parse_number(text);

	if (!n || n > MAX_REQUESTS)
		bad_usage("'%s' is not a number of requests", text);
	return n;
}

static void transfer(size_t index, uint64_t n, bool write)
{
	struct iocb *iocbs[MAX_REQUESTS];
	void *buffer;
	uint64_t i;

	for (i = 0; i < n; i++) {
		iocbs[i] = allocate(sizeof(*iocbs[i]));
		if (posix_memalign(&buffer, ALIGNMENT, bytes))
			quit(1, "no memory");
		memset(buffer, 0x5a, bytes);
		if (write)
			io_prep_pwrite(iocbs[i], device, buffer, bytes, offset);
		else
			io_prep_pread(iocbs[i], device, buffer, bytes, offset);
		offset += stride;
	}
	submit(index, iocbs, n);
}

static void do_transfer(const struct step *step)
{
	transfer(parse_index(step->words[1]), parse_requests(step->words[2]),
		 !strcmp(step->words[0], "write"));
}

static void do_poll(const struct step *step)
{
	uint64_t n = parse_requests(step->words[2]), i;
	struct iocb *iocbs[MAX_REQUESTS];
	int ends[2];

	for (i = 0; i < n; i++) {
		if (pipe(ends))
			die_errno("pipe");
		iocbs[i] = allocate(sizeof(*iocbs[i]));
		io_prep_poll(iocbs[i], ends[0], 1 /* POLLIN */);
	}
	submit(parse_index(step->words[1]), iocbs, n);
}

static void do_completed(const struct step *step)
{
	size_t index = parse_index(step->words[1]);
	uint64_t n = parse_number(step->words[2]);
	double end = now() + 30;

	while (unreaped(index) != n) {
		if (now() > end)
			quit(1, "%u events in the ring", unreaped(index));
		usleep(1000);
	}
}

static void do_reap(const struct step *step)
{
	struct timespec timeout = { .tv_sec = 30 };
	uint64_t n = parse_requests(step->words[2]), i;
	struct io_event events[MAX_REQUESTS];
	int got;

	got = io_getevents(contexts[parse_index(step->words[1])], n, n, events, &timeout);
	if (got < 0)
		quit(1, "io_getevents: %s", strerror(-got));
	if ((uint64_t)got != n)
		quit(1, "%d events instead of %" PRIu64, got, n);
	for (i = 0; i < n; i++)
		if (events[i].res != events[i].obj->u.c.nbytes)
			quit(1, "a request ended with %ld", (long)events[i].res);
}

/* --- processes ---------------------------------------------------------- */

static void run_steps(void)
{
	const struct step *step;

	while (next_step < nr_steps) {
		step = &steps[next_step++];
		step->action->run(step);
	}
}

static void do_name(const struct step *step)
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

static void do_threads(const struct step *step)
{
	uint64_t n = parse_number(step->words[1]);

	while (n--)
		start_thread(idle_thread, NULL);
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

static void do_thread(const struct step *step)
{
	start_thread(step_thread, step->inner);
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

static void do_leader_exit(const struct step *step)
{
	(void)step;
	start_thread(rest_thread, NULL);
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

static void do_clone(const struct step *step)
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

static void do_fork(const struct step *step)
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

static void do_exec(const struct step *step)
{
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	execvp(step->words[1], step->words + 1);
	die_errno(step->words[1]);
}

static void do_map(const struct step *step)
{
	int fd = open(step->words[1], O_RDONLY);
	void *page;

	if (fd < 0)
		die_errno(step->words[1]);
	page = mmap(NULL, ALIGNMENT, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die_errno("mmap");
	close(fd);
	printf("mapped: page=%" PRIuPTR "\n", (uintptr_t)page / ALIGNMENT);
}

static void do_peek(const struct step *step)
{
	char path[64], page[ALIGNMENT];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/mem", step->words[1]);
	fd = open(path, O_RDONLY);
	if (fd < 0 || pread(fd, page, sizeof(page), parse_number(step->words[2]) * ALIGNMENT) !=
	    sizeof(page))
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

static void do_vforks(const struct step *step)
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

static void do_vhost(const struct step *step)
{
	int fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);

	(void)step;
	if (fd < 0 || ioctl(fd, VHOST_SET_OWNER))
		die_errno("vhost-net");
}

static void do_ready(const struct step *step)
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

/* --- churn -------------------------------------------------------------- */

static void *destroy_thread(void *data)
{
	io_destroy(contexts[(size_t)data]);
	return NULL;
}

static void *exit_thread(void *data)
{
	usleep((uintptr_t)data);
	_exit(0);
}

/* One life of a process with contexts, and one of the ways in which it ends. */
static void __attribute__((noreturn)) churn_once(void)
{
	size_t n = 1 + rand() % 3, i;

	/* The parent's contexts are not this process's. */
	nr_contexts = 0;
	memset(contexts, 0, sizeof(contexts));
	for (i = 0; i < n; i++) {
		setup_one(1 + rand() % 64);
		offset = (rand() % 1024) * ALIGNMENT;
		if (rand() % 4)
			transfer(i, 1 + rand() % 4, rand() % 4 == 0);
	}
	switch (rand() % 7) {
	case 0:
		_exit(0);
	case 1:
		raise(SIGKILL);
		break;
	case 2:
		for (i = 0; i < n; i++)
			io_destroy(contexts[i]);
		break;
	case 3:
		usleep(rand() % 20000);
		break;
	case 4:
		start_thread(destroy_thread, NULL);
		usleep(rand() % 2000);
		raise(SIGKILL);
		break;
	case 5:
		execl("/bin/true", "true", NULL);
		break;
	case 6:
		start_thread(exit_thread, (void *)(uintptr_t)(rand() % 20000));
		syscall(SYS_exit, 0);
		break;
	}
	_exit(0);
}

static void do_churn(const struct step *step)
{
	double end = now() + parse_number(step->words[1]);
	uint64_t most = parse_number(step->words[2]), running = 0;
	unsigned int n = 0;
	pid_t pid;

	puts("ready");
	while (now() < end || running) {
		if (now() < end && running < most) {
			pid = fork();
			if (pid < 0)
				die_errno("fork");
			if (!pid) {
				srand(n);
				churn_once();
			}
			n++;
			running++;
		} else if (wait(NULL) > 0) {
			running--;
		}
	}
	printf("churned: n=%u\n", n);
}

/* --- the command line --------------------------------------------------- */

static const struct action actions[] = {
	{ "setup", 1, 2, do_setup },
	{ "destroy", 1, 1, do_destroy },
	{ "destroy-with", 2, 2, do_destroy_with },
	{ "head", 2, 2, do_head },
	{ "scribble", 1, 1, do_scribble },
	{ "unmap", 1, 1, do_unmap },
	{ "open", 1, 1, do_open },
	{ "open-buffered", 1, 1, do_open_buffered },
	{ "open-path", 1, 1, do_open_path },
	{ "close", 0, 0, do_close },
	{ "bytes", 1, 1, do_bytes },
	{ "stride", 1, 1, do_stride },
	{ "offset", 1, 1, do_offset },
	{ "read", 2, 2, do_transfer },
	{ "write", 2, 2, do_transfer },
	{ "poll", 2, 2, do_poll },
	{ "completed", 2, 2, do_completed },
	{ "reap", 2, 2, do_reap },
	{ "name", 1, 1, do_name },
	{ "threads", 1, 1, do_threads },
	{ "vforks", 1, 1, do_vforks },
	{ "thread", 1, MAX_WORDS - 1, do_thread },
	{ "leader-exit", 0, 0, do_leader_exit },
	{ "clone", 0, 0, do_clone },
	{ "fork", 1, 1, do_fork },
	{ "exec", 1, MAX_WORDS - 1, do_exec },
	{ "map", 1, 1, do_map },
	{ "peek", 2, 2, do_peek },
	{ "vhost", 0, 0, do_vhost },
	{ "churn", 2, 2, do_churn },
	{ "ready", 0, 0, do_ready },
};

static void parse_words(struct step *step);

/* What a "thread" is to do. */
static struct step *parse_inner(const struct step *step)
{
	struct step *inner = allocate(sizeof(*inner));

	inner->nr = step->nr - 1;
	memcpy(inner->words, step->words + 1, inner->nr * sizeof(inner->words[0]));
	parse_words(inner);
	return inner;
}

/* Finds the action of a step whose words are there. */
static void parse_words(struct step *step)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(step->words[0], actions[i].name))
			break;
	if (i == ARRAY_SIZE(actions))
		bad_usage("no action '%s'; see aiotool --help", step->words[0]);
	step->action = &actions[i];
	if (step->nr - 1 < actions[i].min || step->nr - 1 > actions[i].max)
		bad_usage("%s: %d arguments; see aiotool --help", actions[i].name, step->nr - 1);
	if (step->action->run == do_thread)
		step->inner = parse_inner(step);
}

static void parse_step(struct step *step, const char *text)
{
	char *copy = strdup(text), *word;

	if (!copy)
		quit(1, "no memory");
	for (word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		if (step->nr == MAX_WORDS)
			bad_usage("'%s' has too many words", text);
		step->words[step->nr++] = word;
	}
	if (!step->nr)
		bad_usage("an empty action");
	parse_words(step);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		bad_usage("no action; see aiotool --help");
	if (!strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	nr_steps = argc - 1;
	steps = allocate(nr_steps * sizeof(*steps));
	for (i = 1; i < argc; i++)
		parse_step(&steps[i - 1], argv[i]);

	/* A line at a time, also when several processes write into one file. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	run_steps();
	return 0;
}
