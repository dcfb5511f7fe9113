/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bounded reader of BTF, the kernel's own description of its types.
 *
 * It trusts nothing in the image: every offset, id and length is checked
 * against the image before use, chains of types are followed a bounded number
 * of steps, and a malformed image gives an error. It allocates nothing, keeps
 * no global state and uses no kernel API.
 */
#ifndef NBDDIAG_BTF_H
#define NBDDIAG_BTF_H

#include "access/plain.h"

/**
 * struct btf - an opened BTF image; filled by btf_open(), read-only after
 * @data: the image, owned by the caller, must outlive this
 * @size: bytes in @data
 * @base: the image that a split image builds on (vmlinux), or NULL
 * @type_off: where the type section starts in @data
 * @type_len: its length in bytes
 * @str_off: where the string section starts in @data
 * @str_len: its length in bytes
 * @first_id: id of the first type of this image (1 without a base)
 * @nr_types: number of types in this image
 * @first_str: string offsets below this one lie in @base
 * @index: offset in @data of every type's record, or NULL before btf_index()
 */
struct btf {
	const u8 *data;
	u32 size;
	const struct btf *base;
	u32 type_off;
	u32 type_len;
	u32 str_off;
	u32 str_len;
	u32 first_id;
	u32 nr_types;
	u32 first_str;
	u32 *index;
};

/* What a member is once typedefs and qualifiers are stripped. */
enum btf_class {
	BTF_CLASS_INT,		/* integer, bool, enum */
	BTF_CLASS_PTR,
	BTF_CLASS_STRUCT,	/* struct or union */
	BTF_CLASS_ARRAY,
	BTF_CLASS_BIT,		/* a bit field of one bit, the lowest of a byte */
	BTF_CLASS_OTHER,
};

/**
 * struct btf_member_info - where a member lies and what it is
 * @offset: bytes from the start of the outermost struct
 * @size: bytes; 0 for a flexible array
 * @class: kind of its type
 * @bitfield: true if it is a bitfield (then @offset is that of its first byte)
 * @one_bit: true if that is the lowest bit of the first byte, and no more
 */
struct btf_member_info {
	u32 offset;
	u32 size;
	enum btf_class class;
	bool bitfield;
	bool one_bit;
};

/*
 * Check an image's header and walk all its types once.
 *
 * @base: opened and indexed image that this one builds on, or NULL
 *
 * Return: 0; -EINVAL if the image is malformed or truncated; -EPROTONOSUPPORT
 * if its magic (also: the other byte order), version or a kind of type is not
 * known; -E2BIG beyond the bounds.
 */
int btf_open(struct btf *btf, const void *data, u32 size,
	     const struct btf *base);

/**
 * btf_index() - remember where every type lies; needed before any look-up
 * @btf: opened image
 * @index: @btf->nr_types entries, owned by the caller, must outlive @btf
 */
void btf_index(struct btf *btf, u32 *index);

/**
 * btf_find_struct() - the next struct or union definition of a name
 * @btf: opened and indexed image; its base is not searched
 * @name: the tag, without "struct"
 * @after: 0 to begin, else the id that the last call returned
 *
 * Return: the type's id, or 0 if there is no (further) one.
 */
u32 btf_find_struct(const struct btf *btf, const char *name, u32 after);

/*
 * Size of a struct.
 *
 * @btf: opened and indexed image
 *
 * Return: its size in bytes, 0 if @id is no struct or union.
 */
u32 btf_struct_size(const struct btf *btf, u32 id);

/*
 * Find a member by name, also inside anonymous members.
 *
 * @btf: opened and indexed image
 * @info: filled on success
 *
 * Return: 0; -ENOENT if there is none of that name; -EINVAL if the image is
 * malformed there; -ELOOP if types or anonymous members nest too deep.
 */
int btf_find_member(const struct btf *btf, u32 id, const char *name,
		    struct btf_member_info *info);

#endif /* NBDDIAG_BTF_H */
