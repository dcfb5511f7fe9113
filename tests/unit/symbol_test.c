// SPDX-License-Identifier: GPL-2.0
/* A function is told by its name, whatever compilers and linkers add to it. */
#include "unit.h"

#include "access/symbol_text.h"

static void tells_the_kernels_own(void **state)
{
	assert_true(symbol_text_is("exit_aio+0x0/0x150", "exit_aio", false));
	assert_true(symbol_text_is("exit_aio+0x9c/0x150", "exit_aio", true));
	assert_false(symbol_text_is("exit_aio+0x9c/0x150", "exit_aio", false));
	assert_false(symbol_text_is("exit_aio2+0x0/0x1", "exit_aio", false));
	assert_false(symbol_text_is("exit_ai+0x0/0x1", "exit_aio", true));
	assert_false(symbol_text_is("my_exit_aio+0x0/0x1", "exit_aio", true));
}

/* dm-flakey has a clone_endio as well as dm-mod. */
static void tells_modules_apart(void **state)
{
	const char *text = "clone_endio+0x0/0x1a0 [dm_mod]";

	assert_true(symbol_text_is(text, "clone_endio [dm_mod]", false));
	assert_false(symbol_text_is(text, "clone_endio", false));
	assert_false(symbol_text_is(text, "clone_endio [dm]", false));
	assert_false(symbol_text_is(text, "clone_endio [dm_flakey]", false));
	assert_false(symbol_text_is("clone_endio+0x0/0x1a0",
				    "clone_endio [dm_mod]", false));
}

static void takes_suffixes_off(void **state)
{
	static const char * const texts[] = {
		"bio_chain_endio.cfi_jt+0x0/0x8",
		"bio_chain_endio.llvm.1234567890123+0x0/0x40",
		"bio_chain_endio$707af9a22804d33c81801f27dcfe489b+0x0/0x40",
		"bio_chain_endio.isra.0+0x0/0x40",
		"bio_chain_endio.constprop.0.isra.0+0x0/0x40",
		"bio_chain_endio.part.12+0x0/0x40",
		"bio_chain_endio.cold+0x0/0x40",
		"bio_chain_endio.__uniq.99+0x0/0x40",
		"bio_chain_endio.lto_priv.0+0x0/0x40",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_true(symbol_text_is(texts[i], "bio_chain_endio", false));
		assert_false(symbol_text_is(texts[i], "bio_chain", false));
		assert_int_equal(symbol_text_name_len(texts[i]), 15);
	}
	assert_true(symbol_text_is("clone_endio.cfi_jt+0x0/0x8 [dm_mod]",
				   "clone_endio [dm_mod]", false));
}

/* Each architecture has a name of its own for a system call. */
static void tells_by_the_end(void **state)
{
	static const char * const texts[] = {
		"__do_sys_io_destroy+0x80/0xd0",
		"__x64_sys_io_destroy+0x80/0xd0",
		"__arm64_sys_io_destroy.cfi_jt+0x8/0xd0",
		"sys_io_destroy+0x80/0xd0",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		assert_true(symbol_text_is(texts[i], "*sys_io_destroy", true));
	assert_false(symbol_text_is("io_destroy+0x8/0x9", "*sys_io_destroy",
				    true));
	assert_false(symbol_text_is("__do_sys_io_destroyed+0x8/0x9",
				    "*sys_io_destroy", true));
	assert_false(symbol_text_is("y+0x8/0x9", "*sys_io_destroy", true));
}

/* Without a name, or where a long one was cut off before its offset. */
static void believes_no_other_text(void **state)
{
	static const char * const texts[] = {
		"", "0xffffffffc0de0123", "(efault)", "exit_aio", "exit_aio+",
		"exit_aio+0", "exit_aio ", "exit_aio [mod]", "+0x0/0x1",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_false(symbol_text_is(texts[i], "exit_aio", true));
		assert_false(symbol_text_is(texts[i], "exit_aio", false));
	}
	assert_int_equal(symbol_text_name_len(""), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_kernels_own),
		cmocka_unit_test(tells_modules_apart),
		cmocka_unit_test(takes_suffixes_off),
		cmocka_unit_test(tells_by_the_end),
		cmocka_unit_test(believes_no_other_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
