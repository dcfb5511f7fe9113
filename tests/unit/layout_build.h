/* SPDX-License-Identifier: GPL-2.0 */
/* Makes BTF of the structs of members.h, as they should be or with a fault. */
#ifndef LAYOUT_BUILD_H
#define LAYOUT_BUILD_H

#include "btf_build.h"
#include "layout/resolve.h"

enum fault {
	FAULT_NONE,
	FAULT_REMOVED,
	FAULT_RETYPED,
	FAULT_RESIZED,
	FAULT_MOVED,
	FAULT_BITFIELD,
	FAULT_OUTSIDE,
	FAULT_BROKEN,		/* of a type that does not exist */
	FAULT_ENDLESS,		/* a typedef of itself */
};

/* Members lie this far apart, in the order of members.h. */
#define LAYOUT_STEP 256

/* The types that members are made of; before any layout_struct(). */
void layout_types(struct build *b);
/* One struct; @member has the fault, LM_NR for none. Returns its id. */
u32 layout_struct(struct build *b, enum layout_struct_id st, u32 member,
		  enum fault fault);
u32 layout_struct_size(enum layout_struct_id st);
/* Where a sound struct has a member, and how large it is. */
u32 layout_offset(u32 member);
u32 layout_size(u32 member);
/* Resolve everything: does what was found lie within its struct? */
bool layout_consistent(const struct btf *btf);

#endif /* LAYOUT_BUILD_H */
