// SPDX-License-Identifier: GPL-2.0
/* Requests: where they go, and how many of them are under way. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>

#include "aiotool.h"

static int device = -1;
static uint64_t bytes = 4096, stride = 8192;
uint64_t offset;

void do_open(const struct step *step)
{
	device = open_or_die(step->words[1], O_RDWR | O_DIRECT);
}

void do_open_buffered(const struct step *step)
{
	device = open_or_die(step->words[1], O_RDWR);
}

void do_open_write(const struct step *step)
{
	device = open_or_die(step->words[1], O_WRONLY);
}

void do_open_path(const struct step *step)
{
	if (open(step->words[1], O_PATH) < 0)
		die_errno(step->words[1]);
}

void do_close(const struct step *step)
{
	(void)step;
	close(device);
	device = -1;
}

void do_bytes(const struct step *step)
{
	bytes = parse_number(step->words[1]);
}

void do_stride(const struct step *step)
{
	stride = parse_number(step->words[1]);
}

void do_offset(const struct step *step)
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

void transfer(size_t index, uint64_t n, bool write)
{
	struct iocb *iocbs[MAX_REQUESTS];
	void *buffer;
	uint64_t i;

	for (i = 0; i < n; i++) {
		iocbs[i] = allocate(sizeof(*iocbs[i]));
		buffer = allocate_aligned(bytes, 0x5a);
		if (write)
			io_prep_pwrite(iocbs[i], device, buffer, bytes, offset);
		else
			io_prep_pread(iocbs[i], device, buffer, bytes, offset);
		offset += stride;
	}
	submit(index, iocbs, n);
}

void do_transfer(const struct step *step)
{
	transfer(parse_index(step->words[1]), parse_requests(step->words[2]),
		 !strcmp(step->words[0], "write"));
}

/* A request that a thread waits for. */
struct sync_request {
	bool write;
	uint64_t offset;
	void *buffer;
};

static void *sync_thread(void *data)
{
	const struct sync_request *request = data;
	ssize_t got = request->write ?
		pwrite(device, request->buffer, bytes, request->offset) :
		pread(device, request->buffer, bytes, request->offset);

	if (got != (ssize_t)bytes)
		quit(1, "a thread has transferred %zd bytes", got);
	return NULL;
}

void do_sync_transfer(const struct step *step)
{
	uint64_t n = parse_number(step->words[1]);
	struct sync_request *request;

	while (n--) {
		request = allocate(sizeof(*request));
		request->write = !strcmp(step->words[0], "writers");
		request->offset = offset;
		request->buffer = allocate_aligned(bytes, 0x5a);
		offset += stride;
		start_detached(sync_thread, request, 0);
	}
}

void do_poll(const struct step *step)
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

void do_fsync(const struct step *step)
{
	uint64_t n = parse_requests(step->words[2]), i;
	struct iocb *iocbs[MAX_REQUESTS];

	for (i = 0; i < n; i++) {
		iocbs[i] = allocate(sizeof(*iocbs[i]));
		io_prep_fsync(iocbs[i], device);
	}
	submit(parse_index(step->words[1]), iocbs, n);
}

void do_fail(const struct step *step)
{
	uint64_t n = parse_requests(step->words[2]);
	size_t index = parse_index(step->words[1]);
	struct iocb iocb, *iocbs[] = { &iocb };
	char buffer[16];
	int got;

	while (n--) {
		io_prep_pread(&iocb, device, buffer, sizeof(buffer), 0);
		got = io_submit(contexts[index], 1, iocbs);
		if (got != -EBADF)
			quit(1, "io_submit did not refuse: %d", got);
	}
}

void do_completed(const struct step *step)
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

void do_reap(const struct step *step)
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
