/* SPDX-License-Identifier: GPL-2.0 */
/* What nbd's sockets are connected to, and who is there. */
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

/**
 * socket_snap_take() - copy what there is to know about one connection
 * @snap: filled
 * @nsock: address of the struct nbd_sock, not trusted
 *
 * Context: any; does not sleep, takes no lock of a socket and no reference.
 * The facts hold together if the caller has config_lock, which keeps the
 * socket.
 */
void socket_snap_take(struct socket_snap *snap, const void *nsock);

/**
 * socket_is_dead() - only nbd's mark
 * @nsock: address of the struct nbd_sock, not trusted
 */
enum tristate socket_is_dead(const void *nsock);

/**
 * socket_file_refs() - only the references on the file
 * @nsock: address of the struct nbd_sock, not trusted
 *
 * Return: number of references, -1 if not known.
 */
long socket_file_refs(const void *nsock);

/**
 * socket_is_sending() - does anybody hold its tx_lock?
 * @nsock: address of the struct nbd_sock, not trusted
 *
 * A sender holds it for as long as it waits for room in the socket.
 */
enum tristate socket_is_sending(const void *nsock);

/**
 * socket_has_worker() - does a worker still send a request that is half sent?
 * @nsock: address of the struct nbd_sock, not trusted
 *
 * Such a worker (7.2) reads @pending without tx_lock, and when it gives up it
 * leaves it set. Only the request's own flag tells whether it is there.
 *
 * Context: exact for a caller who holds the socket's tx_lock.
 */
bool socket_has_worker(const void *nsock);

/**
 * socket_can_block() - might a sender wait for ever for room in the socket?
 * @nsock: address of the struct nbd_sock, not trusted
 *
 * Return: false only if it is shut down and nobody is sending on it or about
 * to.
 */
bool socket_can_block(const void *nsock);

/**
 * socket_of() - the socket behind a struct nbd_sock
 * @nsock: address of the struct nbd_sock, not trusted
 *
 * Context: the caller holds config_lock, which keeps the socket.
 * Return: the socket, or NULL if it is not certain that it is a stream
 * socket of unix or TCP.
 */
struct socket *socket_of(const void *nsock);

/**
 * socket_identity() - what tells a connection from any other one
 * @inode: set to the inode number of the socket
 * @cookie: set to how often the connection was replaced
 * @nsock: address of the struct nbd_sock, not trusted
 *
 * Return: true if both could be read.
 */
bool socket_identity(unsigned long *inode, int *cookie, const void *nsock);

#endif /* NBDDIAG_SOCKET_H */
