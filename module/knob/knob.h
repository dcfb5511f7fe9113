/* SPDX-License-Identifier: GPL-2.0 */
/* The knob below /sys/kernel/nbddiag. */
#ifndef NBDDIAG_KNOB_H
#define NBDDIAG_KNOB_H

/**
 * cleanup_init() - make the knob
 *
 * Context: may sleep; after disks_register().
 * Return: 0 or a negative error.
 */
int cleanup_init(void);

/**
 * cleanup_exit() - take the knob away
 *
 * Context: may sleep; waits for a command in progress, some seconds at most.
 */
void cleanup_exit(void);

#endif /* NBDDIAG_KNOB_H */
