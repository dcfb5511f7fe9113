/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's log. */
#ifndef NBDDIAG_KERNEL_LOG_H
#define NBDDIAG_KERNEL_LOG_H

#include "host/source.h"

/* Where a capture has it. */
#define KERNEL_LOG_FILE "kernel-log"

/**
 * kernel_log_read() - what the kernel still has of its log
 *
 * Reading it takes nothing out of it, and waits for nothing.
 *
 * Return: its lines, for free(); NULL with errno if it cannot be read.
 */
char *kernel_log_read(const struct source *source);

/**
 * kernel_log_find() - the last line about a device that has a text
 * @log: from kernel_log_read(), or NULL
 * @device: "nbd101"; NULL for any
 * @what: the text
 * @len: set to how long the line is
 *
 * Return: the line, NULL if there is none.
 */
const char *kernel_log_find(const char *log, const char *device,
			    const char *what, size_t *len);

#endif /* NBDDIAG_KERNEL_LOG_H */
