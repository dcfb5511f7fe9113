/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of nbdtool: what its command line says, addresses, and its commands. */
#ifndef NBDTOOL_H
#define NBDTOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "command_line.h"
#include "tool.h"

/* The command line; what was not given is 0, or as main.c has it. */
struct nbdtool_options {
	uint64_t size;
	uint64_t block;
	uint64_t flags;
	uint64_t timeout;
	uint64_t dead_timeout;
	uint64_t connections;
	uint64_t sndbuf;
	uint64_t jobs;
	const char *backend;
	const char *image;
	const char *then;
	int stall_reads;
	int stall_writes;
	int deaf;
	int no_accept;
	int close_sockets;
	int no_start;
	int no_clear;
	int never_started;
	int stay;
	int destroy;
	int disconnect_on_close;
};

extern struct nbdtool_options opt;

/**
 * struct addr - where to listen or to connect
 * @ss: the address
 * @len: bytes used of @ss
 */
struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

void parse_addr(struct addr *addr, const char *text);

/* A socket, which is connected to an address of the command line. */
int connect_to(const char *text);

/* Each does what its line of the help says; returns the exit status. */
int cmd_serve(void);
int cmd_hold(void);
int cmd_partition(void);
int cmd_io(void);
int cmd_attach(void);
int cmd_strays(void);
int cmd_set_sock(void);
int cmd_set_socks(void);
int cmd_set_size(void);
int cmd_clear(void);
int cmd_disconnect(void);
int cmd_nl_connect(void);
int cmd_nl_reconfigure(void);
int cmd_nl_resize(void);
int cmd_nl_disconnect(void);
int cmd_nl_turns(void);

#endif /* NBDTOOL_H */
