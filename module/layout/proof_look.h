/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of one look at a device share; see proof.h. */
#ifndef NBDDIAG_PROOF_LOOK_H
#define NBDDIAG_PROOF_LOOK_H

#include <linux/bitmap.h>

#include "layout/proof_rules.h"

/* A set of places: byte offsets in a structure. */
struct places {
	DECLARE_BITMAP(at, OBJECT_MAX);
};

/* Where each member can be; bits are only ever cleared but by proof_begin(). */
extern struct places proof_left[NBD_MEMBERS];

/* ---- proof.c ---- */

/**
 * proof_is_settled() - is a member judged no more?
 * @m: the member
 */
bool proof_is_settled(enum layout_member_id m);

/**
 * proof_is_done() - has each member of a structure one place?
 * @st: the structure
 */
bool proof_is_done(enum layout_struct_id st);

const struct rule *proof_rule_of(enum layout_member_id m);

/**
 * proof_claim() - a member without a rule was seen at a place
 * @m: the member
 * @at: the place
 */
void proof_claim(enum layout_member_id m, u32 at);

u64 proof_word_at(const struct view *v, u32 at, u32 size);

/**
 * proof_copy() - copy an object, to look at it
 * @v: set to the copy
 * @base: where it is, not trusted
 * @size: bytes allocated for it; 0 if that is not known
 * @st: what it is
 *
 * Return: false if there is none.
 */
bool proof_copy(struct view *v, const void *base, u32 size,
		enum layout_struct_id st);

/* Of each member: is its value the same wherever it can be? */
void proof_learn_values(struct facts *f, const struct view *v,
			enum layout_struct_id st);

/* Notes in @bad where a member cannot be in this object. */
void proof_judge_rule(struct places *bad, const struct facts *f,
		      const struct view *v, const struct rule *rule);

/* The same for all members of a structure. */
void proof_judge(struct places *bad, const struct facts *f,
		 const struct view *v, enum layout_struct_id st, bool locked);

/* ---- proof_sockets.c: all with config_lock, with @config copied ---- */

void proof_look_at_sockets(struct places *bad, struct facts *f,
			   const struct view *config);

/* How many sockets there are; 0 if that is not known. */
u32 proof_sockets_of(const struct facts *f);

/* How many of the first @nr surely live; of many not all. */
u32 proof_living_of(const struct facts *f, u64 nr);

void proof_judge_number(struct places *bad, const struct facts *f,
			const struct view *config);

/* ---- proof_requests.c ---- */

/* Requests in use, and what was left in others; with config_lock. */
void proof_look_at_requests(struct places *bad, struct facts *f);

void proof_look_at_unused_request(struct places *bad, struct facts *f);

#endif /* NBDDIAG_PROOF_LOOK_H */
