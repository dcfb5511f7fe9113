/* SPDX-License-Identifier: GPL-2.0 */
/* Which process of this host is at the other end of a TCP connection. */
#ifndef NBDDIAG_TCP_SERVER_H
#define NBDDIAG_TCP_SERVER_H

#include "host/socket_owners.h"
#include "host/source.h"

/* Of a captured tree: a line "OWN PEER PID" for each process of each connection. */
#define TCP_SERVERS_FILE "tcp-servers"

/**
 * tcp_server_find() - the processes that may be at the other end
 * @own: this end, as nbddiag(4) has it: "tcp:127.0.0.1:45678"
 * @peer: the other end
 * @servers: they are added; nobody if it is on another host, or not known
 *
 * All network namespaces are looked at that a process is in. If several have a
 * connection of the same addresses, who has the end of any of them may be meant.
 */
void tcp_server_find(const struct source *source, const char *own,
		     const char *peer, struct servers *servers);

#endif /* NBDDIAG_TCP_SERVER_H */
