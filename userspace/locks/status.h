/* SPDX-License-Identifier: GPL-2.0 */
/* What a thread does and did, from its file "status". */
#ifndef NBDDIAG_STATUS_H
#define NBDDIAG_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct status - a thread
 * @state: the letter that ps(1) shows
 * @number: the thread in its own pid namespace
 * @switches: how often it has left a processor
 * @is_killed: a signal that kills is pending
 */
struct status {
	char state;
	int number;
	uint64_t switches;
	bool is_killed;
};

/**
 * status_read() - read the file
 * @fd: it, of any length: a process can be in 65536 groups; it is closed
 * @status: filled; what is not there is 0
 *
 * It needs the address space for a moment, see memory.c. It does not allocate.
 *
 * Return: false if it cannot be read whole, as the thread has gone.
 */
bool status_read(int fd, struct status *status);

#endif /* NBDDIAG_STATUS_H */
