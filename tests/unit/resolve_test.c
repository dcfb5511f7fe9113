// SPDX-License-Identifier: GPL-2.0
/* Every listed struct and member, with every fault that a kernel may bring. */
#include "unit.h"

#include "layout_build.h"

static struct build b;
static struct image img;
static struct layout_table table;

static int setup(void **state)
{
	build_init(&b, NULL);
	layout_types(&b);
	memset(&table, 0xee, sizeof(table));
	return 0;
}

static int teardown(void **state)
{
	build_free(&b);
	image_free(&img);
	return 0;
}

static void resolve(enum layout_struct_id st)
{
	image_free(&img);
	image_make(&img, &b);
	assert_int_equal(image_open(&img, NULL), 0);
	layout_resolve(&table, &img.btf, st);
}

static void start_again(void)
{
	teardown(NULL);
	setup(NULL);
}

static void assert_member(u32 m, enum layout_status status)
{
	bool ok = status == LAYOUT_OK;

	if (table.m[m].status != status)
		print_error("%s.%s: %s\n",
			    layout_struct_specs[layout_member_specs[m].st].name,
			    layout_member_specs[m].name,
			    layout_status_text(table.m[m].status));
	assert_int_equal(table.m[m].status, status);
	assert_int_equal(table.m[m].offset, ok ? layout_offset(m) : 0);
	assert_int_equal(table.m[m].size, ok ? layout_size(m) : 0);
}

static void assert_struct(enum layout_struct_id st, enum layout_status status)
{
	assert_int_equal(table.st[st].status, status);
	assert_int_equal(table.st[st].size,
			 status == LAYOUT_OK ? layout_struct_size(st) : 0);
}

/* All members of a struct are fine but for one. */
static void assert_all_but(enum layout_struct_id st, u32 but,
			   enum layout_status status)
{
	u32 m;

	for (m = 0; m < LM_NR; m++)
		if (layout_member_specs[m].st == st)
			assert_member(m, m == but ? status : LAYOUT_OK);
}

static void tables_match_the_list(void **state)
{
	u32 i;

	for (i = 0; i < LS_NR; i++)
		assert_non_null(layout_struct_specs[i].name);
	for (i = 0; i < LM_NR; i++)
		assert_non_null(layout_member_specs[i].name);
	assert_string_equal(layout_struct_specs[LS_KIOCTX].name, "kioctx");
	assert_int_equal(layout_struct_specs[LS_KIOCTX].home,
			 LAYOUT_HOME_CORE);
	assert_int_equal(layout_struct_specs[LS_NBD_SOCK].home,
			 LAYOUT_HOME_NBD);
	i = LM_NBD_SOCK_DEAD;
	assert_int_equal(layout_member_specs[i].st, LS_NBD_SOCK);
	assert_string_equal(layout_member_specs[i].name, "dead");
	assert_int_equal(layout_member_specs[i].class, BTF_CLASS_INT);
	assert_int_equal(layout_member_specs[i].size, 1);
}

static void resolves_sound_structs(void **state)
{
	u32 st;

	for (st = 0; st < LS_NR; st++)
		layout_struct(&b, st, LM_NR, FAULT_NONE);
	for (st = 0; st < LS_NR; st++) {
		resolve(st);
		assert_struct(st, LAYOUT_OK);
		assert_all_but(st, LM_NR, LAYOUT_OK);
	}
}

static void touches_only_the_struct_asked_for(void **state)
{
	struct layout_table before = { 0 };
	u32 i;

	memset(&before, 0xee, sizeof(before));
	layout_struct(&b, LS_NBD_CMD, LM_NR, FAULT_NONE);
	resolve(LS_NBD_CMD);
	for (i = 0; i < LS_NR; i++)
		if (i != LS_NBD_CMD)
			assert_memory_equal(&table.st[i], &before.st[i],
					    sizeof(table.st[i]));
	for (i = 0; i < LM_NR; i++)
		if (layout_member_specs[i].st != LS_NBD_CMD)
			assert_memory_equal(&table.m[i], &before.m[i],
					    sizeof(table.m[i]));
}

static void reports_missing_struct(void **state)
{
	u32 m;

	build_type(&b, "nbd_device", K_FWD, 0, 0);
	resolve(LS_NBD_DEVICE);
	assert_struct(LS_NBD_DEVICE, LAYOUT_NO_STRUCT);
	for (m = 0; m < LM_NR; m++)
		if (layout_member_specs[m].st == LS_NBD_DEVICE)
			assert_member(m, LAYOUT_NO_STRUCT);
}

/* BTF gives no size of pointers, and some members may have any. */
static bool may_be_resized(u32 m)
{
	return layout_member_specs[m].size &&
	       layout_member_specs[m].class != BTF_CLASS_PTR;
}

/* Each member in turn has the fault, and no other member minds. */
static void check_fault(enum fault fault, enum layout_status want)
{
	u32 m, st;

	for (m = 0; m < LM_NR; m++) {
		if (fault == FAULT_RESIZED && !may_be_resized(m))
			continue;
		start_again();
		st = layout_member_specs[m].st;
		layout_struct(&b, st, m, fault);
		resolve(st);
		assert_struct(st, LAYOUT_OK);
		assert_all_but(st, m, want);
	}
}

static void refuses_removed_members(void **state)
{
	check_fault(FAULT_REMOVED, LAYOUT_NO_MEMBER);
}

static void refuses_retyped_members(void **state)
{
	check_fault(FAULT_RETYPED, LAYOUT_WRONG_CLASS);
}

static void refuses_resized_members(void **state)
{
	check_fault(FAULT_RESIZED, LAYOUT_WRONG_SIZE);
}

static void refuses_bitfields(void **state)
{
	check_fault(FAULT_BITFIELD, LAYOUT_BITFIELD);
}

static void refuses_members_outside(void **state)
{
	check_fault(FAULT_OUTSIDE, LAYOUT_OUT_OF_STRUCT);
}

static void refuses_broken_types(void **state)
{
	check_fault(FAULT_BROKEN, LAYOUT_MALFORMED);
}

static void refuses_endless_types(void **state)
{
	check_fault(FAULT_ENDLESS, LAYOUT_MALFORMED);
}

static void follows_moved_members(void **state)
{
	u32 m, st;

	for (m = 0; m < LM_NR; m++) {
		start_again();
		st = layout_member_specs[m].st;
		layout_struct(&b, st, m, FAULT_MOVED);
		resolve(st);
		assert_int_equal(table.m[m].status, LAYOUT_OK);
		assert_int_equal(table.m[m].offset, layout_offset(m) + 8);
	}
}

static void refuses_offset_that_wraps_around(void **state)
{
	u32 inner, i;

	inner = build_struct(&b, "sixteen", 16, 0);
	inner = build_struct(&b, NULL, 8, 1);
	build_member(&b, "comp", inner - 1, 0xfffffff8);
	/* Eight times 2^29 - 1, and the size carries it over 2^32. */
	for (i = 0; i < 6; i++) {
		inner = build_struct(&b, NULL, 8, 1);
		build_member(&b, NULL, inner - 1, 0xfffffff8);
	}
	build_struct(&b, "ctx_rq_wait", 64, 1);
	build_member(&b, NULL, inner, 0xfffffff8);
	resolve(LS_CTX_RQ_WAIT);
	assert_member(LM_CTX_RQ_WAIT_COMP, LAYOUT_OUT_OF_STRUCT);
}

static void accepts_identical_definitions(void **state)
{
	u32 st;

	for (st = 0; st < LS_NR; st++) {
		start_again();
		layout_struct(&b, st, LM_NR, FAULT_NONE);
		layout_struct(&b, st, LM_NR, FAULT_NONE);
		layout_struct(&b, st, LM_NR, FAULT_NONE);
		resolve(st);
		assert_struct(st, LAYOUT_OK);
		assert_all_but(st, LM_NR, LAYOUT_OK);
	}
}

/* The odd one out is the first, the second or the last of three. */
static void refuses_what_definitions_disagree_on(void **state)
{
	static const enum fault faults[] = { FAULT_REMOVED, FAULT_RETYPED,
					     FAULT_MOVED, FAULT_BITFIELD,
					     FAULT_OUTSIDE, FAULT_BROKEN };
	u32 f, odd, i, m, st;

	for (m = 0; m < LM_NR; m++) {
		st = layout_member_specs[m].st;
		for (f = 0; f < ARRAY_SIZE(faults); f++) {
			odd = (m + f) % 3;
			start_again();
			for (i = 0; i < 3; i++)
				layout_struct(&b, st, m, i == odd ?
					      faults[f] : FAULT_NONE);
			resolve(st);
			assert_struct(st, LAYOUT_OK);
			assert_all_but(st, m, LAYOUT_AMBIGUOUS);
		}
	}
}

/* Same place, but a member without a listed size differs in size. */
static void refuses_sizes_that_definitions_disagree_on(void **state)
{
	layout_struct(&b, LS_KIOCTX, LM_NR, FAULT_NONE);
	layout_struct(&b, LS_KIOCTX, LM_KIOCTX_REQS, FAULT_RESIZED);
	resolve(LS_KIOCTX);
	assert_all_but(LS_KIOCTX, LM_KIOCTX_REQS, LAYOUT_AMBIGUOUS);
}

static void refuses_members_that_differ_in_their_fault(void **state)
{
	layout_struct(&b, LS_KIOCTX, LM_KIOCTX_TAIL, FAULT_REMOVED);
	layout_struct(&b, LS_KIOCTX, LM_KIOCTX_TAIL, FAULT_RETYPED);
	resolve(LS_KIOCTX);
	assert_all_but(LS_KIOCTX, LM_KIOCTX_TAIL, LAYOUT_AMBIGUOUS);
}

static void agrees_on_what_is_missing(void **state)
{
	layout_struct(&b, LS_NBD_DEVICE, LM_NBD_DEVICE_TASK_RECV,
		      FAULT_REMOVED);
	layout_struct(&b, LS_NBD_DEVICE, LM_NBD_DEVICE_TASK_RECV,
		      FAULT_REMOVED);
	resolve(LS_NBD_DEVICE);
	assert_all_but(LS_NBD_DEVICE, LM_NBD_DEVICE_TASK_RECV,
		       LAYOUT_NO_MEMBER);
}

static void refuses_struct_sizes_that_differ(void **state)
{
	u32 id;

	layout_struct(&b, LS_AIO_RING, LM_NR, FAULT_NONE);
	id = layout_struct(&b, LS_AIO_RING, LM_NR, FAULT_NONE);
	layout_struct(&b, LS_AIO_RING, LM_NR, FAULT_NONE);
	image_make(&img, &b);
	assert_int_equal(image_open(&img, NULL), 0);
	image_set_u32(&img, img.btf.index[id - 1] + 8, 4096);
	layout_resolve(&table, &img.btf, LS_AIO_RING);
	assert_struct(LS_AIO_RING, LAYOUT_AMBIGUOUS);
	assert_all_but(LS_AIO_RING, LM_NR, LAYOUT_OK);
}

static void bounds_number_of_definitions(void **state)
{
	u32 i;

	for (i = 0; i < 63; i++)
		layout_struct(&b, LS_AIO_RING, LM_NR, FAULT_NONE);
	resolve(LS_AIO_RING);
	assert_struct(LS_AIO_RING, LAYOUT_OK);
	for (i = 0; i < 10; i++)
		layout_struct(&b, LS_AIO_RING, LM_NR, FAULT_NONE);
	resolve(LS_AIO_RING);
	assert_struct(LS_AIO_RING, LAYOUT_AMBIGUOUS);
	assert_member(LM_AIO_RING_HEAD, LAYOUT_AMBIGUOUS);
}

static void refuses_whole_structs(void **state)
{
	u32 m;

	layout_struct(&b, LS_NBD_CMD, LM_NR, FAULT_NONE);
	resolve(LS_NBD_CMD);
	layout_struct(&b, LS_NBD_SOCK, LM_NR, FAULT_NONE);
	resolve(LS_NBD_SOCK);
	assert_struct(LS_NBD_SOCK, LAYOUT_OK);
	layout_refuse(&table, LS_NBD_SOCK, LAYOUT_DISPROVED);
	assert_struct(LS_NBD_SOCK, LAYOUT_DISPROVED);
	for (m = 0; m < LM_NR; m++)
		if (layout_member_specs[m].st == LS_NBD_SOCK)
			assert_member(m, LAYOUT_DISPROVED);
	assert_struct(LS_NBD_CMD, LAYOUT_OK);
	assert_all_but(LS_NBD_CMD, LM_NR, LAYOUT_OK);
}

static void names_every_status(void **state)
{
	const char *text;
	u32 i, k;

	for (i = 0; i < LAYOUT_STATUS_NR; i++) {
		text = layout_status_text(i);
		assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz-"),
				 strlen(text));
		for (k = 0; k < i; k++)
			assert_string_not_equal(text, layout_status_text(k));
		assert_string_not_equal(text, "unknown");
	}
	assert_string_equal(layout_status_text(LAYOUT_STATUS_NR), "unknown");
	assert_string_equal(layout_status_text(-1), "unknown");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(tables_match_the_list),
	TEST(resolves_sound_structs),
	TEST(touches_only_the_struct_asked_for),
	TEST(reports_missing_struct),
	TEST(refuses_removed_members),
	TEST(refuses_retyped_members),
	TEST(refuses_resized_members),
	TEST(refuses_bitfields),
	TEST(refuses_members_outside),
	TEST(refuses_broken_types),
	TEST(refuses_endless_types),
	TEST(follows_moved_members),
	TEST(refuses_offset_that_wraps_around),
	TEST(accepts_identical_definitions),
	TEST(refuses_what_definitions_disagree_on),
	TEST(refuses_sizes_that_definitions_disagree_on),
	TEST(refuses_members_that_differ_in_their_fault),
	TEST(agrees_on_what_is_missing),
	TEST(refuses_struct_sizes_that_differ),
	TEST(bounds_number_of_definitions),
	TEST(refuses_whole_structs),
	TEST(names_every_status),
};

int main(void)
{
	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
