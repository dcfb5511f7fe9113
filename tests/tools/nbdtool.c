// SPDX-License-Identifier: GPL-2.0
/*
 * nbdtool: brings nbd devices into states which real servers and clients do
 * not reach, or not when a test wants them to. For test cases only.
 *
 * Its server and its clients skip the negotiation and speak the transmission
 * phase at once, so they fit only each other. "ready" on standard output says
 * that a command has reached the state it was started for.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/genetlink.h>
#include <linux/nbd.h>
#include <linux/nbd-netlink.h>
#include <linux/netlink.h>

#include "tool.h"

#define MAX_ADDRS 8

/* Not in the headers of every suite. */
#define ATTR_BACKEND 10

static const char usage_text[] =
	"usage: nbdtool COMMAND ARGUMENT... [OPTION...]\n"
	"\n"
	"servers\n"
	"  serve ADDRESS             SIGUSR1: print the bytes unread on each connection;\n"
	"                            SIGUSR2: go on and answer what was stalled;\n"
	"                            SIGHUP: print how many connections were made, and how\n"
	"                            many of them their other end has shut\n"
	"    --image FILE            write and read that; otherwise all is zeros\n"
	"    --stall-reads           take read requests and do not answer them\n"
	"    --stall-writes          the same with write requests and what they write\n"
	"    --deaf                  accept and read nothing\n"
	"    --no-accept             only listen\n"
	"users of a device\n"
	"  hold DEVICE               open and stay\n"
	"  io DEVICE read|write|discard OFFSET BYTES\n"
	"                            direct I/O, reports each end; SIGUSR1: nothing but\n"
	"                            an interruption\n"
	"    --jobs N                N at once, one behind the other on the device\n"
	"clients by ioctl\n"
	"  attach DEVICE ADDRESS...  until the device is disconnected\n"
	"    --size BYTES --block BYTES --flags NUMBER --timeout SECONDS\n"
	"    --connections N         N sockets for each address\n"
	"    --sndbuf BYTES          room for what was sent and not yet read\n"
	"    --close-sockets         keep no descriptor of them\n"
	"    --no-start              stay between NBD_SET_SOCK and NBD_DO_IT\n"
	"    --no-clear              end without NBD_CLEAR_SOCK\n"
	"    --then ADDRESS          another NBD_SET_SOCK when the device has stopped\n"
	"    --stay                  stay after that, with the device open\n"
	"  strays DEVICE N ADDRESS   N attempts to attach; each must end in EBUSY\n"
	"    --never-started         in EINVAL\n"
	"  set-sock DEVICE ADDRESS   NBD_SET_SOCK only, and end at once\n"
	"    --stay                  close the device, but stay\n"
	"  set-socks FIRST LAST ADDRESS\n"
	"                            NBD_SET_SOCK for each of /dev/nbdFIRST..LAST; stay with\n"
	"                            all open; SIGUSR1: close the last half of them\n"
	"  set-size DEVICE BYTES     NBD_SET_SIZE, and end at once\n"
	"  clear DEVICE              NBD_CLEAR_SOCK\n"
	"  disconnect DEVICE         NBD_DISCONNECT\n"
	"clients by netlink\n"
	"  nl-connect INDEX ADDRESS...\n"
	"    --size, --block, --flags, --timeout, --connections as above\n"
	"    --dead-timeout SECONDS --backend TEXT --destroy --disconnect-on-close\n"
	"  nl-reconfigure INDEX ADDRESS...\n"
	"    --backend TEXT\n"
	"  nl-resize INDEX BYTES\n"
	"  nl-disconnect INDEX\n"
	"  nl-turns INDEX TURNS ADDRESS\n"
	"    --size, --block, --flags, --connections as above\n"
	"                            connect it with one connection, disconnect it, and the\n"
	"                            same with --connections, so many times\n"
	"\n"
	"ADDRESS is unix:PATH, abstract:NAME (%HH in both: that byte) or tcp:HOST:PORT;\n"
	"for clients also fd:NUMBER, an open socket.\n";

/**
 * struct addr - where to listen or to connect
 * @ss: the address
 * @len: bytes used of @ss
 */
struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

/* The command line; what was not given is 0, or as main() set it. */
static struct {
	uint64_t size;
	uint64_t block;
	uint64_t flags;
	uint64_t timeout;
	uint64_t dead_timeout;
	uint64_t connections;
	uint64_t sndbuf;
	uint64_t jobs;
	const char *backend;
	const char *image;
	const char *then;
	int stall_reads;
	int stall_writes;
	int deaf;
	int no_accept;
	int close_sockets;
	int no_start;
	int no_clear;
	int never_started;
	int stay;
	int destroy;
	int disconnect_on_close;
	char **args;
	int nr_args;
} opt;

/* --- addresses ---------------------------------------------------------- */

/* Decodes %HH in place; returns the length, for a NUL may be in it. */
static size_t decode_name(char *name)
{
	char *from = name, *to = name, hex[3] = "";

	while (*from) {
		if (*from == '%') {
			if (!from[1] || !from[2])
				bad_usage("'%s': %%HH is cut short", name);
			memcpy(hex, from + 1, 2);
			*to++ = strtoul(hex, NULL, 16);
			from += 3;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return to - name;
}

static void parse_unix(struct addr *addr, const char *text, bool abstract)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&addr->ss;
	char *name = strdup(text);
	size_t len;

	if (!name)
		quit(1, "no memory");
	len = decode_name(name);
	if (!len || len + abstract > sizeof(un->sun_path))
		bad_usage("'%s': empty or too long", text);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path + abstract, name, len);
	addr->len = offsetof(struct sockaddr_un, sun_path) + len + 1;
	if (addr->len > sizeof(*un))
		addr->len = sizeof(*un);
	free(name);
}

static void parse_tcp(struct addr *addr, const char *text)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&addr->ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr->ss;
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(text, ':');
	uint16_t port;
	size_t len;

	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host))
		bad_usage("'%s' is not HOST:PORT", text);
	len = colon - text;
	memcpy(host, text, len);
	host[len] = '\0';
	port = htons(parse_number(colon + 1));
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		addr->len = sizeof(*in6);
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1)
			return;
	} else {
		in->sin_family = AF_INET;
		in->sin_port = port;
		addr->len = sizeof(*in);
		if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
			return;
	}
	bad_usage("'%s' is not an address", host);
}

static void parse_addr(struct addr *addr, const char *text)
{
	memset(addr, 0, sizeof(*addr));
	if (!strncmp(text, "unix:", 5))
		parse_unix(addr, text + 5, false);
	else if (!strncmp(text, "abstract:", 9))
		parse_unix(addr, text + 9, true);
	else if (!strncmp(text, "tcp:", 4))
		parse_tcp(addr, text + 4);
	else
		bad_usage("'%s' is not an address (unix:, abstract: or tcp:)", text);
}

static int connect_to(const char *text)
{
	int sndbuf = opt.sndbuf;
	struct addr addr;
	int fd;

	if (!strncmp(text, "fd:", 3))
		return parse_number(text + 3);
	parse_addr(&addr, text);
	fd = socket(addr.ss.ss_family, SOCK_STREAM, 0);
	if (fd < 0)
		die_errno("socket");
	if (opt.sndbuf && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf)))
		die_errno("SO_SNDBUF");
	if (connect(fd, (struct sockaddr *)&addr.ss, addr.len))
		die_errno(text);
	return fd;
}

static void raise_file_limit(void)
{
	struct rlimit limit = { 8192, 8192 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die_errno("RLIMIT_NOFILE");
}

/* --- the server --------------------------------------------------------- */

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

static void start_thread(void *(*function)(void *), void *data)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	errno = pthread_create(&thread, &attr, function, data);
	if (errno)
		die_errno("pthread_create");
	pthread_attr_destroy(&attr);
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
			start_thread(serve_conn, conn);
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
			start_thread(serve_conn, conn);
	}
	pthread_mutex_unlock(&conns_lock);
	say("released");
}

static int cmd_serve(void)
{
	struct addr addr;
	sigset_t signals;
	int listener, one = 1, signo;

	raise_file_limit();
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);

	if (opt.image) {
		image = open(opt.image, O_RDWR | O_CLOEXEC);
		if (image < 0)
			die_errno(opt.image);
	}
	parse_addr(&addr, opt.args[0]);
	listener = socket(addr.ss.ss_family, SOCK_STREAM, 0);
	if (listener < 0)
		die_errno("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&addr.ss, addr.len) ||
	    listen(listener, 4096))
		die_errno(opt.args[0]);
	if (!opt.no_accept)
		start_thread(accept_all, &listener);
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

/* --- users of a device -------------------------------------------------- */

static int open_device(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die_errno(path);
	return fd;
}

static int cmd_hold(void)
{
	open_device(opt.args[0], O_RDONLY);
	say("ready");
	return pause();
}

struct io_job {
	pthread_t thread;
	int fd;
	const char *what;
	size_t bytes;
	off_t offset;
	ssize_t result;
	int error;
};

static void *io_thread(void *data)
{
	struct io_job *job = data;
	uint64_t range[2] = { job->offset, job->bytes };
	void *buffer;

	if (posix_memalign(&buffer, 4096, job->bytes))
		quit(1, "no memory");
	memset(buffer, 0x5a, job->bytes);
	if (!strcmp(job->what, "write"))
		job->result = pwrite(job->fd, buffer, job->bytes, job->offset);
	else if (!strcmp(job->what, "read"))
		job->result = pread(job->fd, buffer, job->bytes, job->offset);
	else
		job->result = ioctl(job->fd, BLKDISCARD, range) ? -1 : (ssize_t)job->bytes;
	job->error = errno;
	free(buffer);
	return NULL;
}

static void do_nothing(int signo)
{
	(void)signo;
}

static int cmd_io(void)
{
	struct sigaction interrupt = { .sa_handler = do_nothing };
	const char *what = opt.args[1];
	struct io_job *jobs;
	sigset_t signals;
	int failed = 0;
	uint64_t i;
	int fd;

	if (strcmp(what, "read") && strcmp(what, "write") && strcmp(what, "discard"))
		bad_usage("'%s' is not read, write or discard", what);
	fd = open_device(opt.args[0], O_DIRECT | (*what == 'r' ? O_RDONLY : O_RDWR));
	sigaction(SIGUSR1, &interrupt, NULL);
	jobs = allocate(opt.jobs * sizeof(*jobs));
	for (i = 0; i < opt.jobs; i++) {
		jobs[i].fd = fd;
		jobs[i].what = what;
		jobs[i].bytes = parse_number(opt.args[3]);
		jobs[i].offset = parse_number(opt.args[2]) + i * jobs[i].bytes;
		errno = pthread_create(&jobs[i].thread, NULL, io_thread, &jobs[i]);
		if (errno)
			die_errno("pthread_create");
	}
	/* SIGUSR1 is for the threads that do I/O. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	say("ready");
	for (i = 0; i < opt.jobs; i++) {
		pthread_join(jobs[i].thread, NULL);
		if (jobs[i].result == (ssize_t)jobs[i].bytes) {
			printf("done %s %jd %zd\n", what,
			       (intmax_t)jobs[i].offset, jobs[i].result);
			continue;
		}
		failed = 1;
		printf("failed %s %jd %s\n", what, (intmax_t)jobs[i].offset,
		       jobs[i].result < 0 ? strerror(jobs[i].error) : "short");
	}
	fflush(stdout);
	return failed;
}

/* --- clients by ioctl --------------------------------------------------- */

static void nbd_ioctl(int fd, const char *name, unsigned long request,
		      unsigned long arg)
{
	if (ioctl(fd, request, arg))
		die_errno(name);
}

#define NBD_IOCTL(fd, request, arg) nbd_ioctl(fd, #request, request, arg)

static int cmd_attach(void)
{
	int fd = open_device(opt.args[0], O_RDWR);
	uint64_t c;
	int i, sock;

	NBD_IOCTL(fd, NBD_SET_BLKSIZE, opt.block);
	NBD_IOCTL(fd, NBD_SET_SIZE, opt.size);
	if (opt.flags)
		NBD_IOCTL(fd, NBD_SET_FLAGS, opt.flags);
	if (opt.timeout)
		NBD_IOCTL(fd, NBD_SET_TIMEOUT, opt.timeout);
	for (i = 1; i < opt.nr_args; i++) {
		for (c = 0; c < opt.connections; c++) {
			sock = connect_to(opt.args[i]);
			NBD_IOCTL(fd, NBD_SET_SOCK, sock);
			if (opt.close_sockets)
				close(sock);
		}
	}
	say("ready");
	while (opt.no_start)
		pause();
	if (ioctl(fd, NBD_DO_IT))
		fprintf(stderr, "nbdtool: NBD_DO_IT: %s\n", strerror(errno));
	if (opt.then) {
		sock = connect_to(opt.then);
		NBD_IOCTL(fd, NBD_SET_SOCK, sock);
		if (opt.close_sockets)
			close(sock);
		say("again");
	}
	while (opt.stay)
		pause();
	if (!opt.no_clear)
		NBD_IOCTL(fd, NBD_CLEAR_SOCK, 0);
	return 0;
}

/* As nbd clients do it on a device that was already started. */
static int cmd_strays(void)
{
	uint64_t n = parse_number(opt.args[1]);
	int fd, sock;

	while (n--) {
		fd = open_device(opt.args[0], O_RDWR);
		sock = connect_to(opt.args[2]);
		NBD_IOCTL(fd, NBD_SET_SOCK, sock);
		if (!ioctl(fd, NBD_DO_IT))
			quit(1, "NBD_DO_IT succeeded");
		if (errno != (opt.never_started ? EINVAL : EBUSY))
			die_errno("NBD_DO_IT");
		NBD_IOCTL(fd, NBD_CLEAR_SOCK, 0);
		close(sock);
		close(fd);
	}
	return 0;
}

static int cmd_set_sock(void)
{
	int fd = open_device(opt.args[0], O_RDWR);
	int sock = connect_to(opt.args[1]);

	say("ready");
	NBD_IOCTL(fd, NBD_SET_SOCK, sock);
	say("set");
	if (!opt.stay)
		return 0;
	close(fd);
	return pause();
}

static atomic_bool close_half;

static void on_usr1(int signal)
{
	(void)signal;
	close_half = true;
}

static int cmd_set_socks(void)
{
	uint64_t first = parse_number(opt.args[0]), last = parse_number(opt.args[1]), i;
	struct rlimit limit = { 1 << 20, 1 << 20 };
	char device[32];
	int *fds;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die_errno("setrlimit");
	signal(SIGUSR1, on_usr1);
	fds = calloc(last - first + 1, sizeof(*fds));
	for (i = first; i <= last; i++) {
		snprintf(device, sizeof(device), "/dev/nbd%" PRIu64, i);
		fds[i - first] = open_device(device, O_RDWR);
		NBD_IOCTL(fds[i - first], NBD_SET_SOCK, connect_to(opt.args[2]));
	}
	say("ready");
	while (!close_half)
		pause();
	for (i = (last - first + 1) / 2; i <= last - first; i++)
		close(fds[i]);
	say("closed");
	for (;;)
		pause();
}

static int cmd_set_size(void)
{
	int fd = open_device(opt.args[0], O_RDWR);

	NBD_IOCTL(fd, NBD_SET_SIZE, parse_number(opt.args[1]));
	return 0;
}

static int cmd_clear(void)
{
	int fd = open_device(opt.args[0], O_RDWR);

	NBD_IOCTL(fd, NBD_CLEAR_SOCK, 0);
	return 0;
}

static int cmd_disconnect(void)
{
	int fd = open_device(opt.args[0], O_RDWR);

	NBD_IOCTL(fd, NBD_DISCONNECT, 0);
	return 0;
}

/* --- clients by netlink ------------------------------------------------- */

/* A generic netlink message under construction, and its answer. */
static struct {
	int fd;
	uint32_t len;
	union {
		struct nlmsghdr head;
		char bytes[8192];
	};
} nl;

static void nl_begin(uint16_t family, uint8_t command, uint8_t version)
{
	struct genlmsghdr *genl = NLMSG_DATA(&nl.head);

	memset(nl.bytes, 0, sizeof(nl.bytes));
	nl.head.nlmsg_type = family;
	nl.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl->cmd = command;
	genl->version = version;
	nl.len = NLMSG_LENGTH(GENL_HDRLEN);
}

/* Returns where the attribute begins, for nl_end_nest(). */
static uint32_t nl_put(uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)(nl.bytes + nl.len);
	uint32_t start = nl.len;

	if (nl.len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(nl.bytes))
		quit(1, "netlink message too long");
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	nl.len += NLA_HDRLEN + NLA_ALIGN(len);
	return start;
}

static void nl_put_u32(uint16_t type, uint32_t value)
{
	nl_put(type, &value, sizeof(value));
}

static void nl_put_u64(uint16_t type, uint64_t value)
{
	nl_put(type, &value, sizeof(value));
}

static void nl_end_nest(uint32_t start)
{
	struct nlattr *attr = (struct nlattr *)(nl.bytes + start);

	attr->nla_len = nl.len - start;
}

/*
 * Sends the message and takes the answers up to the acknowledgment. Returns
 * a copy of the answer's attribute of that type, or NULL.
 */
static struct nlattr *nl_talk(uint16_t wanted)
{
	struct nlattr *attr, *found = NULL;
	struct nlmsghdr *head;
	ssize_t len;
	char *end;

	nl.head.nlmsg_len = nl.len;
	if (send(nl.fd, nl.bytes, nl.len, 0) != nl.len)
		die_errno("netlink send");
	for (;;) {
		len = recv(nl.fd, nl.bytes, sizeof(nl.bytes), 0);
		if (len < 0)
			die_errno("netlink recv");
		for (head = &nl.head; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)NLMSG_DATA(head))->error;
				if (errno)
					die_errno("netlink");
				return found;
			}
			end = (char *)head + head->nlmsg_len;
			attr = (struct nlattr *)((char *)NLMSG_DATA(head) + GENL_HDRLEN);
			while ((char *)attr + NLA_HDRLEN <= end && attr->nla_len) {
				if (attr->nla_type == wanted && !found) {
					found = allocate(attr->nla_len);
					memcpy(found, attr, attr->nla_len);
				}
				attr = (struct nlattr *)((char *)attr +
							 NLA_ALIGN(attr->nla_len));
			}
		}
	}
}

static uint16_t nl_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct nlattr *id;

	nl.fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (nl.fd < 0 || bind(nl.fd, (struct sockaddr *)&addr, sizeof(addr)))
		die_errno("netlink");
	nl_begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	nl_put(CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME, sizeof(NBD_GENL_FAMILY_NAME));
	id = nl_talk(CTRL_ATTR_FAMILY_ID);
	if (!id)
		quit(1, "no netlink family %s", NBD_GENL_FAMILY_NAME);
	return *(uint16_t *)((char *)id + NLA_HDRLEN);
}

/* So many to each address from that argument on. */
static void nl_put_sockets(int first, uint64_t connections)
{
	uint32_t all, item;
	uint64_t c;
	int i;

	all = nl_put(NBD_ATTR_SOCKETS, NULL, 0);
	for (i = first; i < opt.nr_args; i++) {
		for (c = 0; c < connections; c++) {
			item = nl_put(NBD_SOCK_ITEM, NULL, 0);
			nl_put_u32(NBD_SOCK_FD, connect_to(opt.args[i]));
			nl_end_nest(item);
		}
	}
	nl_end_nest(all);
}

static void nl_put_device(void)
{
	nl_put_u32(NBD_ATTR_INDEX, parse_number(opt.args[0]));
	nl_put_u64(NBD_ATTR_SIZE_BYTES, opt.size);
	nl_put_u64(NBD_ATTR_BLOCK_SIZE_BYTES, opt.block);
	nl_put_u64(NBD_ATTR_SERVER_FLAGS, opt.flags);
}

static void nl_put_backend(void)
{
	if (opt.backend)
		nl_put(ATTR_BACKEND, opt.backend, strlen(opt.backend) + 1);
}

static int cmd_nl_connect(void)
{
	uint64_t client_flags = 0;
	struct nlattr *index;

	if (opt.destroy)
		client_flags |= NBD_CFLAG_DESTROY_ON_DISCONNECT;
	if (opt.disconnect_on_close)
		client_flags |= NBD_CFLAG_DISCONNECT_ON_CLOSE;
	nl_begin(nl_open(), NBD_CMD_CONNECT, NBD_GENL_VERSION);
	nl_put_device();
	if (client_flags)
		nl_put_u64(NBD_ATTR_CLIENT_FLAGS, client_flags);
	if (opt.timeout)
		nl_put_u64(NBD_ATTR_TIMEOUT, opt.timeout);
	if (opt.dead_timeout)
		nl_put_u64(NBD_ATTR_DEAD_CONN_TIMEOUT, opt.dead_timeout);
	nl_put_backend();
	nl_put_sockets(1, opt.connections);
	index = nl_talk(NBD_ATTR_INDEX);
	if (!index)
		quit(1, "the answer has no index");
	printf("nbd%" PRIu32 "\n", *(uint32_t *)((char *)index + NLA_HDRLEN));
	return 0;
}

static int cmd_nl_reconfigure(void)
{
	nl_begin(nl_open(), NBD_CMD_RECONFIGURE, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(opt.args[0]));
	nl_put_backend();
	nl_put_sockets(1, opt.connections);
	nl_talk(0);
	return 0;
}

static int cmd_nl_resize(void)
{
	nl_begin(nl_open(), NBD_CMD_RECONFIGURE, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(opt.args[0]));
	nl_put_u64(NBD_ATTR_SIZE_BYTES, parse_number(opt.args[1]));
	nl_talk(0);
	return 0;
}

static int cmd_nl_disconnect(void)
{
	nl_begin(nl_open(), NBD_CMD_DISCONNECT, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(opt.args[0]));
	nl_talk(0);
	return 0;
}

/* A disconnection is over when it is answered, and the device is free then. */
static void nl_turn(uint16_t family, uint64_t connections)
{
	int fd;

	nl_begin(family, NBD_CMD_CONNECT, NBD_GENL_VERSION);
	nl_put_device();
	nl_put_sockets(2, connections);
	nl_talk(0);
	/* Sockets were opened last. */
	for (fd = nl.fd + 1; !close(fd); fd++)
		;
	nl_begin(family, NBD_CMD_DISCONNECT, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(opt.args[0]));
	nl_talk(0);
}

static int cmd_nl_turns(void)
{
	uint64_t turns = parse_number(opt.args[1]);
	uint16_t family = nl_open();

	for (; turns; turns--) {
		nl_turn(family, 1);
		nl_turn(family, opt.connections);
	}
	return 0;
}

/* --- the command line --------------------------------------------------- */

static const struct command {
	const char *name;
	int (*run)(void);
	int min_args;
	int max_args;
	const char *options;
} commands[] = {
	{ "serve", cmd_serve, 1, 1, "rwdai" },
	{ "hold", cmd_hold, 1, 1, "" },
	{ "io", cmd_io, 4, 4, "j" },
	{ "attach", cmd_attach, 2, MAX_ADDRS + 1, "sbftcuCNKHS" },
	{ "strays", cmd_strays, 3, 3, "E" },
	{ "set-sock", cmd_set_sock, 2, 2, "S" },
	{ "set-socks", cmd_set_socks, 3, 3, "" },
	{ "set-size", cmd_set_size, 2, 2, "" },
	{ "clear", cmd_clear, 1, 1, "" },
	{ "disconnect", cmd_disconnect, 1, 1, "" },
	{ "nl-connect", cmd_nl_connect, 2, MAX_ADDRS + 1, "sbftcTBDX" },
	{ "nl-reconfigure", cmd_nl_reconfigure, 2, MAX_ADDRS + 1, "cB" },
	{ "nl-resize", cmd_nl_resize, 2, 2, "" },
	{ "nl-disconnect", cmd_nl_disconnect, 1, 1, "" },
	{ "nl-turns", cmd_nl_turns, 3, 3, "sbfc" },
};

static const struct option long_options[] = {
	{ "stall-reads", no_argument, NULL, 'r' },
	{ "stall-writes", no_argument, NULL, 'w' },
	{ "deaf", no_argument, NULL, 'd' },
	{ "no-accept", no_argument, NULL, 'a' },
	{ "image", required_argument, NULL, 'i' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "size", required_argument, NULL, 's' },
	{ "block", required_argument, NULL, 'b' },
	{ "flags", required_argument, NULL, 'f' },
	{ "timeout", required_argument, NULL, 't' },
	{ "connections", required_argument, NULL, 'c' },
	{ "sndbuf", required_argument, NULL, 'u' },
	{ "close-sockets", no_argument, NULL, 'C' },
	{ "no-start", no_argument, NULL, 'N' },
	{ "no-clear", no_argument, NULL, 'K' },
	{ "never-started", no_argument, NULL, 'E' },
	{ "then", required_argument, NULL, 'H' },
	{ "stay", no_argument, NULL, 'S' },
	{ "dead-timeout", required_argument, NULL, 'T' },
	{ "backend", required_argument, NULL, 'B' },
	{ "destroy", no_argument, NULL, 'D' },
	{ "disconnect-on-close", no_argument, NULL, 'X' },
	{ }
};

static void set_option(int letter)
{
	switch (letter) {
	case 'r':
		opt.stall_reads = 1;
		break;
	case 'w':
		opt.stall_writes = 1;
		break;
	case 'd':
		opt.deaf = 1;
		break;
	case 'a':
		opt.no_accept = 1;
		break;
	case 'i':
		opt.image = optarg;
		break;
	case 'j':
		opt.jobs = parse_number(optarg);
		break;
	case 's':
		opt.size = parse_number(optarg);
		break;
	case 'b':
		opt.block = parse_number(optarg);
		break;
	case 'f':
		opt.flags = parse_number(optarg);
		break;
	case 't':
		opt.timeout = parse_number(optarg);
		break;
	case 'c':
		opt.connections = parse_number(optarg);
		break;
	case 'u':
		opt.sndbuf = parse_number(optarg);
		break;
	case 'C':
		opt.close_sockets = 1;
		break;
	case 'N':
		opt.no_start = 1;
		break;
	case 'K':
		opt.no_clear = 1;
		break;
	case 'E':
		opt.never_started = 1;
		break;
	case 'H':
		opt.then = optarg;
		break;
	case 'S':
		opt.stay = 1;
		break;
	case 'T':
		opt.dead_timeout = parse_number(optarg);
		break;
	case 'B':
		opt.backend = optarg;
		break;
	case 'D':
		opt.destroy = 1;
		break;
	case 'X':
		opt.disconnect_on_close = 1;
		break;
	}
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	bad_usage("no command '%s'; see nbdtool --help", name);
}

int main(int argc, char **argv)
{
	const struct command *command;
	int letter;

	if (argc < 2)
		bad_usage("no command; see nbdtool --help");
	if (!strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	command = find_command(argv[1]);
	argc--;
	argv++;
	opt.connections = 1;
	opt.jobs = 1;
	opt.size = 16 << 20;
	opt.block = 512;
	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (letter == '?')
			return EXIT_USAGE;
		if (!strchr(command->options, letter))
			bad_usage("%s has no such option", command->name);
		set_option(letter);
	}
	opt.args = argv + optind;
	opt.nr_args = argc - optind;
	if (opt.nr_args < command->min_args || opt.nr_args > command->max_args)
		bad_usage("%s: %d arguments; see nbdtool --help", command->name, opt.nr_args);
	return command->run();
}
