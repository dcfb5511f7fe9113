/* SPDX-License-Identifier: GPL-2.0 */
/* Block devices of the host, as sysfs shows them: numbers, names, what lies on what. */
#ifndef NBDDIAG_DISKS_H
#define NBDDIAG_DISKS_H

#include <stdbool.h>

#include "host/mounts.h"
#include "host/source.h"

#define DISK_NAME_LEN 32

/**
 * struct disk - a disk or a partition
 * @name: as the kernel has it: "nbd0", "nbd0p1", "dm-0"
 * @whole: the disk that a partition is of; of a disk, its own name
 * @major: its number
 * @minor: its number
 */
struct disk {
	char name[DISK_NAME_LEN];
	char whole[DISK_NAME_LEN];
	unsigned int major;
	unsigned int minor;
};

/* Can a block device have this name? No other goes into a path or a table. */
bool disk_is_name(const char *name);

/**
 * disk_named() - find a block device by the kernel's name for it
 * @disk: filled, if true is returned
 */
bool disk_named(const struct source *source, const char *name,
		struct disk *disk);

/* The same, by its number. */
bool disk_numbered(const struct source *source, unsigned int major,
		   unsigned int minor, struct disk *disk);

/**
 * disk_asked_for() - find the block device that somebody means
 * @text: a name of the kernel or of the device mapper, with or without "/dev/"
 *	or "/dev/mapper/" before it; or where a filesystem is mounted
 * @disk: filled, if true is returned
 *
 * No device is opened, and no file looked up that could be on one.
 */
bool disk_asked_for(const struct source *source, const char *text,
		    struct disk *disk);

/**
 * disk_of_path() - the block device that a path is on
 * @mounts: from mounts_own()
 * @path: "/dev/..." is the device itself; else the file is on the filesystem
 *	whose mount point, in this mount namespace, is the longest beginning of it
 * @disk: filled, if true is returned
 */
bool disk_of_path(const struct source *source, struct mounts *mounts,
		  const char *path, struct disk *disk);

/* The same, if the path is a mount point. */
bool disk_mounted_at(const struct source *source, struct mounts *mounts,
		     const char *path, struct disk *disk);

/**
 * disk_mounted_from() - the block device that a filesystem is on
 * @mount: where it is mounted
 * @disk: filled, if true is returned
 */
bool disk_mounted_from(const struct source *source, const struct mount *mount,
		       struct disk *disk);

/**
 * disk_path() - where sysfs has something about a block device
 * @path: filled, PATH_MAX bytes
 * @what: for instance "holders"
 *
 * Return: @path.
 */
char *disk_path(char *path, const struct disk *disk, const char *what);

/**
 * disk_names() - names of devices that sysfs lists in a directory of a device
 * @what: "holders" or "slaves"
 *
 * Return: as source_names().
 */
char **disk_names(const struct source *source, const struct disk *disk,
		  const char *what);

/**
 * disk_partitions() - the partitions of a disk
 *
 * Return: as source_names(); NULL for a partition.
 */
char **disk_partitions(const struct source *source, const struct disk *disk);

/**
 * disk_map_name() - what the device mapper calls a device
 * @name: the kernel's name
 *
 * Return: the name, escaped, for free(); NULL if it has none.
 */
char *disk_map_name(const struct source *source, const char *name);

/**
 * disk_full_name() - both names of a device
 * @name: the kernel's name
 *
 * Return: "dm-0 (mpatha)" or "sda", safe to print, for free().
 */
char *disk_full_name(const struct source *source, const char *name);

/* The same without a space, for lists in tables; @name as a file of the module has it. */
char *disk_short_name(const struct source *source, const char *name);

#endif /* NBDDIAG_DISKS_H */
