// SPDX-License-Identifier: GPL-2.0
/* The line of one socket. */
#include <linux/in6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "text/socket_line.h"
#include "text/values.h"

static void put_name_or_number(struct seq_file *m, const char *key,
			       const char *name, unsigned int number)
{
	if (name)
		seq_printf(m, "%s%s", key, name);
	else
		seq_printf(m, "%s%u", key, number);
}

static const char *family_name(u16 family)
{
	switch (family) {
	case AF_UNIX:
		return "unix";
	case AF_INET:
		return "inet";
	case AF_INET6:
		return "inet6";
	default:
		return NULL;
	}
}

static const char *sock_state_name(u8 state)
{
	static const char * const names[] = {
		[TCP_ESTABLISHED] = "established",
		[TCP_SYN_SENT] = "syn-sent",
		[TCP_SYN_RECV] = "syn-recv",
		[TCP_FIN_WAIT1] = "fin-wait1",
		[TCP_FIN_WAIT2] = "fin-wait2",
		[TCP_TIME_WAIT] = "time-wait",
		[TCP_CLOSE] = "close",
		[TCP_CLOSE_WAIT] = "close-wait",
		[TCP_LAST_ACK] = "last-ack",
		[TCP_LISTEN] = "listen",
		[TCP_CLOSING] = "closing",
	};

	return state < ARRAY_SIZE(names) ? names[state] : NULL;
}

static const char *shutdown_name(u8 shutdown)
{
	static const char * const names[] = {
		[0] = "none",
		[RCV_SHUTDOWN] = "recv",
		[SEND_SHUTDOWN] = "send",
		[SHUTDOWN_MASK] = "both",
	};

	return shutdown < ARRAY_SIZE(names) ? names[shutdown] : NULL;
}

void put_addr(struct seq_file *m, const char *key, const struct addr_snap *addr)
{
	__be16 port;

	seq_puts(m, key);
	switch (addr->kind) {
	case ADDR_UNNAMED:
		seq_puts(m, "unnamed");
		break;
	case ADDR_PATH:
		seq_puts(m, "path:");
		put_string(m, addr->bytes, addr->len);
		break;
	case ADDR_ABSTRACT:
		seq_puts(m, "abstract:");
		put_string(m, addr->bytes, addr->len);
		break;
	case ADDR_INET:
		memcpy(&port, addr->bytes + 4, sizeof(port));
		seq_printf(m, "tcp:%pI4:%u", addr->bytes, ntohs(port));
		break;
	case ADDR_INET6:
		memcpy(&port, addr->bytes + 16, sizeof(port));
		seq_printf(m, "tcp:[%pI6c]:%u", addr->bytes, ntohs(port));
		break;
	default:
		put_unknown(m, "unreadable");
	}
}

static void put_peer_there(struct seq_file *m, enum peer_there there)
{
	seq_puts(m, " peer_exists=");
	switch (there) {
	case PEER_EXISTS:
		seq_puts(m, "yes");
		break;
	case PEER_CLOSED:
		seq_puts(m, "no");
		break;
	case PEER_UNACCEPTED:
		seq_puts(m, "unaccepted");
		break;
	case PEER_UNKNOWN:
		put_unknown(m, "unreadable");
		break;
	}
}

static void put_recorded(struct seq_file *m, const char *whose,
			 const struct pid_snap *pid)
{
	if (pid->found == TASK_NONE) {
		seq_printf(m, " %s_pid=- %s_comm=-", whose, whose);
		return;
	}
	if (pid->found == TASK_UNREADABLE) {
		seq_printf(m, " %s_pid=-(unreadable) %s_comm=-(unreadable)",
			   whose, whose);
		return;
	}
	seq_printf(m, " %s_pid=%d %s_comm=", whose, pid->pid, whose);
	if (pid->found == TASK_GONE)
		put_unknown(m, "gone");
	else
		put_string(m, pid->comm, strlen(pid->comm));
}

static void put_socket(struct seq_file *m, const struct socket_snap *s)
{
	if (s->why_no_socket) {
		seq_puts(m, " family=");
		put_unknown(m, s->why_no_socket);
		return;
	}
	put_name_or_number(m, " family=", family_name(s->family), s->family);
	put_name_or_number(m, " type=",
			   s->type == SOCK_STREAM ? "stream" : NULL, s->type);
	put_name_or_number(m, " proto=",
			   s->protocol == IPPROTO_TCP ? "tcp" : NULL,
			   s->protocol);
	put_name_or_number(m, " state=", sock_state_name(s->state), s->state);
	put_name_or_number(m, " shutdown=", shutdown_name(s->shutdown),
			   s->shutdown);
	seq_printf(m, " file_refs=%ld inode=%lu", s->file_refs, s->inode);
	put_addr(m, " own=", &s->own);
	put_addr(m, " peer=", &s->peer);
	put_peer_there(m, s->there);
	put_recorded(m, "peer", &s->peer_pid);
	put_recorded(m, "own", &s->own_pid);
	put_number(m, " unread_bytes=", s->unread);
	put_number(m, " unsent_bytes=", s->unsent);
}

static void put_tx_lock(struct seq_file *m, struct known sending)
{
	seq_puts(m, " tx_lock=");
	if (sending.why_not)
		put_unknown(m, sending.why_not);
	else
		seq_puts(m, sending.value ? "held" : "free");
}

void show_socket(struct seq_file *m, u32 index, const struct socket_snap *s)
{
	seq_printf(m, "socket: index=%u", index);
	put_truth(m, " dead=", s->dead);
	put_socket(m, s);
	put_number(m, " cookie=", s->cookie);
	put_number(m, " fallback=", s->fallback);
	put_truth(m, " pending=", s->pending);
	if (s->pending.value == YES)
		put_number(m, " sent_bytes=", s->sent);
	put_tx_lock(m, s->sending);
	seq_putc(m, '\n');
}
