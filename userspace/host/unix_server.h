/* SPDX-License-Identifier: GPL-2.0 */
/* Which process of this host is at the other end of a unix connection. */
#ifndef NBDDIAG_UNIX_SERVER_H
#define NBDDIAG_UNIX_SERVER_H

#include <stdbool.h>

#include "host/socket_owners.h"
#include "host/source.h"

/* Of a captured tree: a line "INODE PID" for each process, with 0 if there is none. */
#define UNIX_SERVERS_FILE "unix-servers"

/**
 * unix_server_find() - the processes that have the other end open
 * @inode: of this end's socket
 * @servers: they are added
 *
 * The process that called listen(2), which the kernel has recorded, is not asked: it
 * may have passed the connection on, or was a parent of the server.
 *
 * Return: false if it is not known which socket the other end is: it is not in this
 * network namespace, has not been accepted, or the kernel does not tell.
 */
bool unix_server_find(const struct source *source, unsigned long inode,
		      struct servers *servers);

#endif /* NBDDIAG_UNIX_SERVER_H */
