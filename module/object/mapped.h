/* SPDX-License-Identifier: GPL-2.0 */
/* A device of the device mapper: what it holds back, and why. */
#ifndef NBDDIAG_MAPPED_H
#define NBDDIAG_MAPPED_H

#include "access/known.h"

struct bio;
struct gendisk;
struct request;

/**
 * struct mapped - a mapped device at one moment; addresses may be gone
 * @why_not: NULL, or why the rest is not known
 * @md: its struct mapped_device
 * @suspended: it sends nothing on
 * @multipath: the target, if it is a multipath map
 * @valid_paths: how many of its paths work, valid with @multipath
 * @pending: bios that were sent to it and not answered
 */
struct mapped {
	const char *why_not;
	const void *md;
	bool suspended;
	const void *multipath;
	int valid_paths;
	struct known pending;
};

/**
 * struct mapped_path - a path of a multipath map
 * @disk: below the path; an address that may be gone
 * @group: number of its group, from 1
 * @fail_count: how often it failed
 * @active: whether it works now
 */
struct mapped_path {
	const struct gendisk *disk;
	u32 group;
	u32 fail_count;
	struct known active;
};

/**
 * mapped_is() - does a disk belong to the device mapper?
 * @disk: a disk that cannot go away
 */
bool mapped_is(const struct gendisk *disk);

/**
 * mapped_take() - look at a mapped device
 * @mapped: filled
 * @disk: its disk, which cannot go away
 *
 * Context: any; does not sleep.
 */
void mapped_take(struct mapped *mapped, const struct gendisk *disk);

/**
 * mapped_each_bio() - bios that a mapped device holds back itself
 * @mapped: from mapped_take()
 * @fn: called for each; @no_path says that a path is what it waits for
 * @data: its last argument
 *
 * Context: any; does not sleep.
 * Return: whether all were seen.
 */
bool mapped_each_bio(const struct mapped *mapped,
		     void (*fn)(const struct bio *bio, bool no_path, void *data),
		     void *data);

/**
 * mapped_each_path() - paths of a multipath map
 * @mapped: from mapped_take()
 * @fn: called for each
 * @data: its last argument
 *
 * Context: any; does not sleep.
 */
void mapped_each_path(const struct mapped *mapped,
		      void (*fn)(const struct mapped_path *path, void *data),
		      void *data);

/**
 * mapped_is_below() - does a request rest at a path below?
 * @mapped: from mapped_take()
 * @rq: a started request of a mapped device
 *
 * Context: any; does not sleep.
 */
bool mapped_is_below(const struct mapped *mapped, const struct request *rq);

#endif /* NBDDIAG_MAPPED_H */
