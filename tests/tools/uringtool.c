// SPDX-License-Identifier: GPL-2.0
/*
 * A process with an io_uring, which does what its arguments say, one after the
 * other, and takes no result:
 *
 *	setup=ENTRIES	a ring, always the first
 *	iopoll=ENTRIES	or one whose requests are completed by asking the device
 *	open=PATH	for direct I/O
 *	read=N		N direct reads of 4096 bytes of that file, one behind the other
 *	poll=N		N requests that wait until an empty pipe can be read
 *	timeout=N	N requests that wait for an hour
 *	nop=N		N requests that have their results at once
 *	register	the ring is registered, and its descriptor closed
 *	close		the ring is closed
 *	fork		a child has the ring too
 *	head=N		writes N into the ring, as what it has taken
 *	ask		the device is asked what it has completed (liburing always does)
 *	exec		it says that it is ready, and executes sleep(1)
 *
 * At last it prints "ready", and sleeps.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tool.h"

#define READ_BYTES 4096
#define REGISTER_RING_FDS 20	/* newer than some headers */

/* What registering a descriptor takes and gives. */
struct ring_fd {
	uint32_t offset;
	uint32_t reserved;
	uint64_t data;
};

static struct {
	int fd;
	int target;
	struct io_uring_params params;
	char *queues;
	struct io_uring_sqe *sqes;
	long long offset;
} ring = { .fd = -1, .target = -1 };

static struct {
	int64_t tv_sec;
	long long tv_nsec;
} hour = { .tv_sec = 3600 };

static void setup(long entries, uint32_t flags)
{
	struct io_uring_params *p = &ring.params;
	size_t size;

	p->flags = flags;
	ring.fd = syscall(SYS_io_uring_setup, entries, p);
	if (ring.fd < 0)
		die_errno("io_uring_setup");
	size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	ring.queues = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			   ring.fd, IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, p->sq_entries * sizeof(*ring.sqes),
			 PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd,
			 IORING_OFF_SQES);
	if (ring.queues == MAP_FAILED || ring.sqes == MAP_FAILED)
		die_errno("mmap of the ring");
}

static uint32_t *word(uint32_t at)
{
	return (uint32_t *)(ring.queues + at);
}

/* One at a time, as time does not matter. */
static void submit(const struct io_uring_sqe *sqe)
{
	const struct io_sqring_offsets *sq = &ring.params.sq_off;
	uint32_t tail = *word(sq->tail), at = tail & *word(sq->ring_mask);

	ring.sqes[at] = *sqe;
	word(sq->array)[at] = at;
	__atomic_store_n(word(sq->tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) != 1)
		die_errno("io_uring_enter");
}

static void do_read(void)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ,
		.fd = ring.target,
		.off = ring.offset,
		.len = READ_BYTES,
	};

	sqe.addr = (uintptr_t)allocate_aligned(READ_BYTES, 0);
	ring.offset += READ_BYTES;
	submit(&sqe);
}

static void do_poll(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_POLL_ADD };
	int ends[2];

	if (pipe(ends))
		die_errno("pipe");
	sqe.fd = ends[0];
	sqe.poll_events = 1;	/* POLLIN */
	submit(&sqe);
}

static void do_timeout(void)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_TIMEOUT,
		.fd = -1,
		.addr = (uintptr_t)&hour,
		.len = 1,
	};

	submit(&sqe);
}

static void do_nop(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_NOP, .fd = -1 };

	submit(&sqe);
}

static void do_open(const char *path)
{
	ring.target = open_or_die(path, O_RDONLY | O_DIRECT);
}

static void do_close(void)
{
	munmap(ring.sqes, ring.params.sq_entries * sizeof(*ring.sqes));
	munmap(ring.queues, ring.params.cq_off.cqes + ring.params.cq_entries *
	       sizeof(struct io_uring_cqe));
	close(ring.fd);
}

static void do_register(void)
{
	struct ring_fd to = { .offset = (uint32_t)-1, .data = ring.fd };

	if (syscall(SYS_io_uring_register, ring.fd, REGISTER_RING_FDS, &to,
		    1) != 1)
		die_errno("io_uring_register");
	do_close();
}

static void do_fork(void)
{
	pid_t pid = fork();
	char text[32];

	if (pid < 0)
		die_errno("fork");
	if (!pid)
		for (;;)
			pause();
	snprintf(text, sizeof(text), "child: pid=%d", pid);
	say(text);
}

static void do_head(long head)
{
	*word(ring.params.cq_off.head) = head;
}

static void do_ask(void)
{
	if (syscall(SYS_io_uring_enter, ring.fd, 0, 0, IORING_ENTER_GETEVENTS,
		    NULL, 0))
		die_errno("io_uring_enter");
}

/* The kernel first waits until the requests of the ring are done. */
static void do_exec(void)
{
	say("ready");
	execlp("sleep", "sleep", "1000", NULL);
	die_errno("sleep");
}

static void times(long nr, void (*fn)(void))
{
	while (nr-- > 0)
		fn();
}

static void run(const char *what)
{
	const char *value = strchr(what, '=');
	size_t len = strcspn(what, "=");
	long nr = value ? strtol(value + 1, NULL, 0) : 0;

	if (!strncmp(what, "setup", len))
		setup(nr, 0);
	else if (!strncmp(what, "iopoll", len))
		setup(nr, IORING_SETUP_IOPOLL);
	else if (!strncmp(what, "open", len) && value)
		do_open(value + 1);
	else if (!strncmp(what, "read", len))
		times(nr, do_read);
	else if (!strncmp(what, "poll", len))
		times(nr, do_poll);
	else if (!strncmp(what, "timeout", len))
		times(nr, do_timeout);
	else if (!strncmp(what, "nop", len))
		times(nr, do_nop);
	else if (!strcmp(what, "register"))
		do_register();
	else if (!strcmp(what, "close"))
		do_close();
	else if (!strcmp(what, "ask"))
		do_ask();
	else if (!strcmp(what, "exec"))
		do_exec();
	else if (!strcmp(what, "fork"))
		do_fork();
	else if (!strncmp(what, "head", len))
		do_head(nr);
	else
		bad_usage("uringtool: no such action: %s", what);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		run(argv[i]);
	say("ready");
	for (;;)
		pause();
}
