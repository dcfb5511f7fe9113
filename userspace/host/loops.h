/* SPDX-License-Identifier: GPL-2.0 */
/* Loop devices, and what they lie on. */
#ifndef NBDDIAG_LOOPS_H
#define NBDDIAG_LOOPS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/disks.h"

/**
 * struct loop - a loop device that is in use
 * @name: its name
 * @file: path of what it lies on, as the kernel says it
 * @on: the block device that this is, or whose filesystem has it; without a
 *	name if that is not known
 */
struct loop {
	char name[DISK_NAME_LEN];
	char *file;
	struct disk on;
};

/**
 * struct loops - all of them
 * @loop: in the order of their numbers
 * @nr: how many
 */
struct loops {
	struct loop *loop;
	size_t nr;
};

/**
 * loops_read() - find all loop devices that are in use
 * @loops: filled, for loops_free()
 */
void loops_read(const struct source *source, struct loops *loops);

/* Does it lie on a device, and not on a file of a filesystem? */
bool loop_is_on_device(const struct loop *loop);

/**
 * loops_find() - a loop device by its name
 *
 * Return: NULL if it is none, or not in use.
 */
const struct loop *loops_find(const struct loops *loops, const char *name);

/**
 * loops_on() - the next loop device that lies on a device
 * @device: its name; or that of one whose filesystem has the file
 * @at: 0 for the first one; moved on
 *
 * Return: NULL if there is no other.
 */
const struct loop *loops_on(const struct loops *loops, const char *device,
			    size_t *at);

/* Give back what loops_read() took. */
void loops_free(struct loops *loops);

#endif /* NBDDIAG_LOOPS_H */
