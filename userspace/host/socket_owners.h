/* SPDX-License-Identifier: GPL-2.0 */
/* Which processes of this host have a socket. */
#ifndef NBDDIAG_SOCKET_OWNERS_H
#define NBDDIAG_SOCKET_OWNERS_H

#include <stddef.h>
#include <sys/types.h>

#include "host/source.h"

/* For so long what was read of sockets is taken for true. */
#define SOCKETS_FRESH_S 3

/**
 * struct servers - processes that have one end of a connection open
 * @pid: they, each once
 * @nr: how many
 */
struct servers {
	pid_t *pid;
	size_t nr;
};

/* Add a process, if it is not there yet. */
void servers_add(struct servers *servers, pid_t pid);

void servers_free(struct servers *servers);

/**
 * socket_owners_add() - add the processes that have a socket open
 * @source: the live host
 * @inode: of the socket
 *
 * One that hangs in execve(2) may be missing.
 */
void socket_owners_add(const struct source *source, unsigned long inode,
		       struct servers *servers);

#endif /* NBDDIAG_SOCKET_OWNERS_H */
