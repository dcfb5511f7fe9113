/* SPDX-License-Identifier: GPL-2.0 */
/* Which disks exist, of any driver. */
#ifndef NBDDIAG_ALL_DISKS_H
#define NBDDIAG_ALL_DISKS_H

#include <linux/blkdev.h>
#include <linux/types.h>

struct device;

#define DISK_DRIVER_LEN 24

/**
 * all_disks_add() - a block device has come
 * @dev: a disk or partition
 *
 * Context: may sleep; called with the mutex of the block class held.
 * Return: 0 or a negative error.
 */
int all_disks_add(struct device *dev);

/**
 * all_disks_remove() - a block device goes
 * @dev: from all_disks_add()
 *
 * Context: as above; waits for who looks at this disk.
 */
void all_disks_remove(struct device *dev);

/*
 * Call a function for a disk.
 *
 * @at: number to begin at; set to the number after the disk found
 * @fn: the function; it must not wait for memory, which may be wanted from
 *	pages that are being written to the disk
 *
 * Context: may sleep. The removal of that disk waits for @fn, under the mutex of
 * the block class, so that no other disk comes or goes then either.
 * Return: false if there is no disk at or after @at.
 */
bool all_disks_call(unsigned long *at,
		    void (*fn)(struct gendisk *disk, void *data), void *data);

/**
 * struct disk_name - a disk at one moment
 * @disk: its address
 * @devt: its number
 * @name: its name
 * @driver: module that drives it, empty if it is built in
 * @removed: it is being removed, or has gone
 * @queue: of a removed disk: its queue, an address that may be gone
 * @queue_id: the number that the queue has among all queues
 * @keeps_bios: it has bios outstanding, and takes them without a queue of requests;
 *	whoever looked at the disks says so
 */
struct disk_name {
	const struct gendisk *disk;
	dev_t devt;
	char name[DISK_NAME_LEN];
	char driver[DISK_DRIVER_LEN];
	bool removed;
	const struct request_queue *queue;
	int queue_id;
	bool keeps_bios;
};

/*
 * Call a function for disks that have left the block class.
 *
 * @fn: called for those of the last ones whose memory still tells their name;
 *	the disk may be gone, so it is to be read with fault tolerance
 *
 * A disk leaves the class before its last requests are waited for.
 *
 * Context: may sleep.
 */
void all_disks_each_removed(void (*fn)(const struct disk_name *disk, void *data),
			    void *data);

/* Copies the name of a disk that cannot go away. */
void disk_name_fill(struct disk_name *name, const struct gendisk *disk);

/**
 * struct disk_names - all disks at one moment, and those that went last
 * @nr: how many
 * @room: entries allocated, a power of two
 * @of: hash by address; an entry without a disk is empty
 */
struct disk_names {
	u32 nr;
	u32 room;
	struct disk_name of[];
};

/**
 * disk_names_take() - copy the names of all disks
 *
 * Context: may sleep.
 * Return: to be freed with kvfree(); NULL if there is no memory.
 */
struct disk_names *disk_names_take(void);

/* Sets @keeps_bios of a disk. */
void disk_names_mark(struct disk_names *names, const struct gendisk *disk);

/* Which disk is at an address? Return: the disk, or NULL. */
const struct disk_name *disk_names_find(const struct disk_names *names,
					const struct gendisk *disk);

#endif /* NBDDIAG_ALL_DISKS_H */
