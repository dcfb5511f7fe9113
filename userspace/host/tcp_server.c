// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the process at the other end of a TCP connection, if it is on this host.
 * For a unix socket the kernel has recorded that, for TCP it has not; but it
 * lists both ends of the connection, and the inode of the other one is a
 * descriptor of the process. Each network namespace has a list of its own.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/clock.h"
#include "base/fail.h"
#include "host/net_spaces.h"
#include "host/task_file.h"
#include "host/tcp_server.h"

/* One end in hexadecimal. */
#define ENDS_LEN 96

/**
 * struct connection - one end of a connection
 * @hash: of its address and the other one's, as /proc/net/tcp has them
 * @inode: of its socket
 */
struct connection {
	uint64_t hash;
	unsigned long inode;
};

/**
 * struct connections - many of them
 * @connection: in the order of hashes, then inodes
 * @nr: how many
 */
struct connections {
	struct connection *connection;
	size_t nr;
};

/**
 * struct snapshot - all connections of this host
 * @made_s: when it was made, 0 before
 * @all: of all network namespaces
 */
static struct snapshot {
	double made_s;
	struct connections all;
} now;

/* ---- connections ---- */

/**
 * struct end - one end of a connection
 * @addr: its address; one of IPv4 as a server has it that listens for both
 * @v6: it is one of IPv6
 * @port: its port
 */
struct end {
	struct in6_addr addr;
	bool v6;
	unsigned int port;
};

/* Takes "tcp:1.2.3.4:5" or "tcp:[::1]:5" apart. */
static bool parse(const char *text, struct end *end)
{
	char host[INET6_ADDRSTRLEN + 1];
	int used = 0;

	memset(end, 0, sizeof(*end));
	end->v6 = !strncmp(text, "tcp:[", 5);
	if (sscanf(text, end->v6 ? "tcp:[%46[0-9a-f:.]]:%5u%n" :
		   "tcp:%46[0-9.]:%5u%n", host, &end->port, &used) != 2 ||
	    text[used])
		return false;
	if (end->v6)
		return inet_pton(AF_INET6, host, &end->addr) == 1;
	end->addr.s6_addr[10] = 0xff;
	end->addr.s6_addr[11] = 0xff;
	return inet_pton(AF_INET, host, &end->addr.s6_addr[12]) == 1;
}

/* As /proc/net/tcp and tcp6 have it; @text has ENDS_LEN bytes. */
static void print_end(char *text, const struct end *end, bool as_v6)
{
	uint32_t word[4];
	int i, len = 0;

	memcpy(word, &end->addr, sizeof(word));
	for (i = as_v6 ? 0 : 3; i < 4; i++)
		len += snprintf(text + len, ENDS_LEN - len, "%08X", word[i]);
	snprintf(text + len, ENDS_LEN - len, ":%04X", end->port);
}

/* FNV-1a: who knows the addresses of this host could make two the same, and nothing more. */
static uint64_t hash_of(const char *text, uint64_t hash)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	return hash;
}

static uint64_t hash_ends(const char *here, const char *there)
{
	return hash_of(there, hash_of(" ", hash_of(here, 0xcbf29ce484222325ULL)));
}

static int by_hash(const void *a, const void *b)
{
	const struct connection *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void add_connection(struct connections *all, uint64_t hash,
			   unsigned long inode)
{
	if (!(all->nr & (all->nr - 1)))
		all->connection =
			check_memory(reallocarray(all->connection,
						  all->nr * 2 + 1,
						  sizeof(*all->connection)));
	all->connection[all->nr++] = (struct connection){ hash, inode };
}

static void add_file(const struct source *source, struct connections *all,
		     const char *path)
{
	char *data, *line, *save = NULL, here[ENDS_LEN], there[ENDS_LEN];
	unsigned long inode;
	size_t size;

	data = source_read(source, path, &size);
	for (line = data ? strtok_r(data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, " %*u: %95s %95s %*s %*s %*s %*s %*s %*s %lu",
			   here, there, &inode) == 3 && inode)
			add_connection(all, hash_ends(here, there), inode);
	free(data);
}

/* @process: one that is in the namespace */
static void add_namespace(const struct source *source, struct connections *all,
			  const char *process)
{
	static const char * const names[] = { "tcp", "tcp6" };
	char path[TASK_PATH_LEN];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "proc/%s/net/%s", process,
			 names[i]);
		add_file(source, all, path);
	}
}

static void read_others(const struct source *source, struct connections *all)
{
	static bool has_said;
	char process[16];
	size_t nr, i;
	pid_t *tgid;
	bool more;

	tgid = net_spaces_find(source, &nr, &more);
	for (i = 0; i < nr; i++) {
		snprintf(process, sizeof(process), "%d", (int)tgid[i]);
		add_namespace(source, all, process);
	}
	free(tgid);
	if (more && !has_said)
		complain("there are more than %zu network namespaces. "
			 "Servers over TCP in the others are not found", nr);
	has_said = has_said || more;
}

/* That takes a while if there are many; what it has read is fresh when it has. */
static void refresh(const struct source *source)
{
	if (now.made_s && clock_seconds() - now.made_s < SOCKETS_FRESH_S)
		return;
	free(now.all.connection);
	memset(&now, 0, sizeof(now));
	add_namespace(source, &now.all, "self");
	read_others(source, &now.all);
	if (now.all.nr)
		qsort(now.all.connection, now.all.nr,
		      sizeof(*now.all.connection), by_hash);
	now.made_s = clock_seconds();
}

/* Several namespaces may have a connection of the same addresses: all of them are meant. */
static void add_ends(const struct source *source, uint64_t hash,
		     struct servers *servers)
{
	const struct connections *all = &now.all;
	size_t low = 0, high = all->nr, at;

	while (low < high) {
		at = low + (high - low) / 2;
		if (all->connection[at].hash < hash)
			low = at + 1;
		else
			high = at;
	}
	for (; low < all->nr && all->connection[low].hash == hash; low++)
		socket_owners_add(source, all->connection[low].inode, servers);
}

static void find_live(const struct source *source, const char *own,
		      const char *peer, struct servers *servers)
{
	char here[ENDS_LEN], there[ENDS_LEN];
	struct end near, far;
	int as_v6;

	if (!parse(own, &near) || !parse(peer, &far) || near.v6 != far.v6)
		return;
	refresh(source);
	/* A server that listens for both has IPv4 as IPv6. */
	for (as_v6 = near.v6; as_v6 < 2; as_v6++) {
		print_end(here, &far, as_v6);
		print_end(there, &near, as_v6);
		add_ends(source, hash_ends(here, there), servers);
	}
}

/* ---- of a captured tree ---- */

static void find_captured(const struct source *source, const char *own,
			  const char *peer, struct servers *servers)
{
	size_t size, len = strlen(own), peer_len = strlen(peer);
	char *data, *line, *save = NULL;
	int pid;

	data = source_read(source, TCP_SERVERS_FILE, &size);
	for (line = data ? strtok_r(data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, own, len) || line[len] != ' ')
			continue;
		line += len + 1;
		if (!strncmp(line, peer, peer_len) && line[peer_len] == ' ' &&
		    sscanf(line + peer_len, "%d", &pid) == 1 && pid > 0)
			servers_add(servers, pid);
	}
	free(data);
}

void tcp_server_find(const struct source *source, const char *own,
		     const char *peer, struct servers *servers)
{
	if (strncmp(own, "tcp:", 4) || strncmp(peer, "tcp:", 4))
		return;
	if (source->live)
		find_live(source, own, peer, servers);
	else
		find_captured(source, own, peer, servers);
}
