// SPDX-License-Identifier: GPL-2.0
/* Makes BTF of the structs of members.h, as they should be or with a fault. */
#include "layout_build.h"

/* The first types of every image, by class and size. */
enum {
	T_CHAR = 1, T_SHORT, T_INT, T_LONG, T_PTR, T_STRUCT4, T_STRUCT16,
	T_TABLE, T_ENDLESS, T_PAIR, T_NAME, T_FILES, T_STRUCT8,
	T_NONE = 0xfffff
};

void layout_types(struct build *b)
{
	build_int(b, "char", 1);
	build_int(b, "short", 2);
	build_int(b, "int", 4);
	build_int(b, "long", 8);
	build_ref(b, K_PTR, 0);
	build_struct(b, "four", 4, 0);
	build_struct(b, "sixteen", 16, 0);
	build_array(b, T_PTR, 0);
	build_typedef(b, "endless", T_ENDLESS);
	build_array(b, T_INT, 2);
	build_array(b, T_CHAR, 16);
	build_array(b, T_PTR, 16);
	build_struct(b, "eight", 8, 0);
}

static u32 sound_type(const struct layout_member_spec *spec)
{
	switch (spec->class) {
	case BTF_CLASS_PTR:
		return T_PTR;
	case BTF_CLASS_STRUCT:
		return spec->size == 4 ? T_STRUCT4 :
		       spec->size == 8 ? T_STRUCT8 : T_STRUCT16;
	case BTF_CLASS_ARRAY:
		return spec->size == 16 ? T_NAME :
		       spec->size == 128 ? T_FILES :
		       spec->size ? T_PAIR : T_TABLE;
	default:
		return spec->size == 1 ? T_CHAR :
		       spec->size == 2 ? T_SHORT :
		       spec->size == 4 ? T_INT : T_LONG;
	}
}

/* Of the same class; what members.h lets have any size has no such fault. */
static u32 resized_type(const struct layout_member_spec *spec)
{
	if (spec->class == BTF_CLASS_STRUCT)
		return spec->size == 4 ? T_STRUCT16 : T_STRUCT4;
	if (spec->class == BTF_CLASS_ARRAY)
		return T_TABLE;
	return spec->size == 2 ? T_INT : T_SHORT;
}

static u32 retyped_type(const struct layout_member_spec *spec)
{
	return spec->class == BTF_CLASS_INT || spec->class == BTF_CLASS_BIT ?
	       T_PTR : T_LONG;
}

static void build_faulty(struct build *b, u32 m, enum fault fault)
{
	const struct layout_member_spec *spec = &layout_member_specs[m];
	u32 field = spec->class == BTF_CLASS_BIT ? 1 << 24 : 0;
	u32 bits = layout_offset(m) * 8 | field;
	u32 type = sound_type(spec);

	switch (fault) {
	case FAULT_REMOVED:
		build_member(b, "other", type, bits);
		return;
	case FAULT_RETYPED:
		type = retyped_type(spec);
		break;
	case FAULT_RESIZED:
		type = resized_type(spec);
		break;
	case FAULT_MOVED:
		bits += 64;
		break;
	case FAULT_BITFIELD:
		bits |= 3 << 24;
		break;
	case FAULT_OUTSIDE:
		bits = (layout_struct_size(spec->st) * 8 -
			layout_size(m) * 8 + 8) | field;
		break;
	case FAULT_BROKEN:
		type = T_NONE;
		break;
	case FAULT_ENDLESS:
		type = T_ENDLESS;
		break;
	case FAULT_NONE:
		break;
	}
	build_member(b, spec->name, type, bits);
}

static u32 members_of(enum layout_struct_id st)
{
	u32 m, nr = 0;

	for (m = 0; m < LM_NR; m++)
		nr += layout_member_specs[m].st == st;
	return nr;
}

u32 layout_struct(struct build *b, enum layout_struct_id st, u32 member,
		  enum fault fault)
{
	u32 m, id;

	id = build_type(b, layout_struct_specs[st].name, K_STRUCT | K_FLAG,
			members_of(st), layout_struct_size(st));
	for (m = 0; m < LM_NR; m++)
		if (layout_member_specs[m].st == st)
			build_faulty(b, m, m == member ? fault : FAULT_NONE);
	return id;
}

u32 layout_struct_size(enum layout_struct_id st)
{
	return members_of(st) * LAYOUT_STEP;
}

u32 layout_offset(u32 member)
{
	u32 m, before = 0;

	for (m = 0; m < member; m++)
		before += layout_member_specs[m].st ==
			  layout_member_specs[member].st;
	return before * LAYOUT_STEP;
}

u32 layout_size(u32 member)
{
	const struct layout_member_spec *spec = &layout_member_specs[member];

	if (spec->size || spec->class != BTF_CLASS_STRUCT)
		return spec->size;
	return 16;
}

bool layout_consistent(const struct btf *btf)
{
	struct layout_table table;
	u32 st, m;

	memset(&table, 0, sizeof(table));
	for (st = 0; st < LS_NR; st++)
		layout_resolve(&table, btf, st);
	for (m = 0; m < LM_NR; m++) {
		st = layout_member_specs[m].st;
		if (table.m[m].status == LAYOUT_OK &&
		    table.st[st].status == LAYOUT_OK &&
		    (u64)table.m[m].offset + table.m[m].size >
		    table.st[st].size)
			return false;
	}
	return true;
}
