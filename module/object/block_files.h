/* SPDX-License-Identifier: GPL-2.0 */
/* Which block devices a task has open. */
#ifndef NBDDIAG_BLOCK_FILES_H
#define NBDDIAG_BLOCK_FILES_H

#include <linux/types.h>

#define BLOCK_FILES_SHOWN 16

/**
 * struct block_files - block devices at one moment, each once
 * @nr: entries filled
 * @more: there are more than fit
 * @devt: number of the device
 * @name: its name, for example "nbd0", "dm-3", "sda1"
 */
struct block_files {
	u32 nr;
	bool more;
	struct {
		dev_t devt;
		char name[32];
	} file[BLOCK_FILES_SHOWN];
};

/*
 * List the block devices that a task has open.
 *
 * Context: may sleep.
 * Return: a list for kfree(), empty if the task is gone; NULL if there is no
 * memory.
 */
struct block_files *block_files_get(pid_t tid, const void *task);

#endif /* NBDDIAG_BLOCK_FILES_H */
