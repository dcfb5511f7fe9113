// SPDX-License-Identifier: GPL-2.0
/* Which images the BTF reader accepts, and the structs it finds in them. */
#include "unit.h"

#include "one_image.h"

/* Open an image with one header field changed. */
static int open_with(u32 field, u32 value)
{
	image_free(&img);
	image_make(&img, &b);
	image_set_u32(&img, field, value);
	return image_open(&img, NULL);
}

/* --- the header --- */

static void opens_image_without_types(void **state)
{
	assert_int_equal(open_built(), 0);
	assert_int_equal(img.btf.nr_types, 0);
	assert_int_equal(find("s"), 0);
}

static void refuses_less_than_a_header(void **state)
{
	struct build none = { .first_id = 1 };
	struct image whole;
	u32 len;

	image_make(&whole, &none);
	for (len = 0; len < HDR_SIZE; len++) {
		image_free(&img);
		image_copy(&img, whole.data, len);
		assert_int_equal(image_open(&img, NULL), -EINVAL);
	}
	image_free(&whole);
}

static void refuses_other_formats(void **state)
{
	static const struct {
		u32 at;
		u8 value;
	} bad[] = {
		{ HDR_MAGIC, 0x00 }, { HDR_MAGIC + 1, 0x00 },
		{ HDR_VERSION, 0 }, { HDR_VERSION, 2 }, { HDR_FLAGS, 1 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		image_free(&img);
		image_make(&img, &b);
		img.data[bad[i].at] = bad[i].value;
		assert_int_equal(image_open(&img, NULL), -EPROTONOSUPPORT);
	}
}

static void swap(u8 *p, u32 len)
{
	u32 i;
	u8 c;

	for (i = 0; i < len / 2; i++) {
		c = p[i];
		p[i] = p[len - 1 - i];
		p[len - 1 - i] = c;
	}
}

static void refuses_other_byte_order(void **state)
{
	u32 field;

	image_make(&img, &b);
	swap(img.data, 2);
	for (field = HDR_LEN; field < HDR_SIZE; field += 4)
		swap(img.data + field, 4);
	assert_int_equal(image_open(&img, NULL), -EPROTONOSUPPORT);
}

static void obeys_header_length(void **state)
{
	struct image longer;
	u8 *data;

	build_struct(&b, "s", 4, 0);
	image_make(&img, &b);
	/* Eight more bytes of header, as 7.2 knows them. */
	data = malloc(img.size + 8);
	assert_non_null(data);
	memcpy(data, img.data, HDR_SIZE);
	memset(data + HDR_SIZE, 0xff, 8);
	memcpy(data + HDR_SIZE + 8, img.data + HDR_SIZE, img.size - HDR_SIZE);
	image_copy(&longer, data, img.size + 8);
	free(data);
	image_set_u32(&longer, HDR_LEN, HDR_SIZE + 8);
	assert_int_equal(image_open(&longer, NULL), 0);
	assert_int_equal(btf_find_struct(&longer.btf, "s", 0), 1);
	image_free(&longer);
}

static void refuses_bad_header_length(void **state)
{
	static const u32 bad[] = { 0, 1, HDR_SIZE - 1, 1000, 0x7fffffff,
				   0xffffffff };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(open_with(HDR_LEN, bad[i]), -EINVAL);
	/* A header that fills the image leaves nothing for the strings. */
	assert_int_equal(open_with(HDR_LEN, img.size), -EINVAL);
}

static void refuses_sections_outside(void **state)
{
	static const u32 fields[] = { HDR_TYPE_OFF, HDR_TYPE_LEN, HDR_STR_OFF,
				      HDR_STR_LEN };
	/* The last ones wrap around to within the image in 32 bits. */
	static const u32 bad[] = { 200, 0x7fffffff, 0x80000000, 0xffffffe0,
				   0xfffffff0, 0xffffffff };
	u32 i, k;

	build_struct(&b, "s", 4, 0);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		for (k = 0; k < ARRAY_SIZE(bad); k++)
			assert_int_equal(open_with(fields[i], bad[k]),
					 -EINVAL);
	/* One byte too far. */
	assert_int_equal(open_with(HDR_STR_LEN, b.strs.len + 1), -EINVAL);
	assert_int_equal(open_with(HDR_STR_OFF, b.types.len + 1), -EINVAL);
}

static void refuses_endless_strings(void **state)
{
	/* No strings at all, with types and without. */
	assert_int_equal(open_with(HDR_STR_LEN, 0), -EINVAL);
	build_struct(&b, "s", 4, 0);
	image_free(&img);
	image_make(&img, &b);
	img.data[img.size - 1] = 'x';
	assert_int_equal(image_open(&img, NULL), -EINVAL);
	assert_int_equal(open_with(HDR_STR_LEN, 0), -EINVAL);
	/* A first string that is not empty. */
	image_free(&img);
	image_make(&img, &b);
	img.data[HDR_SIZE + b.types.len] = 'x';
	assert_int_equal(image_open(&img, NULL), -EINVAL);
}

static void refuses_huge_image(void **state)
{
	image_make(&img, &b);
	img.size = 0x4000001;
	assert_int_equal(image_open(&img, NULL), -E2BIG);
	img.size = 0xffffffff;
	assert_int_equal(image_open(&img, NULL), -E2BIG);
}

static void bounds_number_of_types(void **state)
{
	u32 i;

	for (i = 1; i < 0x100000; i++)
		build_ref(&b, K_PTR, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(img.btf.nr_types, 0xfffff);
	build_ref(&b, K_PTR, 0);
	assert_int_equal(open_built(), -E2BIG);
	assert_int_equal(img.btf.nr_types, 0);
}

/* --- type records --- */

static void knows_length_of_every_kind(void **state)
{
	u32 kind, count;

	for (kind = 1; kind < K_NR; kind++) {
		for (count = 0; count < 4; count++) {
			build_free(&b);
			build_init(&b, NULL);
			build_kind(&b, kind, count);
			build_struct(&b, "s", 4, 0);
			assert_int_equal(open_built(), 0);
			assert_int_equal(img.btf.nr_types, 2);
			assert_int_equal(find("s"), 2);
		}
	}
}

static void refuses_records_that_end_late(void **state)
{
	u32 kind, cut;

	for (kind = 1; kind < K_NR; kind++) {
		build_free(&b);
		build_init(&b, NULL);
		build_kind(&b, kind, 2);
		for (cut = 1; cut < b.types.len; cut++)
			assert_int_equal(open_with(HDR_TYPE_LEN,
						   b.types.len - cut),
					 -EINVAL);
	}
}

/* With the strings first, ASan sees what is read behind the last record. */
static void reads_nothing_behind_the_types(void **state)
{
	struct build none = { .first_id = 1 };
	struct image last;
	u32 len;

	build_word(&none, 0);	/* the strings: empty ones */
	build_ref(&none, K_PTR, 0);
	build_ref(&none, K_PTR, 0);
	image_make(&img, &none);
	image_set_u32(&img, HDR_STR_OFF, 0);
	image_set_u32(&img, HDR_STR_LEN, 4);
	image_set_u32(&img, HDR_TYPE_OFF, 4);
	for (len = 0; len <= 24; len++) {
		image_copy(&last, img.data, HDR_SIZE + 4 + len);
		image_set_u32(&last, HDR_TYPE_LEN, len);
		assert_int_equal(image_open(&last, NULL),
				 len % 12 ? -EINVAL : 0);
		image_free(&last);
	}
	build_free(&none);
}

static void refuses_unknown_kinds(void **state)
{
	u32 kind;

	for (kind = 0; kind < 128; kind++) {
		if (kind && kind < K_NR)
			continue;
		build_free(&b);
		build_init(&b, NULL);
		build_type(&b, NULL, kind, 0, 0);
		assert_int_equal(open_built(),
				 kind ? -EPROTONOSUPPORT : -EINVAL);
	}
}

static void refuses_counts_beyond_the_section(void **state)
{
	static const u32 counts[] = { 1, 0xffff, 0x10000, 0xffffff };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		build_free(&b);
		build_init(&b, NULL);
		build_type(&b, "s", K_STRUCT, counts[i], 4);
		assert_int_equal(open_built(), -EINVAL);
	}
}

static void reads_counts_of_more_than_16_bits(void **state)
{
	u32 i;

	build_struct(&b, "big", 4, 0x10001);
	for (i = 0; i < 0x10001; i++)
		build_member(&b, NULL, 0, 0);
	build_struct(&b, "s", 4, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(find("s"), 2);
}

static void refuses_type_names_outside(void **state)
{
	u32 name;

	build_struct(&b, "s", 4, 0);
	for (name = b.strs.len; name; name *= 2) {
		image_free(&img);
		image_make(&img, &b);
		image_set_u32(&img, HDR_SIZE, name);
		assert_int_equal(image_open(&img, NULL), -EINVAL);
	}
	image_free(&img);
	image_make(&img, &b);
	image_set_u32(&img, HDR_SIZE, 0xffffffff);
	assert_int_equal(image_open(&img, NULL), -EINVAL);
}

/* --- finding structs --- */

static void finds_each_definition_in_turn(void **state)
{
	u32 first, second, third;

	build_int(&b, "s", 4);
	build_type(&b, "s", K_FWD, 0, 0);
	first = build_struct(&b, "s", 4, 0);
	build_struct(&b, "sx", 4, 0);
	second = build_type(&b, "s", K_UNION, 0, 8);
	build_typedef(&b, "s", first);
	third = build_struct(&b, "s", 12, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_struct(&img.btf, "s", 0), first);
	assert_int_equal(btf_find_struct(&img.btf, "s", first), second);
	assert_int_equal(btf_find_struct(&img.btf, "s", second), third);
	assert_int_equal(btf_find_struct(&img.btf, "s", third), 0);
	assert_int_equal(btf_find_struct(&img.btf, "s", 0xffffffff), 0);
	assert_int_equal(find("x"), 0);
	assert_int_equal(btf_struct_size(&img.btf, first), 4);
	assert_int_equal(btf_struct_size(&img.btf, second), 8);
	assert_int_equal(btf_struct_size(&img.btf, third), 12);
}

static void finds_no_declaration(void **state)
{
	build_type(&b, "s", K_FWD, 0, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(find("s"), 0);
}

static void gives_no_size_for_other_types(void **state)
{
	u32 id = build_int(&b, "int", 4);

	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_struct_size(&img.btf, id), 0);
	assert_int_equal(btf_struct_size(&img.btf, 0), 0);
	assert_int_equal(btf_struct_size(&img.btf, id + 1), 0);
	assert_int_equal(btf_struct_size(&img.btf, 0xffffffff), 0);
}

static void finds_nothing_without_index(void **state)
{
	struct btf_member_info info;
	struct btf btf;

	build_struct(&b, "s", 4, 0);
	image_make(&img, &b);
	assert_int_equal(btf_open(&btf, img.data, img.size, NULL), 0);
	assert_int_equal(btf_find_struct(&btf, "s", 0), 0);
	assert_int_equal(btf_struct_size(&btf, 1), 0);
	assert_int_equal(btf_find_member(&btf, 1, "m", &info), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(opens_image_without_types),
	TEST(refuses_less_than_a_header),
	TEST(refuses_other_formats),
	TEST(refuses_other_byte_order),
	TEST(obeys_header_length),
	TEST(refuses_bad_header_length),
	TEST(refuses_sections_outside),
	TEST(refuses_endless_strings),
	TEST(refuses_huge_image),
	TEST(bounds_number_of_types),
	TEST(knows_length_of_every_kind),
	TEST(refuses_records_that_end_late),
	TEST(reads_nothing_behind_the_types),
	TEST(refuses_unknown_kinds),
	TEST(refuses_counts_beyond_the_section),
	TEST(reads_counts_of_more_than_16_bits),
	TEST(refuses_type_names_outside),
	TEST(finds_each_definition_in_turn),
	TEST(finds_no_declaration),
	TEST(gives_no_size_for_other_types),
	TEST(finds_nothing_without_index),
};

int main(void)
{
	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
