/* SPDX-License-Identifier: GPL-2.0 */
/* nbd's own way to end a connection, NBD_CMD_DISCONNECT over netlink. */
#ifndef NBDDIAG_NETLINK_H
#define NBDDIAG_NETLINK_H

#include <stdbool.h>
#include <sys/types.h>

/* For so long it is waited for the kernel, twice. */
#define NETLINK_PATIENCE_S 5

enum netlink_result {
	NETLINK_DONE,
	NETLINK_FAILED,		/* nothing was sent, or nbd refused it */
	NETLINK_STOPPED,	/* nothing was sent, as @go_on said */
	NETLINK_HANGS,		/* nothing was sent, and nothing will be */
	NETLINK_HANGS_SENT,	/* it may be carried out at any time */
};

/**
 * struct netlink_outcome - what came of it
 * @result: whether it was done
 * @error: why not, in words; "" if that is not known
 * @pid: the process that hangs, which is left alone
 */
struct netlink_outcome {
	enum netlink_result result;
	char error[128];
	pid_t pid;
};

/**
 * netlink_disconnect() - disconnect a device
 * @index: the device's number in nbd
 * @go_on: called when all is ready to be sent; false: it is not sent
 * @data: for @go_on
 *
 * A process of its own does it, as genetlink can hang in the kernel behind
 * anybody else's command; it is never waited for longer than said above.
 */
void netlink_disconnect(struct netlink_outcome *outcome, unsigned int index,
			bool (*go_on)(void *data), void *data);

#endif /* NBDDIAG_NETLINK_H */
