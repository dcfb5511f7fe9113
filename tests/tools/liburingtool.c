// SPDX-License-Identifier: GPL-2.0
/*
 * As uringtool, by way of liburing and of what it registers:
 *
 *	setup=ENTRIES	a ring, always the first
 *	sqpoll=ENTRIES	or one whose requests a thread of the kernel takes
 *	open=PATH	for direct I/O
 *	cached=PATH	by way of the page cache, without reading ahead
 *	files		the file is registered, and its descriptor closed
 *	buffers		the memory of the reads to come is registered
 *	register	the ring is registered, and its descriptor closed
 *	read=N		N reads of 4096 bytes of that file, 1 MiB from one to the next
 *	poll=N		N requests that have a result for each event
 *	event=N		N events for each of them, and as many results
 *
 * At last it prints "ready", and sleeps.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <liburing.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tool.h"

#define READ_BYTES 4096
#define DISTANCE (1024 * 1024)
#define BUFFERS 64
#define POLLS_MAX 16

/* Newer than some headers. */
#ifndef IORING_POLL_ADD_MULTI
#define IORING_POLL_ADD_MULTI 1
#endif

/* Not in each version of the library. */
#pragma weak io_uring_register_ring_fd
int io_uring_register_ring_fd(struct io_uring *ring);

static struct {
	struct io_uring uring;
	int target;
	bool fixed_file;
	bool fixed_buffers;
	char *buffers;
	long long offset;
	long reads;
	int polled[POLLS_MAX];
	long polls;
} ring = { .target = -1 };

static void check(int ret, const char *what)
{
	if (ret < 0)
		quit(1, "%s: %s", what, strerror(-ret));
}

static void setup(long entries, unsigned int flags)
{
	struct io_uring_params params = {
		.flags = flags,
		/* Whose thread does not go to sleep meanwhile. */
		.sq_thread_idle = 1000,
	};

	check(io_uring_queue_init_params(entries, &ring.uring, &params),
	      "io_uring_queue_init_params");
	ring.buffers = allocate_aligned(BUFFERS * READ_BYTES, 0);
}

static struct io_uring_sqe *next_sqe(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring.uring);

	if (!sqe)
		quit(1, "the ring has no room");
	return sqe;
}

static void do_open(const char *path, int flags)
{
	ring.target = open_or_die(path, O_RDONLY | flags);
	if (posix_fadvise(ring.target, 0, 0, POSIX_FADV_RANDOM))
		quit(1, "posix_fadvise");
}

static void do_files(void)
{
	check(io_uring_register_files(&ring.uring, &ring.target, 1),
	      "io_uring_register_files");
	close(ring.target);
	ring.fixed_file = true;
}

static void do_buffers(void)
{
	struct iovec all = {
		.iov_base = ring.buffers,
		.iov_len = BUFFERS * READ_BYTES,
	};

	check(io_uring_register_buffers(&ring.uring, &all, 1),
	      "io_uring_register_buffers");
	ring.fixed_buffers = true;
}

static void do_register(void)
{
	if (!io_uring_register_ring_fd)
		quit(1, "this liburing registers no rings");
	check(io_uring_register_ring_fd(&ring.uring),
	      "io_uring_register_ring_fd");
	/* As io_uring_close_ring_fd(), which is newer. */
	close(ring.uring.ring_fd);
}

static void prepare_read(void)
{
	struct io_uring_sqe *sqe = next_sqe();
	char *to = ring.buffers + ring.reads++ % BUFFERS * READ_BYTES;
	int fd = ring.fixed_file ? 0 : ring.target;

	if (ring.fixed_buffers)
		io_uring_prep_read_fixed(sqe, fd, to, READ_BYTES, ring.offset,
					 0);
	else
		io_uring_prep_read(sqe, fd, to, READ_BYTES, ring.offset);
	if (ring.fixed_file)
		sqe->flags |= IOSQE_FIXED_FILE;
	ring.offset += DISTANCE;
}

static void prepare_poll(void)
{
	struct io_uring_sqe *sqe = next_sqe();
	int fd = eventfd(0, 0);

	if (fd < 0)
		die_errno("eventfd");
	if (ring.polls == POLLS_MAX)
		bad_usage("no more than %d polls", POLLS_MAX);
	ring.polled[ring.polls++] = fd;
	io_uring_prep_poll_add(sqe, fd, 1 /* POLLIN */);
	sqe->len = IORING_POLL_ADD_MULTI;
}

/* All at once. */
static void submit(long nr, void (*prepare)(void))
{
	long i;

	for (i = 0; i < nr; i++)
		prepare();
	check(io_uring_submit(&ring.uring), "io_uring_submit");
}

/* The result is there once the kernel has seen the event; there is no other. */
static void send_event(int fd)
{
	unsigned int before = io_uring_cq_ready(&ring.uring);
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		die_errno("write of an event");
	while (io_uring_cq_ready(&ring.uring) == before)
		usleep(1000);
}

static void do_events(long nr)
{
	long i;

	while (nr-- > 0)
		for (i = 0; i < ring.polls; i++)
			send_event(ring.polled[i]);
}

static void run_named(const char *what, size_t len, const char *value)
{
	long nr = strtol(value, NULL, 0);

	if (!strncmp(what, "setup", len))
		setup(nr, 0);
	else if (!strncmp(what, "sqpoll", len))
		setup(nr, IORING_SETUP_SQPOLL);
	else if (!strncmp(what, "open", len))
		do_open(value, O_DIRECT);
	else if (!strncmp(what, "cached", len))
		do_open(value, 0);
	else if (!strncmp(what, "read", len))
		submit(nr, prepare_read);
	else if (!strncmp(what, "poll", len))
		submit(nr, prepare_poll);
	else if (!strncmp(what, "event", len))
		do_events(nr);
	else
		bad_usage("liburingtool: no such action: %s", what);
}

static void run(const char *what)
{
	const char *value = strchr(what, '=');

	if (value)
		run_named(what, value - what, value + 1);
	else if (!strcmp(what, "files"))
		do_files();
	else if (!strcmp(what, "buffers"))
		do_buffers();
	else if (!strcmp(what, "register"))
		do_register();
	else
		bad_usage("liburingtool: no such action: %s", what);
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
