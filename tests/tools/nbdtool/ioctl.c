// SPDX-License-Identifier: GPL-2.0
/* Clients by ioctl, also such as end in the midst of it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <linux/nbd.h>

#include "nbdtool.h"

static void nbd_ioctl(int fd, const char *name, unsigned long request,
		      unsigned long arg)
{
	if (ioctl(fd, request, arg))
		die_errno(name);
}

#define NBD_IOCTL(fd, request, arg) nbd_ioctl(fd, #request, request, arg)

int cmd_attach(void)
{
	int fd = open_or_die(args[0], O_RDWR);
	uint64_t c;
	int i, sock;

	NBD_IOCTL(fd, NBD_SET_BLKSIZE, opt.block);
	NBD_IOCTL(fd, NBD_SET_SIZE, opt.size);
	if (opt.flags)
		NBD_IOCTL(fd, NBD_SET_FLAGS, opt.flags);
	if (opt.timeout)
		NBD_IOCTL(fd, NBD_SET_TIMEOUT, opt.timeout);
	for (i = 1; i < nr_args; i++) {
		for (c = 0; c < opt.connections; c++) {
			sock = connect_to(args[i]);
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
int cmd_strays(void)
{
	uint64_t n = parse_number(args[1]);
	int fd, sock;

	while (n--) {
		fd = open_or_die(args[0], O_RDWR);
		sock = connect_to(args[2]);
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

int cmd_set_sock(void)
{
	int fd = open_or_die(args[0], O_RDWR);
	int sock = connect_to(args[1]);

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

int cmd_set_socks(void)
{
	uint64_t first = parse_number(args[0]), last = parse_number(args[1]), i;
	struct rlimit limit = { 1 << 20, 1 << 20 };
	char device[32];
	int *fds;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die_errno("setrlimit");
	signal(SIGUSR1, on_usr1);
	fds = calloc(last - first + 1, sizeof(*fds));
	for (i = first; i <= last; i++) {
		snprintf(device, sizeof(device), "/dev/nbd%" PRIu64, i);
		fds[i - first] = open_or_die(device, O_RDWR);
		NBD_IOCTL(fds[i - first], NBD_SET_SOCK, connect_to(args[2]));
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

int cmd_set_size(void)
{
	int fd = open_or_die(args[0], O_RDWR);

	NBD_IOCTL(fd, NBD_SET_SIZE, parse_number(args[1]));
	return 0;
}

int cmd_clear(void)
{
	int fd = open_or_die(args[0], O_RDWR);

	NBD_IOCTL(fd, NBD_CLEAR_SOCK, 0);
	return 0;
}

int cmd_disconnect(void)
{
	int fd = open_or_die(args[0], O_RDWR);

	NBD_IOCTL(fd, NBD_DISCONNECT, 0);
	return 0;
}
