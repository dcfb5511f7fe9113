/* SPDX-License-Identifier: GPL-2.0 */
/* Where the private members of other drivers lie on this kernel. */
#ifndef NBDDIAG_LAYOUT_H
#define NBDDIAG_LAYOUT_H

#include "access/known.h"
#include "access/peek.h"
#include "layout/resolve.h"

struct gendisk;
struct mutex;

/*
 * Can this kernel have a member?
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

/* Was it ever seen, since this nbd was loaded? */
bool layout_has_inflight(void);

/* Another nbd was loaded. */
void layout_forget_inflight(void);

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

/*
 * Can a member be read on this kernel?
 *
 * Return: LAYOUT_OK, or why not. Of a member that is LAYOUT_UNPROVED a value can
 * be known all the same, see layout_peek(), but nothing may be written there.
 */
enum layout_status layout_status_of(enum layout_member_id m);

/*
 * Can all these members be read on this kernel?
 *
 * Return: LAYOUT_OK, or why the first that cannot be read cannot.
 */
enum layout_status layout_status_of_all(const enum layout_member_id *m,
					unsigned int nr);

/* How many bytes has a structure? 0 if that is not known. */
u32 layout_size_of(enum layout_struct_id st);

/* Where in its structure is a member whose status is LAYOUT_OK? */
u32 layout_offset(enum layout_member_id m);

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

/*
 * Copy a member.
 *
 * @size: bytes at @dst, must be the member's size
 * @base: address of the structure, not trusted
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
 * layout_pointer() - follow a pointer of a private structure
 * @base: address of the structure, not trusted; or NULL
 * @m: a pointer
 *
 * Return: what it points to, not trusted; NULL if it cannot be read.
 */
const void *layout_pointer(const void *base, enum layout_member_id m);

/**
 * layout_why() - why a member has no value to show
 * @m: the member, which could not be read
 *
 * Return: lower-case words joined by hyphens.
 */
const char *layout_why(enum layout_member_id m);

/* A member as a number, of its size: with a sign, or without. */
struct known layout_signed(const void *base, enum layout_member_id m);
struct known layout_unsigned(const void *base, enum layout_member_id m);

/* A count: a negative one was not read from the right place. */
struct known layout_count(const void *base, enum layout_member_id m);

/* Is there anything but zeros? */
struct known layout_truth(const void *base, enum layout_member_id m);

#endif /* NBDDIAG_LAYOUT_H */
