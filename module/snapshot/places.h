/* SPDX-License-Identifier: GPL-2.0 */
/* Which disk an address belongs to: objects of all disks, by where they lie. */
#ifndef NBDDIAG_PLACES_H
#define NBDDIAG_PLACES_H

#include <linux/types.h>

struct disk_names;
struct gendisk;

enum place_kind {
	PLACE_DISK,		/* struct gendisk */
	PLACE_QUEUE,		/* struct request_queue */
	PLACE_MAPPED,		/* struct mapped_device */
	PLACE_TAGS,		/* struct blk_mq_tags */
	PLACE_WRITEBACK,	/* struct rq_wb, which limits writeback */
	PLACE_CONFIG_LOCK,	/* nbd's config_lock */
	PLACE_TX_LOCK,		/* nbd's, for sending over a socket */
	PLACE_BDI,		/* struct backing_dev_info, for writeback by workers */
};

/**
 * struct place - an object of a disk
 * @start: where it begins
 * @size: its bytes
 * @kind: what it is
 * @disk: whose it is; only to tell one from another
 * @several: it is of more disks than this one
 */
struct place {
	const void *start;
	u32 size;
	enum place_kind kind;
	const struct gendisk *disk;
	bool several;
};

/**
 * struct places - objects of all disks at one moment
 * @nr: how many
 * @room: entries allocated
 * @full: there are more, which did not fit
 * @of: by address
 */
struct places {
	u32 nr;
	u32 room;
	bool full;
	struct place of[];
};

/*
 * Find the objects of all disks.
 *
 * Context: may sleep for a moment, never for I/O.
 * Return: to be freed with kvfree(); NULL if there is no memory.
 */
struct places *places_take(const struct disk_names *names);

/* In which object is an address? Return: the object, or NULL. */
const struct place *places_find(const struct places *places,
				const void *address);

/* The name of the member that begins at an address, or NULL. */
const char *place_member(const struct place *place, const void *address);

#endif /* NBDDIAG_PLACES_H */
