/* SPDX-License-Identifier: GPL-2.0 */
/* Where the private members of other drivers lie on this kernel. */
#ifndef NBDDIAG_LAYOUT_H
#define NBDDIAG_LAYOUT_H

#include "access/peek.h"
#include "layout/resolve.h"

struct gendisk;
struct mutex;
struct seq_file;

/**
 * layout_init() - resolve what lies in vmlinux
 *
 * Never fails: what cannot be resolved is unavailable, with its reason.
 *
 * Context: may sleep; reads /sys/kernel/btf and the file of nbd_btf.
 */
void layout_init(void);

/**
 * layout_exit() - give memory back
 */
void layout_exit(void);

/**
 * layout_resolve_nbd() - resolve nbd's structures for the nbd that is loaded
 * @disk: one of its disks, in any state
 *
 * To be called for the first disk that appears, and before anybody can read
 * the layout of nbd's structures: nbd may have been replaced by another build
 * since its last disk went.
 *
 * Context: may sleep; may be called from a class interface's callback.
 */
void layout_resolve_nbd(struct gendisk *disk);

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
 * layout_learn_at_once() - the same, of a device that nobody else looks at
 * @disk: an nbd disk that cannot go away
 *
 * Takes config_lock if it is free and its place is proved.
 *
 * Context: waits for nothing.
 */
void layout_learn_at_once(struct gendisk *disk);

/**
 * layout_may_exist() - can this kernel have a member?
 * @m: the member
 *
 * Return: true if it is known where, or a mirror that is left has it.
 */
bool layout_may_exist(enum layout_member_id m);

/**
 * layout_saw_inflight() - a request in flight had the flag INFLIGHT
 *
 * No version of nbd describes it in BTF, and older ones do not have it.
 */
void layout_saw_inflight(void);

/**
 * layout_has_inflight() - was it ever seen, since this nbd was loaded?
 */
bool layout_has_inflight(void);

/**
 * layout_check_disk() - do the device invariants hold for this disk?
 * @disk: a disk of nbd that cannot go away
 *
 * They hold in every state of a device, so this is cheap proof that members
 * of struct nbd_device are where the layout says.
 *
 * Return: LAYOUT_OK, or why not.
 */
enum layout_status layout_check_disk(struct gendisk *disk);

/**
 * layout_check_config() - do the invariants of a configuration hold?
 * @config: a configuration, best with config_lock held
 *
 * Return: LAYOUT_OK, or why not.
 */
enum layout_status layout_check_config(const void *config);

/**
 * layout_status_of() - can a member be read on this kernel?
 * @m: the member
 *
 * Return: LAYOUT_OK, or why not. Of a member that is LAYOUT_UNPROVED a value can
 * be known all the same, see layout_peek(), but nothing may be written there.
 */
enum layout_status layout_status_of(enum layout_member_id m);

/**
 * layout_status_of_all() - can all these members be read on this kernel?
 * @m: the members
 * @nr: how many
 *
 * Return: LAYOUT_OK, or why the first that cannot be read cannot.
 */
enum layout_status layout_status_of_all(const enum layout_member_id *m,
					unsigned int nr);

/**
 * layout_at() - address of a member
 * @base: address of the structure
 * @m: a member whose status is LAYOUT_OK
 *
 * Return: the address; not checked, to be read with peek_bytes() only.
 */
const void *layout_at(const void *base, enum layout_member_id m);

/**
 * layout_config_lock() - a device's config_lock
 * @disk: an nbd disk that cannot go away
 *
 * Return: the lock, or NULL if its place is not known.
 */
struct mutex *layout_config_lock(struct gendisk *disk);

/**
 * layout_peek() - copy a member
 * @dst: receives it
 * @size: bytes at @dst, must be the member's size
 * @base: address of the structure, not trusted
 * @m: the member
 *
 * A member that is not proved is read wherever it can be.
 *
 * Return: true if the member exists and could be read, and if it is not proved,
 * was the same at all these places.
 */
bool layout_peek(void *dst, size_t size, const void *base,
		 enum layout_member_id m);

/* Copies a member into *@dst, whose type must have the member's size. */
#define layout_get(dst, base, m) layout_peek((dst), sizeof(*(dst)), (base), (m))

/**
 * layout_show() - print the file layout
 * @m: where to
 *
 * Context: may sleep.
 */
int layout_show(struct seq_file *m, void *unused);

#endif /* NBDDIAG_LAYOUT_H */
