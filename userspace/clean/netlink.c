// SPDX-License-Identifier: GPL-2.0
/*
 * Disconnects a device over netlink, in a process of its own. That one finds
 * out nbd's number in genetlink and says "ready"; it sends the command when it
 * is told to, and says what came of it. If it hangs meanwhile, it is killed,
 * so that it sends nothing afterwards, but not waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd-netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "clean/netlink.h"

#define FDS_AT_MOST 65536

/* What the other process says: an error of libnl, 0 if there is none. */
struct news {
	int error;
};

/* ---- the other process ---- */

/* Return: 0, or an error of libnl. */
static int make_ready(struct nl_sock **sock, int *family)
{
	int err;

	*sock = nl_socket_alloc();
	if (!*sock)
		return -NLE_NOMEM;
	err = genl_connect(*sock);
	if (err < 0)
		return err;
	*family = genl_ctrl_resolve(*sock, NBD_GENL_FAMILY_NAME);
	return *family < 0 ? *family : 0;
}

static int send_disconnect(struct nl_sock *sock, int family, unsigned int index)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0,
				 NBD_CMD_DISCONNECT, NBD_GENL_VERSION) ||
	    nla_put_u32(msg, NBD_ATTR_INDEX, index) < 0)
		return -NLE_NOMEM;
	return nl_send_sync(sock, msg);
}

/*
 * It may hang for ever, so it must keep nobody waiting: neither who reads our
 * output, nor who wants to unmount the current directory.
 */
static void let_go_of_all(int keep)
{
	long nr = sysconf(_SC_OPEN_MAX), fd;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (fd = 0; fd < 3; fd++)
		if (null >= 0)
			dup2(null, fd);
	if (nr < 0 || nr > FDS_AT_MOST)
		nr = FDS_AT_MOST;
	for (fd = 3; fd < nr; fd++)
		if (fd != keep)
			close(fd);
	if (chdir("/"))
		return;
	prctl(PR_SET_NAME, "nbddiag-netlink");
}

static bool send_news(int fd, int error)
{
	struct news news = { .error = error };

	return send(fd, &news, sizeof(news), MSG_NOSIGNAL) == sizeof(news);
}

__attribute__((noreturn))
static void disconnect_and_exit(int fd, unsigned int index)
{
	struct nl_sock *sock;
	int err, family;
	char go;

	let_go_of_all(fd);
	err = make_ready(&sock, &family);
	if (send_news(fd, err) && !err && recv(fd, &go, 1, 0) == 1)
		send_news(fd, send_disconnect(sock, family, index));
	_exit(0);
}

/* ---- this process ---- */

/* Return: 1 with news, 0 if the time is over, -1 if it ended without. */
static int wait_for_news(int fd, struct news *news)
{
	double end = clock_seconds() + NETLINK_PATIENCE_S, left;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int nr;

	do {
		left = end - clock_seconds();
		nr = poll(&poll_fd, 1, left > 0 ? left * 1000 : 0);
	} while (nr < 0 && errno == EINTR);
	if (nr <= 0)
		return nr;
	return recv(fd, news, sizeof(*news), 0) == sizeof(*news) ? 1 : -1;
}

/* Return: did it go well? If not, @outcome says what happened. */
static bool receive_news(struct netlink_outcome *outcome, int fd,
			 enum netlink_result if_hung)
{
	struct news news;
	int heard = wait_for_news(fd, &news);

	outcome->result = heard ? NETLINK_FAILED : if_hung;
	if (heard < 0)
		snprintf(outcome->error, sizeof(outcome->error),
			 "the process that was to do it has ended");
	else if (heard && news.error)
		snprintf(outcome->error, sizeof(outcome->error), "%s",
			 nl_geterror(news.error));
	return heard > 0 && !news.error;
}

static void direct_child(struct netlink_outcome *outcome, int fd,
			 bool (*go_on)(void *data), void *data)
{
	if (!receive_news(outcome, fd, NETLINK_HANGS))
		return;
	outcome->result = NETLINK_STOPPED;
	if (!go_on(data))
		return;
	if (send(fd, "g", 1, MSG_NOSIGNAL) != 1)
		outcome->result = NETLINK_FAILED;
	else if (receive_news(outcome, fd, NETLINK_HANGS_SENT))
		outcome->result = NETLINK_DONE;
}

void netlink_disconnect(struct netlink_outcome *outcome, unsigned int index,
			bool (*go_on)(void *data), void *data)
{
	int fds[2];

	memset(outcome, 0, sizeof(*outcome));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		fail(EXIT_SYSTEM, "cannot make a socket: %s", strerror(errno));
	outcome->pid = fork();
	if (outcome->pid < 0)
		fail(EXIT_SYSTEM, "cannot start a process: %s", strerror(errno));
	if (!outcome->pid) {
		close(fds[0]);
		disconnect_and_exit(fds[1], index);
	}
	close(fds[1]);
	direct_child(outcome, fds[0], go_on, data);
	close(fds[0]);
	if (outcome->result == NETLINK_HANGS ||
	    outcome->result == NETLINK_HANGS_SENT)
		kill(outcome->pid, SIGKILL);
	else
		waitpid(outcome->pid, NULL, 0);
}
