// SPDX-License-Identifier: GPL-2.0
/* Split BTF: a module's image that builds on that of vmlinux. */
#include "unit.h"

#include "btf_build.h"

static struct build bb, bs;
static struct image base, split;

/* The base has int, struct list (16 bytes) and a typedef of it. */
enum { INT_ID = 1, LIST_ID, TYPEDEF_ID, BASE_NR = 3 };

static int setup(void **state)
{
	build_init(&bb, NULL);
	build_int(&bb, "int", 4);
	build_struct(&bb, "list", 16, 1);
	build_member(&bb, "next", INT_ID, 64);
	build_typedef(&bb, "list_t", LIST_ID);
	image_make(&base, &bb);
	if (image_open(&base, NULL))
		return -1;
	build_init(&bs, &bb);
	return 0;
}

static int teardown(void **state)
{
	build_free(&bb);
	build_free(&bs);
	image_free(&base);
	image_free(&split);
	return 0;
}

static int open_split(void)
{
	image_free(&split);
	image_make(&split, &bs);
	return image_open(&split, &base);
}

static int find_member(const char *name, const char *member,
		       struct btf_member_info *info)
{
	return btf_find_member(&split.btf,
			       btf_find_struct(&split.btf, name, 0), member,
			       info);
}

static void continues_ids_and_strings(void **state)
{
	struct btf_member_info info;
	u32 s;

	s = build_struct(&bs, "s", 64, 3);
	build_member(&bs, "a", TYPEDEF_ID, 0);
	build_member(&bs, "b", BASE_NR + 2, 32 * 8);
	build_member(&bs, NULL, LIST_ID, 40 * 8);
	build_array(&bs, LIST_ID, 3);
	assert_int_equal(s, BASE_NR + 1);
	assert_int_equal(open_split(), 0);
	assert_int_equal(btf_find_struct(&split.btf, "s", 0), s);
	assert_int_equal(btf_find_struct(&split.btf, "s", s), 0);
	assert_int_equal(find_member("s", "a", &info), 0);
	assert_int_equal(info.size, 16);
	assert_int_equal(find_member("s", "b", &info), 0);
	assert_int_equal(info.size, 48);
	/* An anonymous member whose names lie in the base's strings. */
	assert_int_equal(find_member("s", "next", &info), 0);
	assert_int_equal(info.offset, 48);
	assert_int_equal(info.size, 4);
}

static void finds_names_among_the_strings_of_the_base(void **state)
{
	build_struct(&bs, NULL, 24, 0);
	image_make(&split, &bs);
	/* Let it have the name of the base's struct: after "" and "int". */
	image_set_u32(&split, HDR_SIZE, 5);
	assert_int_equal(image_open(&split, &base), 0);
	assert_int_equal(btf_find_struct(&split.btf, "list", 0), BASE_NR + 1);
}

static void does_not_search_the_base(void **state)
{
	build_struct(&bs, "s", 8, 0);
	assert_int_equal(open_split(), 0);
	assert_int_equal(btf_find_struct(&split.btf, "list", 0), 0);
	assert_int_equal(btf_find_struct(&split.btf, "list", 1), 0);
	assert_int_equal(btf_struct_size(&split.btf, LIST_ID), 16);
}

static void may_have_no_strings_of_its_own(void **state)
{
	build_struct(&bs, NULL, 8, 0);
	assert_int_equal(bs.strs.len, 0);
	assert_int_equal(open_split(), 0);
	assert_int_equal(split.btf.nr_types, 1);
}

static void refuses_names_beyond_both(void **state)
{
	u32 bad;

	build_struct(&bs, "s", 8, 0);
	for (bad = bb.strs.len + bs.strs.len; bad < 0x80000000; bad *= 2) {
		image_free(&split);
		image_make(&split, &bs);
		image_set_u32(&split, HDR_SIZE, bad);
		assert_int_equal(image_open(&split, &base), -EINVAL);
	}
}

static void refuses_ids_beyond_both(void **state)
{
	struct btf_member_info info;

	build_struct(&bs, "s", 8, 1);
	build_member(&bs, "m", BASE_NR + 2, 0);
	assert_int_equal(open_split(), 0);
	assert_int_equal(find_member("s", "m", &info), -EINVAL);
}

static void refuses_to_split_twice(void **state)
{
	struct image third;

	/* Nothing is wrong with an image that adds nothing. */
	assert_int_equal(open_split(), 0);
	image_make(&third, &bs);
	assert_int_equal(image_open(&third, &split), -EINVAL);
	image_free(&third);
}

static void survives_base_without_index(void **state)
{
	struct btf_member_info info;
	u32 *index = base.btf.index;

	build_struct(&bs, "s", 8, 1);
	build_member(&bs, "m", INT_ID, 0);
	assert_int_equal(open_split(), 0);
	base.btf.index = NULL;
	assert_int_equal(find_member("s", "m", &info), -EINVAL);
	base.btf.index = index;
	assert_int_equal(find_member("s", "m", &info), 0);
}

/* Alone, a split image refers to strings and types that do not exist. */
static void needs_its_base(void **state)
{
	build_struct(&bs, "s", 8, 0);
	image_make(&split, &bs);
	assert_int_equal(image_open(&split, NULL), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(continues_ids_and_strings),
	TEST(finds_names_among_the_strings_of_the_base),
	TEST(does_not_search_the_base),
	TEST(may_have_no_strings_of_its_own),
	TEST(refuses_names_beyond_both),
	TEST(refuses_ids_beyond_both),
	TEST(refuses_to_split_twice),
	TEST(survives_base_without_index),
	TEST(needs_its_base),
};

int main(void)
{
	return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
