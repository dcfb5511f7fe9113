/* SPDX-License-Identifier: GPL-2.0 */
/* Makes BTF images in memory, sound or broken, for the unit tests. */
#ifndef BTF_BUILD_H
#define BTF_BUILD_H

#include "layout/btf.h"

enum {
	K_INT = 1, K_PTR, K_ARRAY, K_STRUCT, K_UNION, K_ENUM, K_FWD,
	K_TYPEDEF, K_VOLATILE, K_CONST, K_RESTRICT, K_FUNC, K_FUNC_PROTO,
	K_VAR, K_DATASEC, K_FLOAT, K_DECL_TAG, K_TYPE_TAG, K_ENUM64, K_NR
};

#define K_FLAG 0x80000000u

/* Where the header's fields lie. */
enum {
	HDR_MAGIC = 0, HDR_VERSION = 2, HDR_FLAGS = 3, HDR_LEN = 4,
	HDR_TYPE_OFF = 8, HDR_TYPE_LEN = 12, HDR_STR_OFF = 16,
	HDR_STR_LEN = 20, HDR_SIZE = 24
};

struct bytes {
	u8 *data;
	u32 len;
	u32 room;
};

/*
 * An image in the making: append types, then image_make(). Ids are given out
 * in sequence, so that a type may name one that is yet to come.
 */
struct build {
	struct bytes types;
	struct bytes strs;
	u32 first_id;
	u32 first_str;
	u32 nr;
};

void build_init(struct build *b, const struct build *base);
void build_free(struct build *b);

/* Each type function returns the new type's id; a NULL name means none. */
u32 build_str(struct build *b, const char *s);
u32 build_type(struct build *b, const char *name, u32 kind, u32 count,
	       u32 size_or_type);
void build_word(struct build *b, u32 word);
u32 build_int(struct build *b, const char *name, u32 size);
u32 build_ref(struct build *b, u32 kind, u32 type);
u32 build_typedef(struct build *b, const char *name, u32 type);
u32 build_array(struct build *b, u32 elem, u32 nr);
/* Must be followed by @count times build_member(). */
u32 build_struct(struct build *b, const char *name, u32 size, u32 count);
void build_member(struct build *b, const char *name, u32 type, u32 bits);
/* Any kind, with @count elements of zeros. */
void build_kind(struct build *b, u32 kind, u32 count);
/* The id that the next type will get. */
u32 build_next(const struct build *b);

/* A finished image in memory of exactly its size, so that ASan guards it. */
struct image {
	u8 *data;
	u32 size;
	struct btf btf;
};

void image_make(struct image *img, const struct build *b);
void image_copy(struct image *img, const void *data, u32 size);
void image_read(struct image *img, const char *path);
u32 image_u32(const struct image *img, u32 off);
void image_set_u32(struct image *img, u32 off, u32 v);
/* btf_open(), and btf_index() if that worked; returns what it returned. */
int image_open(struct image *img, const struct image *base);
/*
 * The same, once opened, with the types last, so that ASan sees whatever is
 * read behind them.
 */
void image_types_last(struct image *img, const struct image *opened);
void image_free(struct image *img);

#endif /* BTF_BUILD_H */
