// SPDX-License-Identifier: GPL-2.0
/*
 * From BTF to offsets: looks up what members.h lists and accepts only what
 * is there once, whole, and of the expected kind and size.
 */
#include "layout/resolve.h"

/* So many definitions of one name are no compiler's work. */
#define MAX_DEFINITIONS 64

const struct layout_struct_spec layout_struct_specs[LS_NR] = {
#define STRUCT(id, name, home) \
	[LS_##id] = { name, LAYOUT_HOME_##home },
#include "layout/members.h"
};

const struct layout_member_spec layout_member_specs[LM_NR] = {
#define MEMBER(st, id, name, class, size) \
	[LM_##st##_##id] = { LS_##st, name, BTF_CLASS_##class, size },
#include "layout/members.h"
};

static enum layout_status check_member(const struct layout_member_spec *spec,
				       const struct btf_member_info *info,
				       u32 struct_size)
{
	bool is_bit = spec->class == BTF_CLASS_BIT;

	if (info->bitfield != is_bit || (is_bit && !info->one_bit))
		return info->bitfield ? LAYOUT_BITFIELD : LAYOUT_WRONG_CLASS;
	if (info->class != (is_bit ? BTF_CLASS_INT : spec->class))
		return LAYOUT_WRONG_CLASS;
	if (spec->size && info->size != spec->size)
		return LAYOUT_WRONG_SIZE;
	if ((u64)info->offset + info->size > struct_size)
		return LAYOUT_OUT_OF_STRUCT;
	return LAYOUT_OK;
}

/* @info is all zero unless the member is usable. */
static enum layout_status find_member(const struct btf *btf, u32 id,
				      const struct layout_member_spec *spec,
				      struct btf_member_info *info)
{
	enum layout_status status;
	int err;

	err = btf_find_member(btf, id, spec->name, info);
	if (!err)
		status = check_member(spec, info, btf_struct_size(btf, id));
	else
		status = err == -ENOENT ? LAYOUT_NO_MEMBER : LAYOUT_MALFORMED;
	if (status != LAYOUT_OK)
		memset(info, 0, sizeof(*info));
	return status;
}

static void set_member(struct layout_table *table, u32 m,
		       enum layout_status status, u32 offset, u32 size)
{
	table->m[m].status = status;
	table->m[m].offset = offset;
	table->m[m].size = size;
}

static void set_struct(struct layout_table *table, enum layout_struct_id st,
		       enum layout_status status, u32 size)
{
	table->st[st].status = status;
	table->st[st].size = size;
}

/* Take over what the first definition says. */
static void take_definition(struct layout_table *table, const struct btf *btf,
			    enum layout_struct_id st, u32 id)
{
	struct btf_member_info info;
	enum layout_status status;
	u32 m;

	set_struct(table, st, LAYOUT_OK, btf_struct_size(btf, id));
	for (m = 0; m < LM_NR; m++) {
		if (layout_member_specs[m].st != st)
			continue;
		status = find_member(btf, id, &layout_member_specs[m], &info);
		set_member(table, m, status, info.offset, info.size);
	}
}

/* Give up whatever a further definition says differently. */
static void compare_definition(struct layout_table *table, const struct btf *btf,
			       enum layout_struct_id st, u32 id)
{
	struct btf_member_info info;
	enum layout_status status;
	u32 m;

	if (table->st[st].size != btf_struct_size(btf, id))
		set_struct(table, st, LAYOUT_AMBIGUOUS, 0);
	for (m = 0; m < LM_NR; m++) {
		if (layout_member_specs[m].st != st)
			continue;
		status = find_member(btf, id, &layout_member_specs[m], &info);
		if (table->m[m].status != status ||
		    table->m[m].offset != info.offset ||
		    table->m[m].size != info.size)
			set_member(table, m, LAYOUT_AMBIGUOUS, 0, 0);
	}
}

void layout_resolve(struct layout_table *table, const struct btf *btf,
		    enum layout_struct_id st)
{
	const char *name = layout_struct_specs[st].name;
	u32 id = btf_find_struct(btf, name, 0);
	u32 nr;

	if (!id) {
		layout_refuse(table, st, LAYOUT_NO_STRUCT);
		return;
	}
	take_definition(table, btf, st, id);
	for (nr = 1; nr < MAX_DEFINITIONS; nr++) {
		id = btf_find_struct(btf, name, id);
		if (!id)
			return;
		compare_definition(table, btf, st, id);
	}
	layout_refuse(table, st, LAYOUT_AMBIGUOUS);
}

void layout_refuse(struct layout_table *table, enum layout_struct_id st,
		   enum layout_status why)
{
	u32 m;

	set_struct(table, st, why, 0);
	for (m = 0; m < LM_NR; m++)
		if (layout_member_specs[m].st == st)
			set_member(table, m, why, 0, 0);
}

const char *layout_status_text(enum layout_status status)
{
	static const char * const words[LAYOUT_STATUS_NR] = {
#define WORD_LAYOUT(id, word, ...) \
		[LAYOUT_##id] = word,
#include "access/words.h"
	};

	if ((unsigned int)status >= ARRAY_SIZE(words))
		return "unknown";
	return words[status];
}
