/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few names that the plain files need, in the kernel and in user space:
 * btf.c, resolve.c, state.c, escape.c, symbol_text.c and rules.c use no kernel
 * API, so that the host can test and fuzz them.
 */
#ifndef NBDDIAG_PLAIN_H
#define NBDDIAG_PLAIN_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

enum tristate {
	UNKNOWN = -1,
	NO = 0,
	YES = 1,
};

#endif /* NBDDIAG_PLAIN_H */
