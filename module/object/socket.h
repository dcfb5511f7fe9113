/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What nbd's sockets are connected to, and who is there. @nsock is the address
 * of a struct nbd_sock everywhere, and not trusted.
 */
#ifndef NBDDIAG_SOCKET_H
#define NBDDIAG_SOCKET_H

#include <linux/un.h>

#include "access/known.h"
#include "access/task.h"

struct socket;

enum addr_kind {
	ADDR_UNKNOWN,
	ADDR_UNNAMED,		/* unix, not bound */
	ADDR_PATH,
	ADDR_ABSTRACT,		/* name without its leading NUL */
	ADDR_INET,		/* 4 bytes of address, then 2 of port */
	ADDR_INET6,		/* 16 bytes, then 2; network byte order */
};

struct addr_snap {
	u8 kind;
	u8 len;
	u8 bytes[sizeof_field(struct sockaddr_un, sun_path)];
};

/* How the other end is. */
enum peer_there {
	PEER_UNKNOWN,
	PEER_EXISTS,
	PEER_CLOSED,
	PEER_UNACCEPTED,
};

/* Of a recorded pid only what a line shows; there may be 65536 of them. */
struct pid_snap {
	enum task_found found;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct socket_snap - one struct nbd_sock and its socket at one moment
 * @dead: nbd's mark
 * @cookie: how often the connection was replaced
 * @fallback: index of the socket to use instead, -1: none
 * @pending: a request is half sent
 * @sent: how many bytes of it
 * @sending: somebody holds its tx_lock
 * @why_no_socket: NULL, or why the rest is not filled
 * @family: AF_*
 * @type: SOCK_*
 * @protocol: IPPROTO_*, 0 for unix
 * @state: TCP_*
 * @shutdown: RCV_SHUTDOWN | SEND_SHUTDOWN
 * @file_refs: references on the file; 1: only nbd has it
 * @inode: its inode number
 * @own: address of nbd's end
 * @peer: address of the other end
 * @there: how the other end is
 * @peer_pid: recorded at nbd's end for the other one
 * @own_pid: recorded at the other end for nbd's
 * @unread: bytes received and not read by nbd
 * @unsent: bytes that the other end has not read or acknowledged
 */
struct socket_snap {
	struct known dead;
	struct known cookie;
	struct known fallback;
	struct known pending;
	struct known sent;
	struct known sending;

	const char *why_no_socket;
	u16 family;
	u16 type;
	u16 protocol;
	u8 state;
	u8 shutdown;
	long file_refs;
	unsigned long inode;
	struct addr_snap own;
	struct addr_snap peer;
	enum peer_there there;
	struct pid_snap peer_pid;
	struct pid_snap own_pid;
	struct known unread;
	struct known unsent;
};

/*
 * Copy what there is to know about one connection.
 *
 * Context: any; does not sleep, takes no lock of a socket and no reference.
 * The facts hold together if the caller has config_lock, which keeps the
 * socket.
 */
void socket_snap_take(struct socket_snap *snap, const void *nsock);

/* Is it marked dead by nbd? */
enum tristate socket_is_dead(const void *nsock);

/*
 * Only the references on the file.
 *
 * Return: number of references, -1 if not known.
 */
long socket_file_refs(const void *nsock);

/*
 * The same, and the name of the other end.
 *
 * @peer: filled as by socket_snap_take(); ADDR_UNKNOWN if it has none
 */
long socket_file_refs_and_peer(struct addr_snap *peer, const void *nsock);

/*
 * Does anybody hold its tx_lock?
 *
 * A sender holds it for as long as it waits for room in the socket.
 */
enum tristate socket_is_sending(const void *nsock);

/*
 * Does a worker still send a request that is half sent?
 *
 * Such a worker (7.2) reads @pending without tx_lock, and when it gives up it
 * leaves it set. Only the request's own flag tells whether it is there.
 *
 * Context: exact for a caller who holds the socket's tx_lock.
 */
bool socket_has_worker(const void *nsock);

/*
 * Might a sender wait for ever for room in the socket?
 *
 * Return: false only if it is shut down and nobody is sending on it or about
 * to.
 */
bool socket_can_block(const void *nsock);

/*
 * The socket behind a struct nbd_sock.
 *
 * Context: the caller holds config_lock, which keeps the socket.
 * Return: the socket, or NULL if it is not certain that it is a stream
 * socket of unix or TCP.
 */
struct socket *socket_of(const void *nsock);

/*
 * What tells a connection from any other one.
 *
 * @inode: set to the inode number of the socket
 * @cookie: set to how often the connection was replaced
 *
 * Return: true if both could be read.
 */
bool socket_identity(unsigned long *inode, int *cookie, const void *nsock);

#endif /* NBDDIAG_SOCKET_H */
