/* SPDX-License-Identifier: GPL-2.0 */
/* Learns the layout of nbd's structures from live devices. */
#ifndef NBDDIAG_LEARN_H
#define NBDDIAG_LEARN_H

#include "layout/resolve.h"

struct gendisk;

/**
 * layout_learn() - let a device prove a mirror, or disprove it
 * @disk: an nbd disk that cannot go away
 * @locked: the caller holds the device's config_lock
 *
 * Does nothing where BTF says where members lie, while another reader learns,
 * and when it has been called very often in this second.
 *
 * Context: waits for nothing.
 */
void layout_learn(struct gendisk *disk, bool locked);

/**
 * layout_learn_at_once() - the same, until a device tells no more
 * @disk: an nbd disk that cannot go away
 * @often: look at a device that is in use however often this is called
 *
 * Takes config_lock if it is free and its place is proved, for one look at a
 * time.
 *
 * Context: waits for nothing.
 */
void layout_learn_at_once(struct gendisk *disk, bool often);

/**
 * layout_learn_mirrors() - begin with all mirrors that fit a device
 * @disk: the first disk of this nbd
 *
 * Return: LAYOUT_OK, or why there is nothing to learn.
 */
enum layout_status layout_learn_mirrors(struct gendisk *disk);

/**
 * layout_learn_file() - begin to check what a file with BTF says
 * @disk: the first disk of this nbd
 *
 * The places that it names are those that devices may strike out. Where no
 * device can disprove it, it is not used.
 */
void layout_learn_file(struct gendisk *disk);

#endif /* NBDDIAG_LEARN_H */
