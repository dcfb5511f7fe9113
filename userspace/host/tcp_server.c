// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the process at the other end of a TCP connection, if it is on this host.
 * For a unix socket the kernel has recorded that, for TCP it has not; but it
 * lists both ends of the connection, and the inode of the other one is a
 * descriptor of the process. Each network namespace has a list of its own.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array_size.h"
#include "base/clock.h"
#include "base/fail.h"
#include "host/net_spaces.h"
#include "host/task.h"
#include "host/task_file.h"
#include "host/tcp_server.h"

/* For so long what was read is taken for true. */
#define FRESH_S 3
/* One end in hexadecimal. */
#define ENDS_LEN 96

/**
 * struct owner - a socket that a process has
 * @inode: its number
 * @tgid: the process
 */
struct owner {
	unsigned long inode;
	pid_t tgid;
};

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
 * struct snapshot - all connections and sockets of this host
 * @made_s: when it was made, 0 before
 * @own: connections of this network namespace
 * @others: those of all others; not read before they are needed
 * @has_others: they have been read
 * @owner: in the order of inodes, then processes; likewise
 * @nr: how many
 * @has_owners: they have been read
 */
static struct snapshot {
	double made_s;
	struct connections own;
	struct connections others;
	bool has_others;
	struct owner *owner;
	size_t nr;
	bool has_owners;
} now;

/* ---- who has which socket ---- */

/**
 * struct fd_job - the sockets of a process, being read
 * @job: reads them
 * @root: where /proc is
 * @path: of its descriptors
 * @inode: of its sockets
 * @nr: how many
 */
struct fd_job {
	struct job job;
	int root;
	char path[TASK_PATH_LEN];
	unsigned long *inode;
	size_t nr;
};

static void note_inode(struct fd_job *fds, unsigned long inode)
{
	if (!(fds->nr & (fds->nr - 1)))
		fds->inode = check_memory(reallocarray(fds->inode, fds->nr ?
						       fds->nr * 2 : 1,
						       sizeof(inode)));
	fds->inode[fds->nr++] = inode;
}

static void read_sockets(struct job *job)
{
	struct fd_job *fds = (struct fd_job *)job;
	int dir = openat(fds->root, fds->path,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	unsigned long inode;
	char link[64];
	ssize_t len;
	DIR *names;

	if (dir < 0)
		return;
	names = check_memory(fdopendir(dir));
	while ((entry = readdir(names))) {
		job->steps++;
		len = isdigit((unsigned char)*entry->d_name) ?
			readlinkat(dir, entry->d_name, link, sizeof(link) - 1) :
			-1;
		if (len < 0)
			continue;
		link[len] = '\0';
		if (sscanf(link, "socket:[%lu]", &inode) == 1)
			note_inode(fds, inode);
	}
	closedir(names);
}

static void add_owners(const struct source *source, pid_t tgid)
{
	struct fd_job *fds = check_memory(calloc(1, sizeof(*fds)));
	size_t i;

	fds->job.run = read_sockets;
	fds->root = source->fd;
	task_path(fds->path, tgid, tgid, "fd");
	if (!task_patiently(source, tgid, LOCKED_SOMETIMES, &fds->job))
		return;
	now.owner = check_memory(reallocarray(now.owner, now.nr + fds->nr + 1,
					      sizeof(*now.owner)));
	for (i = 0; i < fds->nr; i++)
		now.owner[now.nr++] = (struct owner){ fds->inode[i], tgid };
	free(fds->inode);
	free(fds);
}

static int by_inode(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

static void read_owners(const struct source *source)
{
	struct task_id *ids;
	size_t nr, i;

	ids = task_list(source, &nr);
	for (i = 0; i < nr; i++)
		if (!i || ids[i].tgid != ids[i - 1].tgid)
			add_owners(source, ids[i].tgid);
	free(ids);
	qsort(now.owner, now.nr, sizeof(*now.owner), by_inode);
	now.has_owners = true;
}

static pid_t find_owner(const struct source *source, unsigned long inode)
{
	size_t low = 0, high, at;

	if (!now.has_owners)
		read_owners(source);
	/* The last one that is not behind it. */
	for (high = now.nr; low < high;) {
		at = low + (high - low) / 2;
		if (now.owner[at].inode <= inode)
			low = at + 1;
		else
			high = at;
	}
	return low && now.owner[low - 1].inode == inode ?
		now.owner[low - 1].tgid : 0;
}

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

static void sort_connections(struct connections *all)
{
	if (all->nr)
		qsort(all->connection, all->nr, sizeof(*all->connection),
		      by_hash);
}

static void refresh(const struct source *source)
{
	double seconds = clock_seconds();

	if (now.made_s && seconds - now.made_s < FRESH_S)
		return;
	free(now.own.connection);
	free(now.others.connection);
	free(now.owner);
	memset(&now, 0, sizeof(now));
	now.made_s = seconds;
	add_namespace(source, &now.own, "self");
	sort_connections(&now.own);
}

static void read_others(const struct source *source)
{
	static bool has_said;
	char process[16];
	size_t nr, i;
	pid_t *tgid;
	bool more;

	if (now.has_others)
		return;
	now.has_others = true;
	tgid = net_spaces_find(source, &nr, &more);
	for (i = 0; i < nr; i++) {
		snprintf(process, sizeof(process), "%d", (int)tgid[i]);
		add_namespace(source, &now.others, process);
	}
	free(tgid);
	sort_connections(&now.others);
	if (more && !has_said)
		complain("there are more than %zu network namespaces; "
			 "servers over TCP in the others are not found", nr);
	has_said = has_said || more;
}

/*
 * Two namespaces may have a connection of the same addresses: which of them is
 * meant is not known then. Return: its inode, 0 if there is none, or several.
 */
static unsigned long inode_of(const struct connections *all, uint64_t hash)
{
	size_t low = 0, high = all->nr, at;

	while (low < high) {
		at = low + (high - low) / 2;
		if (all->connection[at].hash < hash)
			low = at + 1;
		else
			high = at;
	}
	if (low == all->nr || all->connection[low].hash != hash ||
	    (low + 1 < all->nr && all->connection[low + 1].hash == hash))
		return 0;
	return all->connection[low].inode;
}

/* Return: the inode of the connection's other end, 0 if it is not there. */
static unsigned long find_inode(const struct connections *all,
				const struct end *own, const struct end *peer)
{
	char here[ENDS_LEN], there[ENDS_LEN];
	unsigned long inode = 0;
	int as_v6;

	/* A server that listens for both has IPv4 as IPv6. */
	for (as_v6 = own->v6; as_v6 < 2 && !inode; as_v6++) {
		print_end(here, peer, as_v6);
		print_end(there, own, as_v6);
		inode = inode_of(all, hash_ends(here, there));
	}
	return inode;
}

static pid_t find_live(const struct source *source, const char *own,
		       const char *peer)
{
	struct end here, there;
	unsigned long inode;

	if (!parse(own, &here) || !parse(peer, &there) ||
	    here.v6 != there.v6)
		return 0;
	refresh(source);
	inode = find_inode(&now.own, &here, &there);
	if (!inode) {
		read_others(source);
		inode = find_inode(&now.others, &here, &there);
	}
	return inode ? find_owner(source, inode) : 0;
}

/* ---- of a captured tree ---- */

static pid_t find_captured(const struct source *source, const char *own,
			   const char *peer)
{
	char *data, *line, *save = NULL;
	pid_t found = 0;
	size_t size;
	int used, pid;

	data = source_read(source, TCP_SERVERS_FILE, &size);
	for (line = data ? strtok_r(data, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		used = strlen(own);
		if (strncmp(line, own, used) || line[used] != ' ')
			continue;
		line += used + 1;
		used = strlen(peer);
		if (!strncmp(line, peer, used) && line[used] == ' ' &&
		    sscanf(line + used, "%d", &pid) == 1 && pid > 0)
			found = pid;
	}
	free(data);
	return found;
}

pid_t tcp_server_find(const struct source *source, const char *own,
		      const char *peer)
{
	if (strncmp(own, "tcp:", 4) || strncmp(peer, "tcp:", 4))
		return 0;
	return source->live ? find_live(source, own, peer) :
			      find_captured(source, own, peer);
}
