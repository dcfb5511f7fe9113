/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the members of nbd's structures can be, learned from live devices, for
 * kernels which do not describe them in BTF.
 *
 * For each member all places in its structure are possible at first. A rule
 * says what must hold for the member in every state of a device (for example:
 * a device that was never started has no pid). Whenever a device is looked at,
 * places that break a rule are struck out for good. So a member is proved when
 * one place is left, and its value is known before that if all places that are
 * left hold the same. No rule depends on the order of the members, and nothing
 * is assumed of members that are not known here. No mirror is believed because
 * it fits: it is dropped when one of its places is struck out, and only what a
 * mirror that is left agrees with is written to.
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

/**
 * proof_accept() - a member was seen to be at a place
 * @m: the member
 * @offset: the place
 */
void proof_accept(enum layout_member_id m, u32 offset);

/**
 * proof_claims() - does what was seen point at a member at a place?
 * @m: the member
 * @offset: where a mirror has it
 *
 * Of some members nothing must hold, but what they hold now and then is held by
 * nothing else.
 */
bool proof_claims(enum layout_member_id m, u32 offset);

/**
 * proof_places() - how many places are left for a member
 * @m: the member
 * @offset: set to the first one
 */
unsigned int proof_places(enum layout_member_id m, u32 *offset);

/**
 * proof_is_possible() - can a member be at a place?
 * @m: the member
 * @offset: the place
 */
bool proof_is_possible(enum layout_member_id m, u32 offset);

/**
 * proof_peek() - read a member that is the same wherever it can be
 * @dst: receives it
 * @size: its size
 * @base: address of its structure, not trusted
 * @m: the member
 *
 * Context: any, at any time.
 * Return: true if all places that are left hold the same.
 */
bool proof_peek(void *dst, size_t size, const void *base,
		enum layout_member_id m);

#endif /* NBDDIAG_PROOF_H */
