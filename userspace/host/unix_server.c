// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the process at the other end of a unix connection. The kernel tells over
 * sock_diag(7) which socket is the other end, as it does ss(8), and that one's
 * inode is a descriptor of the process. All sockets are asked for at once, as the
 * kernel looks through all of them for each one.
 */
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "host/patience.h"
#include "host/unix_server.h"

/**
 * struct pair - a connected socket
 * @inode: its number
 * @peer: that of its other end
 */
struct pair {
	uint32_t inode;
	uint32_t peer;
};

/**
 * struct dump - the connected sockets of this network namespace
 * @job: asks for them
 * @pair: in the order of inodes, when the job is done
 * @nr: how many
 */
struct dump {
	struct job job;
	struct pair *pair;
	size_t nr;
};

/**
 * struct snapshot - the last one
 * @made_s: when it was made, 0 before
 * @dump: NULL if the kernel did not tell
 */
static struct snapshot {
	double made_s;
	struct dump *dump;
} now;

/* ---- asking the kernel ---- */

static void add_pair(struct dump *dump, uint32_t inode, uint32_t peer)
{
	if (!(dump->nr & (dump->nr - 1)))
		dump->pair = check_memory(reallocarray(dump->pair,
						       dump->nr * 2 + 1,
						       sizeof(*dump->pair)));
	dump->pair[dump->nr++] = (struct pair){ inode, peer };
}

static int take_socket(struct nl_msg *msg, void *data)
{
	struct nlmsghdr *head = nlmsg_hdr(msg);
	struct unix_diag_msg *socket = nlmsg_data(head);
	struct dump *dump = data;
	struct nlattr *peer;

	dump->job.steps++;
	if (!nlmsg_valid_hdr(head, sizeof(*socket)))
		return NL_SKIP;
	peer = nlmsg_find_attr(head, sizeof(*socket), UNIX_DIAG_PEER);
	if (peer && nla_len(peer) >= (int)sizeof(uint32_t))
		add_pair(dump, socket->udiag_ino, nla_get_u32(peer));
	return NL_OK;
}

static int by_inode(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* The kernel may have to load a module for it, which may hang. */
static void ask(struct job *job)
{
	struct dump *dump = (struct dump *)job;
	struct unix_diag_req req = {
		.sdiag_family = AF_UNIX,
		.udiag_states = -1,
		.udiag_show = UDIAG_SHOW_PEER,
	};
	struct nl_sock *sock = check_memory(nl_socket_alloc());

	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_socket, dump);
	if (!nl_connect(sock, NETLINK_SOCK_DIAG) &&
	    nl_send_simple(sock, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req,
			   sizeof(req)) >= 0)
		nl_recvmsgs_default(sock);
	nl_socket_free(sock);
	if (dump->nr)
		qsort(dump->pair, dump->nr, sizeof(*dump->pair), by_inode);
}

static void refresh(void)
{
	struct dump *dump;

	if (now.made_s && clock_seconds() - now.made_s < SOCKETS_FRESH_S)
		return;
	if (now.dump)
		free(now.dump->pair);
	free(now.dump);
	dump = check_memory(calloc(1, sizeof(*dump)));
	dump->job.run = ask;
	now.dump = patiently(&dump->job) ? dump : NULL;
	now.made_s = clock_seconds();
}

static bool find_live(const struct source *source, unsigned long inode,
		      struct servers *servers)
{
	struct pair want = { .inode = inode }, *found = NULL;

	refresh();
	if (now.dump && now.dump->nr)
		found = bsearch(&want, now.dump->pair, now.dump->nr,
				sizeof(want), by_inode);
	if (!found || !found->peer)
		return false;
	socket_owners_add(source, found->peer, servers);
	return true;
}

/* ---- of a captured tree ---- */

static bool find_captured(const struct source *source, unsigned long inode,
			  struct servers *servers)
{
	char *data, *line, *save = NULL;
	unsigned long number;
	bool known = false;
	size_t size;
	int pid;

	data = source_read(source, UNIX_SERVERS_FILE, &size);
	for (line = data ? strtok_r(data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%lu %d", &number, &pid) != 2 ||
		    number != inode || pid < 0)
			continue;
		known = true;
		if (pid)
			servers_add(servers, pid);
	}
	free(data);
	return known;
}

bool unix_server_find(const struct source *source, unsigned long inode,
		      struct servers *servers)
{
	return source->live ? find_live(source, inode, servers) :
			      find_captured(source, inode, servers);
}
