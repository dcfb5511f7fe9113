// SPDX-License-Identifier: GPL-2.0
/* Addresses of servers, and sockets that are connected to them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "nbdtool.h"

static void parse_unix(struct addr *addr, const char *text, bool abstract)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&addr->ss;
	char *name = strdup(text);
	size_t len;

	if (!name)
		quit(1, "no memory");
	len = decode_hex(name);
	if (!len || len + abstract > sizeof(un->sun_path))
		bad_usage("'%s': empty or too long", text);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path + abstract, name, len);
	addr->len = offsetof(struct sockaddr_un, sun_path) + len + 1;
	if (addr->len > sizeof(*un))
		addr->len = sizeof(*un);
	free(name);
}

static void parse_tcp(struct addr *addr, const char *text)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&addr->ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr->ss;
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(text, ':');
	uint16_t port;
	size_t len;

	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host))
		bad_usage("'%s' is not HOST:PORT", text);
	len = colon - text;
	memcpy(host, text, len);
	host[len] = '\0';
	port = htons(parse_number(colon + 1));
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		addr->len = sizeof(*in6);
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1)
			return;
	} else {
		in->sin_family = AF_INET;
		in->sin_port = port;
		addr->len = sizeof(*in);
		if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
			return;
	}
	bad_usage("'%s' is not an address", host);
}

void parse_addr(struct addr *addr, const char *text)
{
	memset(addr, 0, sizeof(*addr));
	if (!strncmp(text, "unix:", 5))
		parse_unix(addr, text + 5, false);
	else if (!strncmp(text, "abstract:", 9))
		parse_unix(addr, text + 9, true);
	else if (!strncmp(text, "tcp:", 4))
		parse_tcp(addr, text + 4);
	else
		bad_usage("'%s' is not an address (unix:, abstract: or tcp:)", text);
}

int connect_to(const char *text)
{
	int sndbuf = opt.sndbuf;
	struct addr addr;
	int fd;

	if (!strncmp(text, "fd:", 3))
		return parse_number(text + 3);
	parse_addr(&addr, text);
	fd = socket(addr.ss.ss_family, SOCK_STREAM, 0);
	if (fd < 0)
		die_errno("socket");
	if (opt.sndbuf && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf)))
		die_errno("SO_SNDBUF");
	if (connect(fd, (struct sockaddr *)&addr.ss, addr.len))
		die_errno(text);
	return fd;
}
