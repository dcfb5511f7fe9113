// SPDX-License-Identifier: GPL-2.0
/* 6.17, f4e1fb04c123 ("af_unix: Use cached value for SOCK_STREAM in unix_inq_len().") */
#include <net/af_unix.h>

int probe(struct unix_sock *u);
int probe(struct unix_sock *u)
{
	return u->inq_len;
}
