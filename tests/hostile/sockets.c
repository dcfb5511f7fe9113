// SPDX-License-Identifier: GPL-2.0
/*
 * A forged connection that passes for a real one, and then the same with each of
 * its pointers bad: what hangs on that pointer is unknown, the rest is not.
 */
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/af_unix.h>
#include <net/sock.h>

#include "object/socket.h"

#include "hostile.h"

#define PATH "/run/forged"

struct forged {
	u8 nsock[512];
	struct socket socket;
	struct file file;
	struct inode inode;
	union {
		struct unix_sock unix_sock;
		struct tcp_sock tcp;
	} own;
	struct unix_sock peer;
	struct sk_buff skb;
	struct {
		struct unix_address head;
		char path[64];
	} name;
};

static void forge_name(struct forged *f)
{
	struct unix_address *addr = &f->name.head;

	addr->len = sizeof(sa_family_t) + sizeof(PATH);
	addr->name[0].sun_family = AF_UNIX;
	memcpy(addr->name[0].sun_path, PATH, sizeof(PATH));
}

static void forge_queue(struct sock *sk)
{
	struct sk_buff *head = (struct sk_buff *)&sk->sk_receive_queue;

	head->next = head;
	head->prev = head;
}

static void forge_socket(struct forged *f)
{
	struct sock *sk = &f->own.unix_sock.sk;

	memset(f, 0, sizeof(*f));
	forge(f->nsock, LM_NBD_SOCK_SOCK, (void *)&f->socket);
	f->socket.file = &f->file;
	f->socket.sk = sk;
	f->file.private_data = &f->socket;
	f->file.f_inode = &f->inode;
	f->inode.i_mode = S_IFSOCK;
	f->inode.i_ino = 4711;
	sk->sk_family = AF_UNIX;
	sk->sk_type = SOCK_STREAM;
	sk->sk_socket = &f->socket;
	f->own.unix_sock.peer = &f->peer.sk;
	forge_queue(sk);
	forge_name(f);
	f->peer.addr = &f->name.head;
	f->peer.sk.sk_socket = &f->socket;
	forge_queue(&f->peer.sk);
}

static bool is_whole(const struct socket_snap *s)
{
	return !s->why_no_socket && s->dead.value == NO && s->pending.value == NO &&
	       s->sending.value == NO && s->family == AF_UNIX && s->inode == 4711 &&
	       s->own.kind == ADDR_UNNAMED && s->peer.kind == ADDR_PATH &&
	       s->peer.len == strlen(PATH) && s->there == PEER_EXISTS &&
	       s->peer_pid.found == TASK_NONE && !s->unread.value && !s->unsent.value;
}

/* ---- each pointer in turn, and what must become unknown by it ---- */

static bool no_socket(const struct socket_snap *s)
{
	return s->why_no_socket;
}

static bool no_own_name(const struct socket_snap *s)
{
	return !s->why_no_socket && s->own.kind == ADDR_UNKNOWN &&
	       s->peer.kind == ADDR_PATH;
}

static bool no_peer(const struct socket_snap *s)
{
	return !s->why_no_socket && s->peer.kind == ADDR_UNKNOWN &&
	       s->there == PEER_UNKNOWN && s->unsent.why_not;
}

static bool no_peer_name(const struct socket_snap *s)
{
	return !s->why_no_socket && s->peer.kind == ADDR_UNKNOWN &&
	       s->there == PEER_EXISTS;
}

static bool no_pid(const struct socket_snap *s)
{
	return s->peer_pid.found == TASK_UNREADABLE && !s->unread.value;
}

#ifdef HAVE_UNIX_INQ_LEN
/* The queue is not walked there. */
static bool no_queue(const struct socket_snap *s)
{
	return !s->unread.why_not;
}
#else
static bool no_queue(const struct socket_snap *s)
{
	return s->unread.why_not && s->peer.kind == ADDR_PATH;
}
#endif

static const struct {
	const char *name;
	size_t offset;
	bool (*unknown)(const struct socket_snap *s);
} slots[] = {
	{ "socket.file", offsetof(struct forged, socket.file), no_socket },
	{ "socket.sk", offsetof(struct forged, socket.sk), no_socket },
	{ "file.private_data", offsetof(struct forged, file.private_data),
		no_socket },
	{ "file.f_inode", offsetof(struct forged, file.f_inode), no_socket },
	{ "unix_sock.addr", offsetof(struct forged, own.unix_sock.addr),
		no_own_name },
	{ "unix_sock.peer", offsetof(struct forged, own.unix_sock.peer),
		no_peer },
	{ "sock.sk_peer_pid",
		offsetof(struct forged, own.unix_sock.sk.sk_peer_pid), no_pid },
	{ "sock.sk_receive_queue",
		offsetof(struct forged, own.unix_sock.sk.sk_receive_queue),
		no_queue },
	{ "peer.addr", offsetof(struct forged, peer.addr), no_peer_name },
};

static bool is_expected(unsigned int i, const struct bad_pointer *pointer,
			const struct socket_snap *s)
{
	/* NULL often means that there is none. */
	return pointer->readable || !pointer->address || slots[i].unknown(s);
}

static void test_slot(struct verdicts *v, struct forged *f,
		      struct socket_snap *s, unsigned int i)
{
	unsigned int j, wrong = 0;

	for (j = 0; j < bad_nr; j++) {
		forge_socket(f);
		*(const void **)((void *)f + slots[i].offset) = bad[j].address;
		test_begin(v);
		socket_snap_take(s, f->nsock);
		if (test_in_time(v) && is_expected(i, &bad[j], s))
			continue;
		wrong++;
		test_says(v, false, "%s: %s", slots[i].name, bad[j].name);
	}
	if (!wrong)
		test_says(v, true, "%s: %u bad pointers", slots[i].name,
			  bad_nr);
}

/* ---- shapes that are wrong ---- */

static void test_ring(struct verdicts *v, struct forged *f,
		      struct socket_snap *s)
{
	struct sk_buff *head;

	forge_socket(f);
	head = (struct sk_buff *)&f->own.unix_sock.sk.sk_receive_queue;
	head->next = &f->skb;
	f->skb.next = &f->skb;
	f->skb.len = 1;
	test_begin(v);
	socket_snap_take(s, f->nsock);
	test_says(v, test_in_time(v) && no_queue(s),
		  "a queue that never comes back to its head");
}

static void test_lengths(struct verdicts *v, struct forged *f,
			 struct socket_snap *s)
{
	static const int lengths[] = { -1, 0, 1, 112, 113, 1 << 30, INT_MIN };
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		forge_socket(f);
		f->name.head.len = lengths[i];
		socket_snap_take(s, f->nsock);
		if (s->peer.len > sizeof(s->peer.bytes) ||
		    (lengths[i] < 2 && s->peer.kind != ADDR_UNKNOWN) ||
		    (lengths[i] > 113 && s->peer.kind != ADDR_UNKNOWN))
			wrong++;
	}
	test_says(v, !wrong, "names of impossible lengths");
}

/* What is said to be of a family is read as that, whatever it is. */
static void test_families(struct verdicts *v, struct forged *f,
			  struct socket_snap *s)
{
	static const u16 families[] = { AF_INET, AF_INET6, AF_NETLINK, 0xffff };
	unsigned int i, j, slow = 0;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		for (j = 0; j < 256; j++) {
			forge_socket(f);
			f->own.unix_sock.sk.sk_family = families[i];
			f->own.unix_sock.sk.sk_protocol = IPPROTO_TCP;
			f->own.tcp.rcv_nxt = j;
			*(u8 *)&f->own.unix_sock.sk.sk_state = j;
			test_begin(v);
			socket_snap_take(s, f->nsock);
			slow += !test_in_time(v);
		}
	}
	test_says(v, !slow && !s->why_no_socket, "any family and state");
}

void test_sockets(struct verdicts *v)
{
	struct forged *f = kvzalloc(sizeof(*f), GFP_KERNEL);
	struct socket_snap *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	unsigned int i;

	if (!f || !s)
		goto out;
	forge_socket(f);
	socket_snap_take(s, f->nsock);
	test_says(v, is_whole(s), "what is forged passes for a socket");
	for (i = 0; i < ARRAY_SIZE(slots); i++)
		test_slot(v, f, s, i);
	test_ring(v, f, s);
	test_lengths(v, f, s);
	test_families(v, f, s);
out:
	kvfree(s);
	kvfree(f);
}
