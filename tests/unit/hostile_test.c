// SPDX-License-Identifier: GPL-2.0
/*
 * Images cut at every length and with every byte changed. The sanitizers are
 * the judges: nothing may be read outside, overflow or take for ever.
 */
#include "unit.h"

#include "layout_build.h"

/* A base with the core's structs and a split image with nbd's. */
static struct image base, split;

static int setup(void **state)
{
	struct build bb, bs;
	u32 st;

	build_init(&bb, NULL);
	layout_types(&bb);
	for (st = 0; st < LS_NR; st++)
		if (layout_struct_specs[st].home == LAYOUT_HOME_CORE)
			layout_struct(&bb, st, LM_NR, FAULT_NONE);
	build_init(&bs, &bb);
	for (st = 0; st < LS_NR; st++)
		if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
			layout_struct(&bs, st, LM_NR, FAULT_NONE);
	image_make(&base, &bb);
	image_make(&split, &bs);
	build_free(&bb);
	build_free(&bs);
	return image_open(&base, NULL) || image_open(&split, &base);
}

static int teardown(void **state)
{
	image_free(&base);
	image_free(&split);
	return 0;
}

static int try_image(const void *data, u32 size, const struct image *on)
{
	struct image img, last;
	int err;

	image_copy(&img, data, size);
	err = image_open(&img, on);
	if (!err) {
		assert_true(layout_consistent(&img.btf));
		image_types_last(&last, &img);
		assert_int_equal(image_open(&last, on), 0);
		assert_true(layout_consistent(&last.btf));
		image_free(&last);
	}
	assert_true(!err || err == -EINVAL || err == -EPROTONOSUPPORT ||
		    err == -E2BIG);
	image_free(&img);
	return err;
}

static void survives_every_prefix(void **state)
{
	u32 len;

	for (len = 0; len < base.size; len++)
		assert_int_equal(try_image(base.data, len, NULL), -EINVAL);
	for (len = 0; len < split.size; len++)
		assert_int_equal(try_image(split.data, len, &base), -EINVAL);
	assert_int_equal(try_image(base.data, base.size, NULL), 0);
	assert_int_equal(try_image(split.data, split.size, &base), 0);
}

/* Also images whose header has been mended to fit the length. */
static void survives_cut_sections(void **state)
{
	u32 types = image_u32(&split, HDR_TYPE_LEN);
	struct image img;
	u32 len;

	for (len = 0; len < types; len++) {
		image_copy(&img, split.data, split.size);
		image_set_u32(&img, HDR_TYPE_LEN, len);
		try_image(img.data, img.size, &base);
		image_free(&img);
	}
	for (len = 0; len < split.size - types - HDR_SIZE; len++) {
		image_copy(&img, split.data, HDR_SIZE + types + len);
		image_set_u32(&img, HDR_STR_LEN, len);
		try_image(img.data, img.size, &base);
		image_free(&img);
	}
}

static void corrupt_every_byte(const struct image *img, const struct image *on)
{
	static const u8 masks[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40,
				    0x80, 0xff, 0x7f };
	u8 *data = malloc(img->size);
	u32 i, k;

	assert_non_null(data);
	memcpy(data, img->data, img->size);
	for (i = 0; i < img->size; i++) {
		for (k = 0; k < ARRAY_SIZE(masks); k++) {
			data[i] ^= masks[k];
			try_image(data, img->size, on);
			data[i] ^= masks[k];
		}
	}
	free(data);
}

static void survives_every_changed_byte(void **state)
{
	corrupt_every_byte(&base, NULL);
	corrupt_every_byte(&split, &base);
}

static void survives_extreme_words(void **state)
{
	static const u32 words[] = { 0, 0x7fffffff, 0x80000000, 0xfffffff0,
				     0xffffffff };
	struct image img;
	u32 i, k, old;

	image_copy(&img, split.data, split.size);
	for (i = 0; i + 4 <= img.size; i += 4) {
		old = image_u32(&img, i);
		for (k = 0; k < ARRAY_SIZE(words); k++) {
			image_set_u32(&img, i, words[k]);
			try_image(img.data, img.size, &base);
		}
		image_set_u32(&img, i, old);
	}
	image_free(&img);
}

/* A split image on a broken base. */
static void survives_changed_base(void **state)
{
	struct image img;
	u32 i;

	image_copy(&img, base.data, base.size);
	for (i = 0; i < img.size; i++) {
		img.data[i] ^= 0xff;
		if (!image_open(&img, NULL))
			try_image(split.data, split.size, &img);
		img.data[i] ^= 0xff;
	}
	image_free(&img);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(survives_every_prefix),
	cmocka_unit_test(survives_cut_sections),
	cmocka_unit_test(survives_every_changed_byte),
	cmocka_unit_test(survives_extreme_words),
	cmocka_unit_test(survives_changed_base),
};

int main(void)
{
	return cmocka_run_group_tests_name("hostile", tests, setup, teardown);
}
