// SPDX-License-Identifier: GPL-2.0
/* Clients by netlink. */
#define _GNU_SOURCE
#include <inttypes.h>

#include <linux/genetlink.h>
#include <linux/nbd.h>
#include <linux/nbd-netlink.h>
#include <linux/netlink.h>

#include "nbdtool.h"

/* Not in the headers of every suite. */
#define ATTR_BACKEND 10

/* A generic netlink message under construction, and its answer. */
static struct {
	int fd;
	uint32_t len;
	union {
		struct nlmsghdr head;
		char bytes[8192];
	};
} nl;

static void nl_begin(uint16_t family, uint8_t command, uint8_t version)
{
	struct genlmsghdr *genl = NLMSG_DATA(&nl.head);

	memset(nl.bytes, 0, sizeof(nl.bytes));
	nl.head.nlmsg_type = family;
	nl.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl->cmd = command;
	genl->version = version;
	nl.len = NLMSG_LENGTH(GENL_HDRLEN);
}

/* Returns where the attribute begins, for nl_end_nest(). */
static uint32_t nl_put(uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)(nl.bytes + nl.len);
	uint32_t start = nl.len;

	if (nl.len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(nl.bytes))
		quit(1, "netlink message too long");
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	nl.len += NLA_HDRLEN + NLA_ALIGN(len);
	return start;
}

static void nl_put_u32(uint16_t type, uint32_t value)
{
	nl_put(type, &value, sizeof(value));
}

static void nl_put_u64(uint16_t type, uint64_t value)
{
	nl_put(type, &value, sizeof(value));
}

static void nl_end_nest(uint32_t start)
{
	struct nlattr *attr = (struct nlattr *)(nl.bytes + start);

	attr->nla_len = nl.len - start;
}

/*
 * Sends the message and takes the answers up to the acknowledgment. Returns
 * a copy of the answer's attribute of that type, or NULL.
 */
static struct nlattr *nl_talk(uint16_t wanted)
{
	struct nlattr *attr, *found = NULL;
	struct nlmsghdr *head;
	ssize_t len;
	char *end;

	nl.head.nlmsg_len = nl.len;
	if (send(nl.fd, nl.bytes, nl.len, 0) != nl.len)
		die_errno("netlink send");
	for (;;) {
		len = recv(nl.fd, nl.bytes, sizeof(nl.bytes), 0);
		if (len < 0)
			die_errno("netlink recv");
		for (head = &nl.head; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)NLMSG_DATA(head))->error;
				if (errno)
					die_errno("netlink");
				return found;
			}
			end = (char *)head + head->nlmsg_len;
			attr = (struct nlattr *)((char *)NLMSG_DATA(head) + GENL_HDRLEN);
			while ((char *)attr + NLA_HDRLEN <= end && attr->nla_len) {
				if (attr->nla_type == wanted && !found) {
					found = allocate(attr->nla_len);
					memcpy(found, attr, attr->nla_len);
				}
				attr = (struct nlattr *)((char *)attr +
							 NLA_ALIGN(attr->nla_len));
			}
		}
	}
}

static uint16_t nl_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct nlattr *id;

	nl.fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (nl.fd < 0 || bind(nl.fd, (struct sockaddr *)&addr, sizeof(addr)))
		die_errno("netlink");
	nl_begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	nl_put(CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME, sizeof(NBD_GENL_FAMILY_NAME));
	id = nl_talk(CTRL_ATTR_FAMILY_ID);
	if (!id)
		quit(1, "no netlink family %s", NBD_GENL_FAMILY_NAME);
	return *(uint16_t *)((char *)id + NLA_HDRLEN);
}

/* So many to each address from that argument on. */
static void nl_put_sockets(int first, uint64_t connections)
{
	uint32_t all, item;
	uint64_t c;
	int i;

	all = nl_put(NBD_ATTR_SOCKETS, NULL, 0);
	for (i = first; i < nr_args; i++) {
		for (c = 0; c < connections; c++) {
			item = nl_put(NBD_SOCK_ITEM, NULL, 0);
			nl_put_u32(NBD_SOCK_FD, connect_to(args[i]));
			nl_end_nest(item);
		}
	}
	nl_end_nest(all);
}

static void nl_put_device(void)
{
	nl_put_u32(NBD_ATTR_INDEX, parse_number(args[0]));
	nl_put_u64(NBD_ATTR_SIZE_BYTES, opt.size);
	nl_put_u64(NBD_ATTR_BLOCK_SIZE_BYTES, opt.block);
	nl_put_u64(NBD_ATTR_SERVER_FLAGS, opt.flags);
}

static void nl_put_backend(void)
{
	if (opt.backend)
		nl_put(ATTR_BACKEND, opt.backend, strlen(opt.backend) + 1);
}

int cmd_nl_connect(void)
{
	uint64_t client_flags = 0;
	struct nlattr *index;

	if (opt.destroy)
		client_flags |= NBD_CFLAG_DESTROY_ON_DISCONNECT;
	if (opt.disconnect_on_close)
		client_flags |= NBD_CFLAG_DISCONNECT_ON_CLOSE;
	nl_begin(nl_open(), NBD_CMD_CONNECT, NBD_GENL_VERSION);
	nl_put_device();
	if (client_flags)
		nl_put_u64(NBD_ATTR_CLIENT_FLAGS, client_flags);
	if (opt.timeout)
		nl_put_u64(NBD_ATTR_TIMEOUT, opt.timeout);
	if (opt.dead_timeout)
		nl_put_u64(NBD_ATTR_DEAD_CONN_TIMEOUT, opt.dead_timeout);
	nl_put_backend();
	nl_put_sockets(1, opt.connections);
	index = nl_talk(NBD_ATTR_INDEX);
	if (!index)
		quit(1, "the answer has no index");
	printf("nbd%" PRIu32 "\n", *(uint32_t *)((char *)index + NLA_HDRLEN));
	if (opt.stay)
		say("ready");
	while (opt.stay)
		pause();
	return 0;
}

int cmd_nl_reconfigure(void)
{
	nl_begin(nl_open(), NBD_CMD_RECONFIGURE, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(args[0]));
	nl_put_backend();
	nl_put_sockets(1, opt.connections);
	nl_talk(0);
	return 0;
}

int cmd_nl_resize(void)
{
	nl_begin(nl_open(), NBD_CMD_RECONFIGURE, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(args[0]));
	nl_put_u64(NBD_ATTR_SIZE_BYTES, parse_number(args[1]));
	nl_talk(0);
	return 0;
}

int cmd_nl_disconnect(void)
{
	nl_begin(nl_open(), NBD_CMD_DISCONNECT, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(args[0]));
	nl_talk(0);
	return 0;
}

/* A disconnection is over when it is answered, and the device is free then. */
static void nl_turn(uint16_t family, uint64_t connections)
{
	int fd;

	nl_begin(family, NBD_CMD_CONNECT, NBD_GENL_VERSION);
	nl_put_device();
	nl_put_sockets(2, connections);
	nl_talk(0);
	/* Sockets were opened last. */
	for (fd = nl.fd + 1; !close(fd); fd++)
		;
	nl_begin(family, NBD_CMD_DISCONNECT, NBD_GENL_VERSION);
	nl_put_u32(NBD_ATTR_INDEX, parse_number(args[0]));
	nl_talk(0);
}

int cmd_nl_turns(void)
{
	uint64_t turns = parse_number(args[1]);
	uint16_t family = nl_open();

	for (; turns; turns--) {
		nl_turn(family, 1);
		nl_turn(family, opt.connections);
	}
	return 0;
}
