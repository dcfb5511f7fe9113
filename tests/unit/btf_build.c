// SPDX-License-Identifier: GPL-2.0
/* Makes BTF images in memory, sound or broken, for the unit tests. */
#include <stdio.h>
#include <stdlib.h>

#include "btf_build.h"

static void *must(void *p)
{
	if (!p) {
		perror("btf_build");
		abort();
	}
	return p;
}

static void append(struct bytes *to, const void *data, u32 n)
{
	if (to->len + n > to->room) {
		to->room = (to->len + n) * 2 + 64;
		to->data = must(realloc(to->data, to->room));
	}
	memcpy(to->data + to->len, data, n);
	to->len += n;
}

void build_init(struct build *b, const struct build *base)
{
	memset(b, 0, sizeof(*b));
	b->first_id = 1;
	if (base) {
		b->first_id = base->first_id + base->nr;
		b->first_str = base->strs.len;
	} else {
		append(&b->strs, "", 1);
	}
}

void build_free(struct build *b)
{
	free(b->types.data);
	free(b->strs.data);
}

u32 build_str(struct build *b, const char *s)
{
	u32 off = b->first_str + b->strs.len;

	if (!s)
		return 0;
	append(&b->strs, s, strlen(s) + 1);
	return off;
}

void build_word(struct build *b, u32 word)
{
	append(&b->types, &word, sizeof(word));
}

u32 build_type(struct build *b, const char *name, u32 kind, u32 count,
	       u32 size_or_type)
{
	u32 flag = kind & K_FLAG;

	build_word(b, build_str(b, name));
	build_word(b, flag | (kind & ~K_FLAG) << 24 | count);
	build_word(b, size_or_type);
	return b->first_id + b->nr++;
}

u32 build_int(struct build *b, const char *name, u32 size)
{
	u32 id = build_type(b, name, K_INT, 0, size);

	build_word(b, size * 8);
	return id;
}

u32 build_ref(struct build *b, u32 kind, u32 type)
{
	return build_type(b, NULL, kind, 0, type);
}

u32 build_typedef(struct build *b, const char *name, u32 type)
{
	return build_type(b, name, K_TYPEDEF, 0, type);
}

u32 build_array(struct build *b, u32 elem, u32 nr)
{
	u32 id = build_type(b, NULL, K_ARRAY, 0, 0);

	build_word(b, elem);
	build_word(b, 1);
	build_word(b, nr);
	return id;
}

u32 build_struct(struct build *b, const char *name, u32 size, u32 count)
{
	return build_type(b, name, K_STRUCT, count, size);
}

void build_member(struct build *b, const char *name, u32 type, u32 bits)
{
	build_word(b, build_str(b, name));
	build_word(b, type);
	build_word(b, bits);
}

/* Words that follow a record of each kind: once, and per element. */
static const u8 kind_words[K_NR][2] = {
	[K_INT] = { 1, 0 }, [K_ARRAY] = { 3, 0 }, [K_STRUCT] = { 0, 3 },
	[K_UNION] = { 0, 3 }, [K_ENUM] = { 0, 2 }, [K_FUNC_PROTO] = { 0, 2 },
	[K_VAR] = { 1, 0 }, [K_DATASEC] = { 0, 3 }, [K_DECL_TAG] = { 1, 0 },
	[K_ENUM64] = { 0, 3 },
};

void build_kind(struct build *b, u32 kind, u32 count)
{
	u32 words = kind_words[kind][0] + kind_words[kind][1] * count;

	build_type(b, "k", kind, count, 4);
	while (words--)
		build_word(b, 0);
}

u32 build_next(const struct build *b)
{
	return b->first_id + b->nr;
}

void image_make(struct image *img, const struct build *b)
{
	u16 magic = 0xeb9f;

	memset(img, 0, sizeof(*img));
	img->size = HDR_SIZE + b->types.len + b->strs.len;
	img->data = must(malloc(img->size));
	memset(img->data, 0, HDR_SIZE);
	memcpy(img->data, &magic, sizeof(magic));
	img->data[HDR_VERSION] = 1;
	image_set_u32(img, HDR_LEN, HDR_SIZE);
	image_set_u32(img, HDR_TYPE_LEN, b->types.len);
	image_set_u32(img, HDR_STR_OFF, b->types.len);
	image_set_u32(img, HDR_STR_LEN, b->strs.len);
	if (b->types.len)
		memcpy(img->data + HDR_SIZE, b->types.data, b->types.len);
	if (b->strs.len)
		memcpy(img->data + HDR_SIZE + b->types.len, b->strs.data,
		       b->strs.len);
}

void image_copy(struct image *img, const void *data, u32 size)
{
	memset(img, 0, sizeof(*img));
	img->size = size;
	img->data = must(malloc(size));
	if (size)
		memcpy(img->data, data, size);
}

void image_read(struct image *img, const char *path)
{
	FILE *f = must(fopen(path, "rb"));
	long size;

	memset(img, 0, sizeof(*img));
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	img->size = size;
	img->data = must(malloc(size));
	if (fread(img->data, 1, size, f) != (size_t)size)
		abort();
	fclose(f);
}

u32 image_u32(const struct image *img, u32 off)
{
	u32 v;

	memcpy(&v, img->data + off, sizeof(v));
	return v;
}

void image_set_u32(struct image *img, u32 off, u32 v)
{
	memcpy(img->data + off, &v, sizeof(v));
}

int image_open(struct image *img, const struct image *base)
{
	int err;

	free(img->btf.index);
	err = btf_open(&img->btf, img->data, img->size,
		       base ? &base->btf : NULL);
	if (err)
		return err;
	btf_index(&img->btf,
		  must(malloc(img->btf.nr_types * sizeof(u32) + 1)));
	return 0;
}

void image_types_last(struct image *img, const struct image *opened)
{
	const struct btf *btf = &opened->btf;

	memset(img, 0, sizeof(*img));
	img->size = HDR_SIZE + btf->str_len + btf->type_len;
	img->data = must(malloc(img->size));
	memcpy(img->data, opened->data, HDR_SIZE);
	memcpy(img->data + HDR_SIZE, opened->data + btf->str_off, btf->str_len);
	memcpy(img->data + HDR_SIZE + btf->str_len,
	       opened->data + btf->type_off, btf->type_len);
	image_set_u32(img, HDR_LEN, HDR_SIZE);
	image_set_u32(img, HDR_STR_OFF, 0);
	image_set_u32(img, HDR_TYPE_OFF, btf->str_len);
}

void image_free(struct image *img)
{
	free(img->btf.index);
	free(img->data);
	memset(img, 0, sizeof(*img));
}
