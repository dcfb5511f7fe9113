/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a layout is proved
 * ----------------------
 *
 * nbd's structures are private. Kernels without BTF of nbd do not describe
 * them, and distributions change them, so that no version number tells where a
 * member lies. But there are live devices, and much is known of a device from
 * elsewhere: its number, openers and capacity from the block layer, and of a
 * pointer what it points to. So the layout is learned from devices.
 *
 * Places. At first a member can be at each aligned place of its structure, which
 * is as large as the slab allocator says.
 *
 * Rules. proof_rules.c says of each member what holds in every state of a
 * device, on every kernel up to 6.12. For example, a device that was never
 * started has no pid. When a device is looked at, the places whose bytes break
 * the rule are struck out for good. So a rule only ever says where a member is
 * not. A device that shows little proves little, and does no harm. No rule
 * depends on the order of the members, and nothing is assumed of members that
 * are not known here. Some counts change without config_lock. So a device is
 * looked at twice, and only what broke a rule both times is struck out.
 *
 * Values. A rule may use what is known of other members. The value of a member is
 * known when all places that are left hold the same, even if there are several.
 * So what one look tells makes the next one stronger.
 *
 * Claims. Of some members nothing must hold, for example of flags that are set
 * for a moment. But what they hold then is held by nothing else. Where that is
 * seen, the place is claimed for the member.
 *
 * Mirrors. mirror.c has the structures of kernels that are known. None is
 * believed because it fits: a mirror is dropped when one of its places is struck
 * out. It serves to say which members this kernel has, and to check a proof.
 *
 * A member is proved when one place is left and a mirror that is left has it
 * there. Only what is proved is written to. What is not proved is shown when all
 * places that are left hold the same (proof_peek()), else as "unproved".
 *
 * All functions but proof_peek() are called by one task at a time.
 */
#ifndef NBDDIAG_PROOF_H
#define NBDDIAG_PROOF_H

#include "layout/resolve.h"

struct gendisk;

/* All members of nbd's structures come before all others in members.h. */
#define NBD_MEMBERS LM_BLK_MQ_TAGS_NR_TAGS

/**
 * proof_begin() - forget all, for another nbd
 * @disk: one of its disks
 * @check: also judge what has one place only
 *
 * Else a member that was proved is never struck out: if a rule is broken later,
 * the rule is more likely to be wrong.
 *
 * Return: false if this kernel cannot prove any layout.
 */
bool proof_begin(struct gendisk *disk, bool check);

/**
 * proof_look() - learn from a device
 * @disk: an nbd disk that cannot go away
 * @locked: the caller holds config_lock; without it only what holds at every
 *	moment is looked at
 *
 * Context: does not sleep. With config_lock some tens of microseconds.
 * Return: true if places were struck out, or claims were found.
 */
bool proof_look(struct gendisk *disk, bool locked);

/**
 * proof_settle() - no other member can be where a member was proved to be
 * @m: a member that every kernel has which can be this one
 *
 * Return: true if that struck out places of others.
 */
bool proof_settle(enum layout_member_id m);

/* A member was seen to be at a place. */
void proof_accept(enum layout_member_id m, u32 offset);

/*
 * Does what was seen point at a member at a place?
 *
 * @offset: where a mirror has it
 *
 * Of some members nothing must hold, but what they hold now and then is held by
 * nothing else.
 */
bool proof_claims(enum layout_member_id m, u32 offset);

/*
 * How many places are left for a member.
 *
 * @offset: set to the first one
 */
unsigned int proof_places(enum layout_member_id m, u32 *offset);

/* Can a member be at a place? */
bool proof_is_possible(enum layout_member_id m, u32 offset);

/*
 * Read a member that is the same wherever it can be.
 *
 * @base: address of its structure, not trusted
 *
 * Context: any, at any time.
 * Return: true if all places that are left hold the same.
 */
bool proof_peek(void *dst, size_t size, const void *base,
		enum layout_member_id m);

#endif /* NBDDIAG_PROOF_H */
