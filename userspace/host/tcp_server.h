/* SPDX-License-Identifier: GPL-2.0 */
/* Which process of this host is at the other end of a TCP connection. */
#ifndef NBDDIAG_TCP_SERVER_H
#define NBDDIAG_TCP_SERVER_H

#include <sys/types.h>

#include "host/source.h"

/* Of a captured tree: a line "OWN PEER PID" for each connection. */
#define TCP_SERVERS_FILE "tcp-servers"

/**
 * tcp_server_find() - the process at the other end
 * @own: this end, as nbddiag(4) has it: "tcp:127.0.0.1:45678"
 * @peer: the other end
 *
 * This network namespace is looked at first, then all others that a process is in;
 * once for all connections that are asked for within some seconds.
 *
 * Return: the process; of several the last, as a server's child comes after it. 0
 * if it is on another host, or not known; also if several of the other namespaces have
 * a connection of the same addresses.
 */
pid_t tcp_server_find(const struct source *source, const char *own,
		      const char *peer);

#endif /* NBDDIAG_TCP_SERVER_H */
