/* SPDX-License-Identifier: GPL-2.0 */
/* Figures that the kernel exports only as files below /proc/sys. */
#ifndef NBDDIAG_PROC_SYS_H
#define NBDDIAG_PROC_SYS_H

#include "access/known.h"

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

/* Read a number. Context: may sleep. */
struct known proc_sys_read(enum proc_sys what);

#endif /* NBDDIAG_PROC_SYS_H */
