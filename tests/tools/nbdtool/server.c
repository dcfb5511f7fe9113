// SPDX-License-Identifier: GPL-2.0
/* A server that answers, or not, as it is told. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <linux/nbd.h>

#include "nbdtool.h"

/* A request that was taken and not answered; @len of what it wants to read. */
struct stalled {
	struct stalled *next;
	char handle[8];
	uint64_t from;
	uint32_t len;
};

/*
 * A connection; never freed, so that it can be counted until the end. @left:
 * it was this end that has shut it.
 */
struct conn {
	struct conn *next;
	int fd;
	bool left;
	pthread_mutex_t lock;
	struct stalled *stalled;
};

static int image = -1;
static struct conn *conns;
static pthread_mutex_t conns_lock = PTHREAD_MUTEX_INITIALIZER;

static bool read_all(int fd, void *data, size_t len)
{
	char *p = data;
	ssize_t n;

	while (len) {
		n = read(fd, p, len);
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		p += n;
		len -= n;
	}
}

/* Sends a reply and @len bytes; the caller holds the connection's lock. */
static void reply(struct conn *conn, const char *handle, uint64_t from,
		  uint32_t len)
{
	struct nbd_reply head = { .magic = htonl(NBD_REPLY_MAGIC) };
	char *data;

	memcpy((char *)&head + offsetof(struct nbd_reply, error) + sizeof(head.error),
	       handle, 8);
	write_all(conn->fd, &head, sizeof(head));
	if (!len)
		return;
	data = allocate(len);
	if (image >= 0 && pread(image, data, len, from) < 0)
		die_errno("read of the image");
	write_all(conn->fd, data, len);
	free(data);
}

static void stall(struct conn *conn, const char *handle, uint64_t from,
		  uint32_t len)
{
	struct stalled *request = allocate(sizeof(*request));

	memcpy(request->handle, handle, 8);
	request->from = from;
	request->len = len;
	request->next = conn->stalled;
	conn->stalled = request;
}

/* Answers one request; false ends the connection. */
static bool serve_request(struct conn *conn)
{
	struct nbd_request request;
	uint32_t type, len;
	char handle[8];
	uint64_t from;
	char *data;
	bool ok;

	if (!read_all(conn->fd, &request, sizeof(request)))
		return false;
	conn->left = true;
	if (ntohl(request.magic) != NBD_REQUEST_MAGIC)
		return false;
	memcpy(handle, (char *)&request + offsetof(struct nbd_request, from) - 8, 8);
	type = ntohl(request.type) & 0xffff;
	len = ntohl(request.len);
	from = be64toh(request.from);
	if (type == NBD_CMD_DISC)
		return false;
	conn->left = false;
	if (type == NBD_CMD_WRITE) {
		data = allocate(len);
		ok = read_all(conn->fd, data, len);
		if (ok && image >= 0 && pwrite(image, data, len, from) != len)
			die_errno("write of the image");
		free(data);
		if (!ok)
			return false;
	}
	if (type != NBD_CMD_READ)
		len = 0;
	pthread_mutex_lock(&conn->lock);
	if ((type == NBD_CMD_READ && opt.stall_reads) ||
	    (type == NBD_CMD_WRITE && opt.stall_writes))
		stall(conn, handle, from, len);
	else
		reply(conn, handle, from, len);
	pthread_mutex_unlock(&conn->lock);
	return true;
}

static void *serve_conn(void *data)
{
	struct conn *conn = data;

	while (serve_request(conn))
		;
	shutdown(conn->fd, SHUT_RDWR);
	return NULL;
}

static void *accept_all(void *data)
{
	int listener = *(int *)data;
	struct conn *conn;
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			die_errno("accept");
		conn = allocate(sizeof(*conn));
		conn->fd = fd;
		pthread_mutex_init(&conn->lock, NULL);
		pthread_mutex_lock(&conns_lock);
		conn->next = conns;
		conns = conn;
		if (!opt.deaf)
			start_detached(serve_conn, conn, 0);
		pthread_mutex_unlock(&conns_lock);
	}
}

static void print_unread(void)
{
	struct conn *conn;
	int unread;

	fputs("unread:", stdout);
	pthread_mutex_lock(&conns_lock);
	for (conn = conns; conn; conn = conn->next) {
		if (ioctl(conn->fd, FIONREAD, &unread))
			die_errno("FIONREAD");
		printf(" %d", unread);
	}
	pthread_mutex_unlock(&conns_lock);
	say("");
}

/* Whether reads of a connection have come, or will come, to an end of file. */
static bool has_ended(const struct conn *conn)
{
	struct pollfd end = { .fd = conn->fd, .events = POLLRDHUP };

	return !conn->left && poll(&end, 1, 0) == 1 &&
	       end.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

static void print_connections(void)
{
	unsigned long made = 0, ended = 0;
	struct conn *conn;

	pthread_mutex_lock(&conns_lock);
	for (conn = conns; conn; conn = conn->next) {
		made++;
		ended += has_ended(conn);
	}
	pthread_mutex_unlock(&conns_lock);
	printf("connections: made=%lu ended=%lu\n", made, ended);
	fflush(stdout);
}

static void release_all(void)
{
	struct stalled *request;
	struct conn *conn;
	bool was_deaf;

	pthread_mutex_lock(&conns_lock);
	was_deaf = opt.deaf;
	opt.deaf = 0;
	opt.stall_reads = 0;
	opt.stall_writes = 0;
	for (conn = conns; conn; conn = conn->next) {
		pthread_mutex_lock(&conn->lock);
		while ((request = conn->stalled)) {
			conn->stalled = request->next;
			reply(conn, request->handle, request->from, request->len);
			free(request);
		}
		pthread_mutex_unlock(&conn->lock);
		if (was_deaf)
			start_detached(serve_conn, conn, 0);
	}
	pthread_mutex_unlock(&conns_lock);
	say("released");
}

static void raise_file_limit(void)
{
	struct rlimit limit = { 8192, 8192 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die_errno("RLIMIT_NOFILE");
}

int cmd_serve(void)
{
	struct addr addr;
	sigset_t signals;
	int listener, one = 1, signo;

	raise_file_limit();
	signals = block_signals(SIGUSR1, SIGUSR2, SIGHUP, 0);
	if (opt.image)
		image = open_or_die(opt.image, O_RDWR);
	parse_addr(&addr, args[0]);
	listener = socket(addr.ss.ss_family, SOCK_STREAM, 0);
	if (listener < 0)
		die_errno("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&addr.ss, addr.len) ||
	    listen(listener, 4096))
		die_errno(args[0]);
	if (!opt.no_accept)
		start_detached(accept_all, &listener, 0);
	say("ready");
	for (;;) {
		if (sigwait(&signals, &signo))
			continue;
		if (signo == SIGUSR1)
			print_unread();
		else if (signo == SIGHUP)
			print_connections();
		else
			release_all();
	}
	return 0;
}
