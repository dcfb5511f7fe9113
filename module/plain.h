/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few names that the plain files (btf.c, resolve.c, state.c, escape.c)
 * need, in the kernel and in user space: these files use no kernel API, so
 * that the host can test and fuzz them.
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
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif /* NBDDIAG_PLAIN_H */
