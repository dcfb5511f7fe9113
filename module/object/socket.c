// SPDX-License-Identifier: GPL-2.0
/*
 * A socket's addresses, its peer and who is there. Everything is copied by
 * peek(), with and without nbd's lock: no lock of a socket is taken, for a
 * stuck sender may hold it, and no reference.
 */
#include <linux/blk-mq.h>
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/af_unix.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "access/lock.h"
#include "layout/layout.h"
#include "object/socket.h"

/* A bit of nbd_cmd.flags: in 7.2, not yet in 6.12. */
#define CMD_PARTIAL_SEND 3

/* More buffers than fit into a socket's memory: the chain is not one. */
#define MAX_QUEUE 65536

/* The socket and file behind a struct nbd_sock, proved to belong together. */
struct found_socket {
	struct socket sock;
	struct file file;
};

static const char *find_socket(struct found_socket *found, const void *nsock)
{
	const struct socket *sock;
	struct inode *inode;
	umode_t mode;

	if (layout_status_of(LM_NBD_SOCK_SOCK) != LAYOUT_OK)
		return layout_status_text(layout_status_of(LM_NBD_SOCK_SOCK));
	if (!layout_get(&sock, nsock, LM_NBD_SOCK_SOCK))
		return "unreadable";
	if (!sock)
		return "no-socket";
	if (!peek(&found->sock, sock) || !peek(&found->file, found->sock.file))
		return "unreadable";

	inode = found->file.f_inode;
	if (found->file.private_data != sock || !peek(&mode, &inode->i_mode) ||
	    !S_ISSOCK(mode))
		return "not-a-socket";
	return NULL;
}

/* ---- unix ---- */

static void unix_name(struct addr_snap *snap, const struct unix_sock *u)
{
	struct unix_address *addr, head;
	int len;

	snap->kind = ADDR_UNKNOWN;
	if (!peek(&addr, &u->addr))
		return;
	if (!addr) {
		snap->kind = ADDR_UNNAMED;
		return;
	}
	if (!peek(&head, addr))
		return;
	len = head.len - (int)sizeof(sa_family_t);
	/* The kernel counts a NUL that it puts after the longest path. */
	if (len == sizeof(snap->bytes) + 1)
		len--;
	if (len < 0 || len > (int)sizeof(snap->bytes) ||
	    !peek_bytes(snap->bytes, addr->name[0].sun_path, len))
		return;

	if (!len) {
		snap->kind = ADDR_UNNAMED;
	} else if (!snap->bytes[0]) {
		snap->kind = ADDR_ABSTRACT;
		snap->len = len - 1;
		memmove(snap->bytes, snap->bytes + 1, snap->len);
	} else {
		snap->kind = ADDR_PATH;
		snap->len = strnlen(snap->bytes, len);
	}
}

/* Bytes in a receive queue which the reader has not taken. */
static struct known unix_unread(const struct sock *sk)
{
#if defined(HAVE_UNIX_INQ_LEN)
	int len;

	if (!peek(&len, &((const struct unix_sock *)sk)->inq_len))
		len = -1;
	return known_count(len);
#elif defined(HAVE_UNIXCB)
	const struct sk_buff *head = (void *)&sk->sk_receive_queue;
	const struct sk_buff *skb;
	unsigned int len, i;
	u32 consumed;
	s64 sum = 0;

	if (!peek(&skb, &head->next))
		return known_count(-1);
	for (i = 0; i < MAX_QUEUE; i++) {
		if (skb == head)
			return known_count(sum);
		if (!peek(&len, &skb->len) ||
		    !peek(&consumed, &UNIXCB(skb).consumed) ||
		    !peek(&skb, &skb->next))
			break;
		sum += (s64)len - consumed;
	}
	return known_count(-1);
#else
	return known_count(-1);
#endif
}

static enum peer_there unix_peer_there(const struct sock *peer)
{
	struct socket *socket;
	unsigned long flags;

	if (!peek(&flags, &peer->sk_flags) || !peek(&socket, &peer->sk_socket))
		return PEER_UNKNOWN;
	if (flags & BIT(SOCK_DEAD))
		return PEER_CLOSED;
	return socket ? PEER_EXISTS : PEER_UNACCEPTED;
}

static void snap_recorded_pid(struct pid_snap *snap, const struct sock *sk)
{
	struct task_snap task;
	struct pid *pid;

	if (!peek(&pid, &sk->sk_peer_pid)) {
		snap->found = TASK_UNREADABLE;
		return;
	}
	task_snap_pid(&task, pid);
	snap->found = task.found;
	snap->pid = task.pid;
	strscpy(snap->comm, task.comm, sizeof(snap->comm));
}

/*
 * The peer of a stream socket is set once and kept until our own end is
 * released, so it may be read without the locks of either end.
 */
static void snap_unix(struct socket_snap *snap, const struct sock *sk)
{
	const struct unix_sock *u = (const struct unix_sock *)sk;
	const struct sock *peer;

	unix_name(&snap->own, u);
	snap_recorded_pid(&snap->peer_pid, sk);
	snap->unread = unix_unread(sk);

	if (!peek(&peer, &u->peer) || !peer)
		return;
	unix_name(&snap->peer, (const struct unix_sock *)peer);
	snap->there = unix_peer_there(peer);
	snap_recorded_pid(&snap->own_pid, peer);
	if (snap->there != PEER_CLOSED)
		snap->unsent = unix_unread(peer);
}

/* ---- TCP ---- */

static void inet_name(struct addr_snap *snap, enum addr_kind kind,
		      const void *addr, const __be16 *port)
{
	size_t len = kind == ADDR_INET ? 4 : 16;

	snap->kind = ADDR_UNKNOWN;
	if (!peek_bytes(snap->bytes, addr, len) ||
	    !peek_bytes(snap->bytes + len, port, sizeof(*port)))
		return;
	snap->kind = kind;
	snap->len = len + sizeof(*port);
}

static enum peer_there tcp_peer_there(u8 state)
{
	switch (state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		return PEER_EXISTS;
	case TCP_CLOSE:
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
	case TCP_CLOSING:
	case TCP_TIME_WAIT:
		return PEER_CLOSED;
	default:
		return PEER_UNKNOWN;
	}
}

static void snap_tcp_queues(struct socket_snap *snap, const struct tcp_sock *tp)
{
	u32 received, read, written, acknowledged;

	if (peek(&received, &tp->rcv_nxt) && peek(&read, &tp->copied_seq))
		snap->unread = known_value(received - read);
	if (peek(&written, &tp->write_seq) && peek(&acknowledged, &tp->snd_una))
		snap->unsent = known_value(written - acknowledged);
	/* A FIN, the peer's or ours, takes a sequence number of its own. */
	if (snap->there == PEER_CLOSED && snap->unread.value > 0)
		snap->unread.value--;
	if ((snap->shutdown & SEND_SHUTDOWN) && snap->unsent.value > 0)
		snap->unsent.value--;
}

static void inet_peer_name(struct addr_snap *peer, const struct sock *sk, bool v6)
{
	if (!v6)
		inet_name(peer, ADDR_INET, &sk->sk_daddr, &sk->sk_dport);
#if IS_ENABLED(CONFIG_IPV6)
	else
		inet_name(peer, ADDR_INET6, &sk->sk_v6_daddr, &sk->sk_dport);
#endif
}

static void snap_inet(struct socket_snap *snap, const struct sock *sk)
{
	const struct inet_sock *inet = (const struct inet_sock *)sk;
	bool v6 = snap->family == AF_INET6;

	if (!v6)
		inet_name(&snap->own, ADDR_INET, &inet->inet_rcv_saddr,
			  &inet->inet_sport);
#if IS_ENABLED(CONFIG_IPV6)
	else
		inet_name(&snap->own, ADDR_INET6, &sk->sk_v6_rcv_saddr,
			  &inet->inet_sport);
#endif
	inet_peer_name(&snap->peer, sk, v6);
	if (snap->protocol != IPPROTO_TCP)
		return;
	snap->there = tcp_peer_there(snap->state);
	snap_tcp_queues(snap, (const struct tcp_sock *)sk);
}

/* ---- all ---- */

static void peer_name(struct addr_snap *name, const struct sock *sk)
{
	const struct sock *peer;
	u16 family;

	if (!peek(&family, &sk->sk_family))
		return;
	if (family == AF_INET || family == AF_INET6)
		inet_peer_name(name, sk, family == AF_INET6);
	else if (family == AF_UNIX &&
		 peek(&peer, &((const struct unix_sock *)sk)->peer) && peer)
		unix_name(name, (const struct unix_sock *)peer);
}

static bool snap_sock(struct socket_snap *snap, const struct sock *sk)
{
	if (!peek(&snap->family, &sk->sk_family) ||
	    !peek(&snap->type, &sk->sk_type) ||
	    !peek(&snap->protocol, &sk->sk_protocol) ||
	    !peek(&snap->state, (const u8 *)&sk->sk_state) ||
	    !peek(&snap->shutdown, &sk->sk_shutdown))
		return false;

	if (snap->family == AF_UNIX)
		snap_unix(snap, sk);
	else if (snap->family == AF_INET || snap->family == AF_INET6)
		snap_inet(snap, sk);
	return true;
}

static void snap_nsock(struct socket_snap *snap, const void *nsock)
{
	enum tristate sending = socket_is_sending(nsock);

	snap->dead = layout_truth(nsock, LM_NBD_SOCK_DEAD);
	snap->cookie = layout_count(nsock, LM_NBD_SOCK_COOKIE);
	snap->fallback = layout_signed(nsock, LM_NBD_SOCK_FALLBACK_INDEX);
	snap->sent = layout_count(nsock, LM_NBD_SOCK_SENT);
	snap->pending = layout_truth(nsock, LM_NBD_SOCK_PENDING);
	snap->sending = sending == UNKNOWN ?
		known_not(layout_why(LM_NBD_SOCK_TX_LOCK)) :
		known_value(sending);
}

void socket_snap_take(struct socket_snap *snap, const void *nsock)
{
	struct found_socket found;
	struct inode *inode;

	memset(snap, 0, sizeof(*snap));
	snap->unread = known_count(-1);
	snap->unsent = known_count(-1);
	snap->file_refs = -1;
	snap_nsock(snap, nsock);

	snap->why_no_socket = find_socket(&found, nsock);
	if (snap->why_no_socket)
		return;
	snap->file_refs = file_count(&found.file);
	inode = found.file.f_inode;
	if (!peek(&snap->inode, &inode->i_ino) ||
	    !snap_sock(snap, found.sock.sk))
		snap->why_no_socket = "unreadable";
	if (snap->unsent.why_not && snap->there == PEER_CLOSED)
		snap->unsent = known_not("peer-closed");
}

enum tristate socket_is_dead(const void *nsock)
{
	return layout_truth(nsock, LM_NBD_SOCK_DEAD).value;
}

long socket_file_refs(const void *nsock)
{
	struct found_socket found;

	if (find_socket(&found, nsock))
		return -1;
	return file_count(&found.file);
}

long socket_file_refs_and_peer(struct addr_snap *peer, const void *nsock)
{
	struct found_socket found;

	memset(peer, 0, sizeof(*peer));
	if (find_socket(&found, nsock))
		return -1;
	peer_name(peer, found.sock.sk);
	return file_count(&found.file);
}

enum tristate socket_is_sending(const void *nsock)
{
	const void *tx_lock, *owner;

	if (layout_status_of(LM_NBD_SOCK_TX_LOCK) != LAYOUT_OK ||
	    !nsock)
		return UNKNOWN;
	tx_lock = layout_at(nsock, LM_NBD_SOCK_TX_LOCK);
	if (!lock_owner(&owner, tx_lock))
		return UNKNOWN;
	return owner && !lock_is_readers(tx_lock, owner) ? YES : NO;
}

bool socket_identity(unsigned long *inode, int *cookie, const void *nsock)
{
	struct found_socket found;

	return !find_socket(&found, nsock) &&
	       peek(inode, &found.file.f_inode->i_ino) &&
	       layout_get(cookie, nsock, LM_NBD_SOCK_COOKIE);
}

bool socket_has_worker(const void *nsock)
{
	const struct request *pending;
	unsigned long flags;

	if (!layout_get(&pending, nsock, LM_NBD_SOCK_PENDING))
		return true;
	return pending &&
	       (!layout_get(&flags, pending + 1, LM_NBD_CMD_FLAGS) ||
		flags & BIT(CMD_PARTIAL_SEND));
}

bool socket_can_block(const void *nsock)
{
	struct found_socket found;
	u8 shutdown;

	if (socket_is_sending(nsock) != NO || socket_has_worker(nsock) ||
	    find_socket(&found, nsock) ||
	    !peek(&shutdown, &found.sock.sk->sk_shutdown))
		return true;
	return !(shutdown & SEND_SHUTDOWN);
}

struct socket *socket_of(const void *nsock)
{
	struct found_socket found;
	struct socket *sock;
	u16 family, type;

	if (find_socket(&found, nsock) ||
	    !peek(&family, &found.sock.sk->sk_family) ||
	    !peek(&type, &found.sock.sk->sk_type) || type != SOCK_STREAM ||
	    (family != AF_UNIX && family != AF_INET && family != AF_INET6) ||
	    !layout_get(&sock, nsock, LM_NBD_SOCK_SOCK))
		return NULL;
	return sock;
}
