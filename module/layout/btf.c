// SPDX-License-Identifier: GPL-2.0
/*
 * A bounded reader of BTF: finds structs and their members in an image that
 * may be truncated, corrupt or hostile. Uses no kernel API, so that the host
 * can test and fuzz it.
 */
#include "layout/btf.h"

#define BTF_MAGIC 0xeb9f
#define BTF_VERSION 1
#define BTF_HDR_LEN 24

/* The largest vmlinux images have 6 MB and 130 thousand types. */
#define MAX_IMAGE 0x4000000
#define MAX_TYPES 0x100000

/* What a member look-up may cost in a hostile image. */
#define MAX_STRIP 32	/* typedefs and qualifiers before a type */
#define MAX_DIMS 8	/* dimensions of an array */
#define MAX_DEPTH 8	/* structs within each other; not more, see describe() */
#define MAX_VISITS 16384	/* members looked at */

enum kind {
	KIND_INT = 1,
	KIND_PTR,
	KIND_ARRAY,
	KIND_STRUCT,
	KIND_UNION,
	KIND_ENUM,
	KIND_FWD,
	KIND_TYPEDEF,
	KIND_VOLATILE,
	KIND_CONST,
	KIND_RESTRICT,
	KIND_FUNC,
	KIND_FUNC_PROTO,
	KIND_VAR,
	KIND_DATASEC,
	KIND_FLOAT,
	KIND_DECL_TAG,
	KIND_TYPE_TAG,
	KIND_ENUM64,
	KIND_NR
};

/* Every record starts with name, info, and size or type: 12 bytes. */
#define REC_LEN 12
#define MEMBER_LEN 12

/* What follows these 12 bytes: once, and for each of the record's elements. */
static const struct {
	u8 once;
	u8 each;
} kind_len[KIND_NR] = {
	[KIND_INT] = { 4, 0 },
	[KIND_ARRAY] = { 12, 0 },
	[KIND_STRUCT] = { 0, MEMBER_LEN },
	[KIND_UNION] = { 0, MEMBER_LEN },
	[KIND_ENUM] = { 0, 8 },
	[KIND_FUNC_PROTO] = { 0, 8 },
	[KIND_VAR] = { 4, 0 },
	[KIND_DATASEC] = { 0, 12 },
	[KIND_DECL_TAG] = { 4, 0 },
	[KIND_ENUM64] = { 0, 12 },
};

static u32 read_u32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u32 rec_name(const u8 *rec)
{
	return read_u32(rec);
}

/*
 * Up to 7.1 a kind has 5 bits and a count 16, and the bits that 7.2 added to
 * both are zero.
 */
static u32 rec_kind(const u8 *rec)
{
	return (read_u32(rec + 4) >> 24) & 0x7f;
}

static u32 rec_count(const u8 *rec)
{
	return read_u32(rec + 4) & 0xffffff;
}

static bool rec_kind_flag(const u8 *rec)
{
	return read_u32(rec + 4) >> 31;
}

/* The third word, by kind the size of the type or another type's id. */
static u32 rec_size_or_type(const u8 *rec)
{
	return read_u32(rec + 8);
}

static bool is_struct(const u8 *rec)
{
	return rec_kind(rec) == KIND_STRUCT || rec_kind(rec) == KIND_UNION;
}

/* The string at an offset, NULL if that lies outside the string sections. */
static const char *string_at(const struct btf *btf, u32 off)
{
	if (btf->base && off < btf->first_str)
		btf = btf->base;
	if (off - btf->first_str >= btf->str_len)
		return NULL;
	return (const char *)btf->data + btf->str_off + (off - btf->first_str);
}

/* The record of a type, NULL for void and for ids that do not exist. */
static const u8 *type_at(const struct btf *btf, u32 id)
{
	if (btf->base && id < btf->first_id)
		btf = btf->base;
	/* Void's id, 0, wraps around to beyond the last. */
	if (!btf->index || id - btf->first_id >= btf->nr_types)
		return NULL;
	return btf->data + btf->index[id - btf->first_id];
}

/* A section's place, given relative to the header's end, within the image. */
static int section(const struct btf *btf, const u8 *hdr_field, u32 *off,
		   u32 *len)
{
	u64 start = (u64)read_u32(btf->data + 4) + read_u32(hdr_field);

	*len = read_u32(hdr_field + 4);
	if (start + *len > btf->size)
		return -EINVAL;
	*off = start;
	return 0;
}

static int check_header(struct btf *btf)
{
	u16 magic;

	if (btf->size < BTF_HDR_LEN)
		return -EINVAL;
	memcpy(&magic, btf->data, sizeof(magic));
	/* Unknown flags may change the meaning of all that follows. */
	if (magic != BTF_MAGIC || btf->data[2] != BTF_VERSION || btf->data[3])
		return -EPROTONOSUPPORT;
	/* A header beyond the image leaves no room for section(). */
	return read_u32(btf->data + 4) < BTF_HDR_LEN ? -EINVAL : 0;
}

static int check_strings(const struct btf *btf)
{
	const u8 *str = btf->data + btf->str_off;

	/* A split image may do with the strings of its base. */
	if (!btf->str_len)
		return btf->base ? 0 : -EINVAL;
	if (str[btf->str_len - 1])
		return -EINVAL;
	/* Offset 0 means "no name", so it has to be the empty string. */
	return !btf->base && str[0] ? -EINVAL : 0;
}

/* Length of the record at @off, checked to end before @end. */
static int record_len(const struct btf *btf, u32 off, u32 end, u32 *len)
{
	const u8 *rec = btf->data + off;
	u32 kind;

	if (end - off < REC_LEN)
		return -EINVAL;
	kind = rec_kind(rec);
	if (!kind)
		return -EINVAL;
	if (kind >= KIND_NR)
		return -EPROTONOSUPPORT;
	/* The count has 24 bits, so this cannot overflow. */
	*len = REC_LEN + kind_len[kind].once +
	       kind_len[kind].each * rec_count(rec);
	if (*len > end - off)
		return -EINVAL;
	return 0;
}

static int check_types(struct btf *btf)
{
	u32 off = btf->type_off;
	u32 end = off + btf->type_len;
	u32 nr = 0;
	u32 len;
	int err;

	while (off < end) {
		if (btf->first_id + nr >= MAX_TYPES)
			return -E2BIG;
		err = record_len(btf, off, end, &len);
		if (err)
			return err;
		if (!string_at(btf, rec_name(btf->data + off)))
			return -EINVAL;
		off += len;
		nr++;
	}
	/* Last, so that a bad image has no types at all. */
	btf->nr_types = nr;
	return 0;
}

int btf_open(struct btf *btf, const void *data, u32 size,
	     const struct btf *base)
{
	int err;

	memset(btf, 0, sizeof(*btf));
	btf->data = data;
	btf->size = size;
	btf->base = base;
	btf->first_id = 1;
	if (base) {
		/* The kernel splits only once. */
		if (base->base)
			return -EINVAL;
		btf->first_id = base->first_id + base->nr_types;
		btf->first_str = base->str_len;
	}
	if (size > MAX_IMAGE)
		return -E2BIG;

	err = check_header(btf);
	if (!err)
		err = section(btf, btf->data + 8, &btf->type_off,
			      &btf->type_len);
	if (!err)
		err = section(btf, btf->data + 16, &btf->str_off,
			      &btf->str_len);
	if (!err)
		err = check_strings(btf);
	return err ? err : check_types(btf);
}

void btf_index(struct btf *btf, u32 *index)
{
	u32 off = btf->type_off;
	u32 end = off + btf->type_len;
	u32 len, i;

	for (i = 0; i < btf->nr_types; i++) {
		if (record_len(btf, off, end, &len))
			return;
		index[i] = off;
		off += len;
	}
	btf->index = index;
}

u32 btf_find_struct(const struct btf *btf, const char *name, u32 after)
{
	u32 i = after < btf->first_id ? 0 : after - btf->first_id + 1;

	if (!btf->index)
		return 0;
	for (; i < btf->nr_types; i++) {
		const u8 *rec = btf->data + btf->index[i];
		const char *tag;

		if (!is_struct(rec))
			continue;
		tag = string_at(btf, rec_name(rec));
		if (tag && !strcmp(tag, name))
			return btf->first_id + i;
	}
	return 0;
}

u32 btf_struct_size(const struct btf *btf, u32 id)
{
	const u8 *rec = type_at(btf, id);

	return rec && is_struct(rec) ? rec_size_or_type(rec) : 0;
}

/* The record of a type without its typedefs and qualifiers. */
static int strip(const struct btf *btf, u32 id, const u8 **stripped)
{
	u32 step;

	for (step = 0; step < MAX_STRIP; step++) {
		const u8 *rec = type_at(btf, id);

		if (!rec)
			return -EINVAL;
		switch (rec_kind(rec)) {
		case KIND_TYPEDEF:
		case KIND_VOLATILE:
		case KIND_CONST:
		case KIND_RESTRICT:
		case KIND_TYPE_TAG:
			id = rec_size_or_type(rec);
			break;
		default:
			*stripped = rec;
			return 0;
		}
	}
	return -ELOOP;
}

/* Kind and size of a type that is neither qualified nor an array. */
static int measure_member(const u8 *rec, struct btf_member_info *info)
{
	info->size = rec_size_or_type(rec);
	switch (rec_kind(rec)) {
	case KIND_INT:
	case KIND_ENUM:
	case KIND_ENUM64:
		info->class = BTF_CLASS_INT;
		return 0;
	case KIND_PTR:
		info->class = BTF_CLASS_PTR;
		info->size = sizeof(void *);
		return 0;
	case KIND_STRUCT:
	case KIND_UNION:
		info->class = BTF_CLASS_STRUCT;
		return 0;
	case KIND_FLOAT:
		info->class = BTF_CLASS_OTHER;
		return 0;
	}
	/* Functions, declarations and the like cannot be members. */
	return -EINVAL;
}

static int measure_array(const struct btf *btf, const u8 *rec,
			 struct btf_member_info *info)
{
	u64 size = 1;
	u32 dims;
	int err;

	/* size, and so the factor, stays below 2^32 in each round */
	for (dims = 0; rec_kind(rec) == KIND_ARRAY; dims++) {
		if (dims == MAX_DIMS)
			return -ELOOP;
		size *= read_u32(rec + REC_LEN + 8);
		if (size > (u32)-1)
			return -EINVAL;
		err = strip(btf, read_u32(rec + REC_LEN), &rec);
		if (err)
			return err;
	}
	err = measure_member(rec, info);
	if (err)
		return err;
	size *= info->size;
	if (size > (u32)-1)
		return -EINVAL;
	info->class = BTF_CLASS_ARRAY;
	info->size = size;
	return 0;
}

/* One level of nesting during a look-up. */
struct level {
	const u8 *rec;	/* the struct */
	u32 next;	/* which of its members comes next */
	u64 bits;	/* where it starts in the outermost struct */
};

static u64 member_bits(const struct level *in, const u8 *member)
{
	u32 off = read_u32(member + 8);

	return in->bits + (rec_kind_flag(in->rec) ? off & 0xffffff : off);
}

/* Before the kind flag, a bitfield's type was an integer with fewer bits. */
static bool is_partial_int(const u8 *rec)
{
	u32 encoding;

	if (rec_kind(rec) != KIND_INT)
		return false;
	encoding = read_u32(rec + REC_LEN);
	return (encoding >> 16 & 0xff) ||
	       (encoding & 0xff) != (u64)rec_size_or_type(rec) * 8;
}

static int describe(const struct btf *btf, const struct level *in,
		    const u8 *member, struct btf_member_info *info)
{
	u64 bits = member_bits(in, member);
	struct btf_member_info found;
	const u8 *rec;
	int err;

	err = strip(btf, read_u32(member + 4), &rec);
	if (err)
		return err;
	if (rec_kind(rec) == KIND_ARRAY)
		err = measure_array(btf, rec, &found);
	else
		err = measure_member(rec, &found);
	if (err)
		return err;
	/* MAX_DEPTH offsets of 32 bits: in bytes, the sum still fits. */
	found.offset = bits >> 3;
	found.bitfield = (bits & 7) || is_partial_int(rec) ||
			 (rec_kind_flag(in->rec) &&
			  read_u32(member + 8) >> 24);
	found.one_bit = !(bits & 7) && rec_kind_flag(in->rec) &&
			read_u32(member + 8) >> 24 == 1;
	*info = found;
	return 0;
}

/* Go into an unnamed member if it is a struct; unnamed bitfields are not. */
static int descend(const struct btf *btf, struct level *levels, u32 *depth,
		   const u8 *member)
{
	struct level *in = &levels[*depth];
	const u8 *rec;
	int err;

	err = strip(btf, read_u32(member + 4), &rec);
	if (err || !is_struct(rec))
		return err;
	if (*depth + 1 == MAX_DEPTH)
		return -ELOOP;
	++*depth;
	in[1].rec = rec;
	in[1].next = 0;
	in[1].bits = member_bits(in, member);
	return 0;
}

int btf_find_member(const struct btf *btf, u32 id, const char *name,
		    struct btf_member_info *info)
{
	struct level levels[MAX_DEPTH];
	u32 depth = 0;
	u32 visits;
	int err;

	levels[0].rec = type_at(btf, id);
	levels[0].next = 0;
	levels[0].bits = 0;
	if (!levels[0].rec || !is_struct(levels[0].rec))
		return -EINVAL;

	for (visits = 0; visits < MAX_VISITS; visits++) {
		struct level *in = &levels[depth];
		const char *member_name;
		const u8 *member;

		if (in->next == rec_count(in->rec)) {
			if (!depth)
				return -ENOENT;
			depth--;
			continue;
		}
		member = in->rec + REC_LEN + MEMBER_LEN * in->next++;
		member_name = string_at(btf, read_u32(member));
		if (!member_name)
			return -EINVAL;
		if (!*member_name) {
			err = descend(btf, levels, &depth, member);
			if (err)
				return err;
		} else if (!strcmp(member_name, name)) {
			return describe(btf, in, member, info);
		}
	}
	return -ELOOP;
}
