/* SPDX-License-Identifier: GPL-2.0 */
/* The line of one socket. */
#ifndef NBDDIAG_SOCKET_LINE_H
#define NBDDIAG_SOCKET_LINE_H

#include "object/socket.h"

struct seq_file;

/* An address of a socket, or that it has none, or could not be read. */
void put_addr(struct seq_file *m, const char *key, const struct addr_snap *addr);

/*
 * Print a socket's line.
 *
 * @index: its place in the configuration
 */
void show_socket(struct seq_file *m, u32 index, const struct socket_snap *s);

#endif /* NBDDIAG_SOCKET_LINE_H */
