/* SPDX-License-Identifier: GPL-2.0 */
/* Figures that the kernel exports only as files below /proc/sys. */
#ifndef NBDDIAG_PROC_SYS_H
#define NBDDIAG_PROC_SYS_H

#include <linux/types.h>

enum proc_sys {
	PROC_SYS_AIO_NR,
	PROC_SYS_AIO_MAX_NR,
	PROC_SYS_NR,
};

/**
 * proc_sys_init() - make /proc/sys readable for nbddiag
 *
 * Never fails: without it the figures are not known.
 *
 * Context: may sleep.
 */
void proc_sys_init(void);

/**
 * proc_sys_exit() - the end of proc_sys_init()
 *
 * Context: may sleep.
 */
void proc_sys_exit(void);

/**
 * proc_sys_read() - read a number
 * @what: which
 *
 * Context: may sleep.
 * Return: the number, -1 if it is not to be had.
 */
s64 proc_sys_read(enum proc_sys what);

#endif /* NBDDIAG_PROC_SYS_H */
