// SPDX-License-Identifier: GPL-2.0
/* Where the BTF reader finds a struct's members, and where it refuses. */
#include "unit.h"

#include "one_image.h"

/* Build and open "struct s" of one member "m", and look that up. */
static int find_only(u32 type, u32 bits, struct btf_member_info *info)
{
	build_struct(&b, "s", 8, 1);
	build_member(&b, "m", type, bits);
	assert_int_equal(open_built(), 0);
	return btf_find_member(&img.btf, find("s"), "m", info);
}

/* --- members --- */

static void assert_member(const struct btf_member_info *info, u32 offset,
			  u32 size, enum btf_class class)
{
	assert_int_equal(info->offset, offset);
	assert_int_equal(info->size, size);
	assert_int_equal(info->class, class);
	assert_false(info->bitfield);
}

static void tells_class_and_size(void **state)
{
	struct btf_member_info info;
	u32 types[7];
	static const char * const names[] = { "int", "ptr", "struct", "union",
					      "enum", "enum64", "float" };
	static const struct {
		u32 size;
		enum btf_class class;
	} want[] = {
		{ 2, BTF_CLASS_INT }, { sizeof(void *), BTF_CLASS_PTR },
		{ 40, BTF_CLASS_STRUCT }, { 24, BTF_CLASS_STRUCT },
		{ 4, BTF_CLASS_INT }, { 8, BTF_CLASS_INT },
		{ 8, BTF_CLASS_OTHER },
	};
	u32 i, s;

	types[0] = build_int(&b, "short", 2);
	types[1] = build_ref(&b, K_PTR, 0);
	types[2] = build_struct(&b, "t", 40, 0);
	types[3] = build_type(&b, "u", K_UNION, 0, 24);
	types[4] = build_type(&b, "e", K_ENUM, 0, 4);
	types[5] = build_type(&b, "e64", K_ENUM64, 0, 8);
	types[6] = build_type(&b, "double", K_FLOAT, 0, 8);
	s = build_struct(&b, "s", 200, 7);
	for (i = 0; i < 7; i++)
		build_member(&b, names[i], types[i], i * 16 * 8);
	assert_int_equal(open_built(), 0);
	for (i = 0; i < 7; i++) {
		assert_int_equal(btf_find_member(&img.btf, s, names[i], &info),
				 0);
		assert_member(&info, i * 16, want[i].size, want[i].class);
	}
}

static void tells_absent_member(void **state)
{
	struct btf_member_info info = { .offset = 77, .size = 78 };
	u32 num = build_int(&b, "int", 4);

	assert_int_equal(find_only(num, 0, &info), 0);
	info.offset = 77;
	info.size = 78;
	assert_int_equal(btf_find_member(&img.btf, find("s"), "mm", &info),
			 -ENOENT);
	assert_int_equal(btf_find_member(&img.btf, find("s"), "", &info),
			 -ENOENT);
	/* Neither an integer nor void nor a missing type has members. */
	assert_int_equal(btf_find_member(&img.btf, num, "m", &info), -EINVAL);
	assert_int_equal(btf_find_member(&img.btf, 0, "m", &info), -EINVAL);
	assert_int_equal(btf_find_member(&img.btf, 99, "m", &info), -EINVAL);
	assert_int_equal(info.offset, 77);
	assert_int_equal(info.size, 78);
}

static void strips_typedefs_and_qualifiers(void **state)
{
	static const u32 kinds[] = { K_TYPEDEF, K_VOLATILE, K_CONST,
				     K_RESTRICT, K_TYPE_TAG };
	struct btf_member_info info;
	u32 type = build_int(&b, "int", 4);
	u32 i;

	for (i = 0; i < 31; i++)
		type = build_type(&b, "t", kinds[i % ARRAY_SIZE(kinds)], 0,
				  type);
	assert_int_equal(find_only(type, 32, &info), 0);
	assert_member(&info, 4, 4, BTF_CLASS_INT);
}

static void bounds_typedef_chains(void **state)
{
	struct btf_member_info info;
	u32 type = build_int(&b, "int", 4);
	u32 i;

	for (i = 0; i < 32; i++)
		type = build_typedef(&b, "t", type);
	assert_int_equal(find_only(type, 0, &info), -ELOOP);
}

static void survives_cyclic_typedefs(void **state)
{
	struct btf_member_info info;
	u32 a = build_next(&b);

	build_typedef(&b, "a", a + 1);
	build_ref(&b, K_CONST, a + 2);
	build_typedef(&b, "c", a);
	assert_int_equal(find_only(a, 0, &info), -ELOOP);
}

static void survives_typedef_of_itself(void **state)
{
	struct btf_member_info info;
	u32 a = build_typedef(&b, "a", 1);

	assert_int_equal(a, 1);
	assert_int_equal(find_only(a, 0, &info), -ELOOP);
}

static void refuses_members_without_size(void **state)
{
	static const u32 kinds[] = { K_FWD, K_FUNC, K_FUNC_PROTO, K_VAR,
				     K_DATASEC, K_DECL_TAG };
	struct btf_member_info info;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		build_free(&b);
		build_init(&b, NULL);
		build_kind(&b, kinds[i], 0);
		assert_int_equal(find_only(1, 0, &info), -EINVAL);
	}
}

static void refuses_type_ids_outside(void **state)
{
	static const u32 bad[] = { 0, 3, 4, 0x100000, 0x7fffffff, 0xffffffff };
	struct btf_member_info info;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		build_free(&b);
		build_init(&b, NULL);
		build_int(&b, "int", 4);
		assert_int_equal(find_only(bad[i], 0, &info), -EINVAL);
	}
}

static void refuses_const_void(void **state)
{
	struct btf_member_info info;

	assert_int_equal(find_only(build_ref(&b, K_CONST, 0), 0, &info),
			 -EINVAL);
}

static void refuses_member_names_outside(void **state)
{
	struct btf_member_info info;

	build_int(&b, "int", 4);
	build_struct(&b, "s", 8, 1);
	build_word(&b, 0x10000);
	build_word(&b, 1);
	build_word(&b, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, find("s"), "m", &info),
			 -EINVAL);
}

/* --- arrays --- */

static void measures_arrays(void **state)
{
	struct btf_member_info info;
	u32 type = build_int(&b, "int", 4);

	type = build_typedef(&b, "row", build_array(&b, type, 3));
	type = build_ref(&b, K_CONST, build_array(&b, type, 5));
	assert_int_equal(find_only(type, 64, &info), 0);
	assert_member(&info, 8, 60, BTF_CLASS_ARRAY);
}

static void measures_flexible_array(void **state)
{
	struct btf_member_info info;
	u32 type = build_array(&b, build_ref(&b, K_PTR, 0), 0);

	assert_int_equal(find_only(type, 24 * 8, &info), 0);
	assert_member(&info, 24, 0, BTF_CLASS_ARRAY);
}

static void measures_largest_array(void **state)
{
	struct btf_member_info info;
	u32 type = build_int(&b, "char", 1);

	type = build_array(&b, build_array(&b, type, 0xffff), 0x10001);
	assert_int_equal(find_only(type, 0, &info), 0);
	assert_member(&info, 0, 0xffffffff, BTF_CLASS_ARRAY);
}

static void refuses_array_dimensions_that_overflow(void **state)
{
	struct btf_member_info info;
	u32 type = build_int(&b, "char", 1);

	type = build_array(&b, build_array(&b, type, 0x10000), 0x10000);
	assert_int_equal(find_only(type, 0, &info), -EINVAL);
	/* 2^64 would wrap around to 0. */
	type = build_array(&b, build_array(&b, type, 0x10000), 0x10000);
	build_struct(&b, "t", 8, 1);
	build_member(&b, "m", type, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, find("t"), "m", &info),
			 -EINVAL);
}

static void refuses_array_size_that_overflows(void **state)
{
	struct btf_member_info info;
	u32 type = build_array(&b, build_int(&b, "int", 4), 0x40000001);

	assert_int_equal(find_only(type, 0, &info), -EINVAL);
}

static void refuses_array_of_void(void **state)
{
	struct btf_member_info info;

	assert_int_equal(find_only(build_array(&b, 0, 4), 0, &info), -EINVAL);
}

static void refuses_array_of_functions(void **state)
{
	struct btf_member_info info;
	u32 func = build_type(&b, NULL, K_FUNC_PROTO, 0, 0);

	assert_int_equal(find_only(build_array(&b, func, 4), 0, &info),
			 -EINVAL);
}

static void bounds_dimensions(void **state)
{
	struct btf_member_info info;
	u32 type = build_int(&b, "int", 4);
	u32 i;

	for (i = 0; i < 8; i++)
		type = build_array(&b, type, 1);
	assert_int_equal(find_only(type, 0, &info), 0);
	assert_int_equal(info.size, 4);
	assert_int_equal(find_only(build_array(&b, type, 1), 0, &info), 0);
	/* The first "s" was found again; ask for the one just built. */
	assert_int_equal(btf_find_member(&img.btf,
					 btf_find_struct(&img.btf, "s",
							 find("s")),
					 "m", &info), -ELOOP);
}

static void survives_array_of_itself(void **state)
{
	struct btf_member_info info;
	u32 type = build_next(&b);

	build_array(&b, type, 1);
	assert_int_equal(find_only(type, 0, &info), -ELOOP);
}

/* --- anonymous members --- */

static void finds_members_of_anonymous_ones(void **state)
{
	struct btf_member_info info;
	u32 num = build_int(&b, "int", 4);
	u32 inner, outer, s;

	inner = build_type(&b, NULL, K_UNION, 2, 8);
	build_member(&b, "a", num, 0);
	build_member(&b, "b", num, 32);
	/* Also behind a typedef and a qualifier (-fms-extensions). */
	inner = build_typedef(&b, "in", build_ref(&b, K_CONST, inner));
	outer = build_struct(&b, NULL, 24, 2);
	build_member(&b, NULL, inner, 64);
	build_member(&b, "c", num, 128);
	s = build_struct(&b, "s", 64, 3);
	build_member(&b, "first", num, 0);
	build_member(&b, NULL, outer, 16 * 8);
	build_member(&b, "last", num, 40 * 8);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, s, "b", &info), 0);
	assert_member(&info, 16 + 8 + 4, 4, BTF_CLASS_INT);
	assert_int_equal(btf_find_member(&img.btf, s, "c", &info), 0);
	assert_member(&info, 16 + 16, 4, BTF_CLASS_INT);
	assert_int_equal(btf_find_member(&img.btf, s, "last", &info), 0);
	assert_member(&info, 40, 4, BTF_CLASS_INT);
	assert_int_equal(btf_find_member(&img.btf, s, "d", &info), -ENOENT);
}

static void finds_nothing_in_named_structs(void **state)
{
	struct btf_member_info info;
	u32 num = build_int(&b, "int", 4);
	u32 inner = build_struct(&b, NULL, 4, 1);

	build_member(&b, "a", num, 0);
	assert_int_equal(find_only(inner, 0, &info), 0);
	assert_int_equal(btf_find_member(&img.btf, find("s"), "a", &info),
			 -ENOENT);
}

static void bounds_anonymous_nesting(void **state)
{
	struct btf_member_info info;
	u32 type = build_int(&b, "int", 4);
	u32 i, ids[9];

	ids[0] = build_struct(&b, NULL, 4, 1);
	build_member(&b, "m", type, 0);
	for (i = 1; i < 9; i++) {
		ids[i] = build_struct(&b, NULL, 4, 1);
		build_member(&b, NULL, ids[i - 1], 8);
	}
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, ids[7], "m", &info), 0);
	assert_int_equal(info.offset, 7);
	assert_int_equal(btf_find_member(&img.btf, ids[8], "m", &info),
			 -ELOOP);
}

static void survives_struct_in_itself(void **state)
{
	struct btf_member_info info;
	u32 s = build_next(&b);

	build_struct(&b, "s", 8, 2);
	build_member(&b, NULL, s, 0);
	build_member(&b, "m", s, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, s, "m", &info), -ELOOP);
}

/* Seven levels of 64 members each would be 2^42 steps. */
static void bounds_members_visited(void **state)
{
	struct btf_member_info info;
	u32 i, k, id = 0;

	for (i = 0; i < 7; i++) {
		u32 inner = id;

		id = build_struct(&b, i == 6 ? "s" : NULL, 8, 64);
		for (k = 0; k < 64; k++) {
			if (inner)
				build_member(&b, NULL, inner, 0);
			else
				build_member(&b, "x", 0, 0);
		}
	}
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, find("s"), "m", &info),
			 -ELOOP);
}

static void refuses_anonymous_members_outside(void **state)
{
	struct btf_member_info info;

	build_int(&b, "int", 4);
	build_struct(&b, "s", 8, 2);
	build_member(&b, NULL, 99, 0);
	build_member(&b, "m", 1, 0);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, find("s"), "m", &info),
			 -EINVAL);
}

static void adds_offsets_beyond_32_bits(void **state)
{
	struct btf_member_info info;
	u32 type = build_int(&b, "int", 4);
	u32 i, ids[8];

	ids[0] = build_struct(&b, NULL, 4, 1);
	build_member(&b, "m", type, 0xfffffff8);
	for (i = 1; i < 8; i++) {
		ids[i] = build_struct(&b, NULL, 4, 1);
		build_member(&b, NULL, ids[i - 1], 0xfffffff8);
	}
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, ids[0], "m", &info), 0);
	assert_int_equal(info.offset, 0x1fffffff);
	assert_int_equal(btf_find_member(&img.btf, ids[7], "m", &info), 0);
	assert_int_equal(info.offset, 0xfffffff8);
}

/* --- bitfields --- */

static u32 build_flagged(const char *name, u32 count)
{
	return build_type(&b, name, K_STRUCT | K_FLAG, count, 8);
}

static void tells_flagged_bitfields(void **state)
{
	struct btf_member_info info;
	u32 num = build_int(&b, "int", 4);
	u32 s = build_flagged("s", 4);

	build_member(&b, "plain", num, 32);
	build_member(&b, "whole", num, 32u << 24 | 32);
	build_member(&b, "part", num, 3u << 24 | 35);
	build_member(&b, "odd", num, 35);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, s, "plain", &info), 0);
	assert_member(&info, 4, 4, BTF_CLASS_INT);
	assert_int_equal(btf_find_member(&img.btf, s, "whole", &info), 0);
	assert_true(info.bitfield);
	assert_int_equal(btf_find_member(&img.btf, s, "part", &info), 0);
	assert_true(info.bitfield);
	assert_int_equal(info.offset, 4);
	assert_int_equal(btf_find_member(&img.btf, s, "odd", &info), 0);
	assert_true(info.bitfield);
}

static void tells_lowest_bits(void **state)
{
	struct btf_member_info info;
	u32 truth = build_int(&b, "bool", 1);
	u32 s = build_flagged("s", 4);

	build_member(&b, "lowest", truth, 1u << 24 | 40);
	build_member(&b, "next", truth, 1u << 24 | 41);
	build_member(&b, "two", truth, 2u << 24 | 40);
	build_member(&b, "whole", truth, 40);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, s, "lowest", &info), 0);
	assert_true(info.bitfield && info.one_bit);
	assert_int_equal(info.offset, 5);
	assert_int_equal(btf_find_member(&img.btf, s, "next", &info), 0);
	assert_true(info.bitfield && !info.one_bit);
	assert_int_equal(btf_find_member(&img.btf, s, "two", &info), 0);
	assert_true(info.bitfield && !info.one_bit);
	assert_int_equal(btf_find_member(&img.btf, s, "whole", &info), 0);
	assert_true(!info.bitfield && !info.one_bit);
}

static void tells_unflagged_bitfields(void **state)
{
	struct btf_member_info info;
	u32 num = build_int(&b, "int", 4);
	u32 part, shifted, s;

	part = build_type(&b, "int", K_INT, 0, 4);
	build_word(&b, 31);
	shifted = build_type(&b, "int", K_INT, 0, 4);
	build_word(&b, 3 << 16 | 32);
	part = build_typedef(&b, "t", part);
	s = build_struct(&b, "s", 8, 4);
	build_member(&b, "part", part, 0);
	build_member(&b, "shifted", shifted, 0);
	build_member(&b, "odd", num, 33);
	/* Too far for 24 bits: without the flag all 32 bits are offset. */
	build_member(&b, "far", num, 0x1000020);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, s, "part", &info), 0);
	assert_true(info.bitfield);
	assert_int_equal(btf_find_member(&img.btf, s, "shifted", &info), 0);
	assert_true(info.bitfield);
	assert_int_equal(btf_find_member(&img.btf, s, "odd", &info), 0);
	assert_true(info.bitfield);
	assert_int_equal(btf_find_member(&img.btf, s, "far", &info), 0);
	assert_member(&info, 0x200004, 4, BTF_CLASS_INT);
}

static void skips_unnamed_bitfields(void **state)
{
	struct btf_member_info info;
	u32 num = build_int(&b, "int", 4);
	u32 values, s;

	/* An enum's values look much like members. */
	values = build_type(&b, "e", K_ENUM, 2, 4);
	build_word(&b, build_str(&b, "m"));
	build_word(&b, num);
	build_word(&b, build_str(&b, "m"));
	build_word(&b, num);
	s = build_flagged("s", 3);
	build_member(&b, NULL, num, 3u << 24);
	build_member(&b, NULL, values, 3u << 24 | 3);
	build_member(&b, "m", num, 32);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, s, "m", &info), 0);
	assert_member(&info, 4, 4, BTF_CLASS_INT);
}

/* Offsets add up over levels with and without the flag. */
static void finds_bitfields_in_anonymous_structs(void **state)
{
	struct btf_member_info info;
	u32 num = build_int(&b, "int", 4);
	u32 inner = build_flagged(NULL, 1);
	u32 s;

	build_member(&b, "m", num, 2u << 24 | 9);
	s = build_struct(&b, "s", 0x400000, 1);
	build_member(&b, NULL, inner, 0x1000000);
	assert_int_equal(open_built(), 0);
	assert_int_equal(btf_find_member(&img.btf, s, "m", &info), 0);
	assert_int_equal(info.offset, 0x200001);
	assert_true(info.bitfield);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(tells_class_and_size),
	TEST(tells_absent_member),
	TEST(strips_typedefs_and_qualifiers),
	TEST(bounds_typedef_chains),
	TEST(survives_cyclic_typedefs),
	TEST(survives_typedef_of_itself),
	TEST(refuses_members_without_size),
	TEST(refuses_type_ids_outside),
	TEST(refuses_const_void),
	TEST(refuses_member_names_outside),
	TEST(measures_arrays),
	TEST(measures_flexible_array),
	TEST(measures_largest_array),
	TEST(refuses_array_dimensions_that_overflow),
	TEST(refuses_array_size_that_overflows),
	TEST(refuses_array_of_void),
	TEST(refuses_array_of_functions),
	TEST(bounds_dimensions),
	TEST(survives_array_of_itself),
	TEST(finds_members_of_anonymous_ones),
	TEST(finds_nothing_in_named_structs),
	TEST(bounds_anonymous_nesting),
	TEST(survives_struct_in_itself),
	TEST(bounds_members_visited),
	TEST(refuses_anonymous_members_outside),
	TEST(adds_offsets_beyond_32_bits),
	TEST(tells_flagged_bitfields),
	TEST(tells_lowest_bits),
	TEST(tells_unflagged_bitfields),
	TEST(skips_unnamed_bitfields),
	TEST(finds_bitfields_in_anonymous_structs),
};

int main(void)
{
	return cmocka_run_group_tests_name("member", tests, NULL, NULL);
}
