// SPDX-License-Identifier: GPL-2.0
/* The knob's rules: what is a command, and in which states it is refused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "knob/rules.h"
#include "unit.h"

/* Its server died, its client ended, and requests are still in flight. */
static const struct nbd_facts hung = {
	.locked = true,
	.config = true,
	.sockets = 2,
	.dead = 2,
	.started = YES,
	.starter = STARTER_GONE,
	.inflight = 5,
};

static const struct nbd_facts connected = {
	.locked = true,
	.config = true,
	.sockets = 2,
	.held = 2,
	.receivers = 2,
	.started = YES,
	.starter = STARTER_HAS_DEVICE,
	.inflight = 3,
};

static void expect(enum cleanup_action action, const struct nbd_facts *f,
		   const char *word)
{
	enum cleanup_verdict verdict = cleanup_judge(action, f);

	assert_string_equal(cleanup_meaning(verdict)->word, word);
}

static void expect_both(const struct nbd_facts *f, const char *word)
{
	expect(CLEANUP_SOCKETS, f, word);
	expect(CLEANUP_FAIL_IO, f, word);
}

/* ---- the rules ---- */

static void orphans_are_shut(void **unused)
{
	struct nbd_facts f = wedged;

	expect(CLEANUP_SOCKETS, &f, "ok");
	assert_int_equal(cleanup_strays(&f), 1310);
	f.held = 10;
	expect(CLEANUP_SOCKETS, &f, "ok");
	assert_int_equal(cleanup_strays(&f), 1300);
	f.started = NO;
	f.disconnected = false;
	expect(CLEANUP_SOCKETS, &f, "ok");
}

static void nothing_to_shut(void **unused)
{
	struct nbd_facts f = wedged;

	f.held = f.sockets - f.dead;
	expect(CLEANUP_SOCKETS, &f, "nothing-to-do");
	expect(CLEANUP_SOCKETS, &hung, "nothing-to-do");
}

static void requests_are_failed(void **unused)
{
	struct nbd_facts f = wedged;

	expect(CLEANUP_FAIL_IO, &f, "nothing-to-do");
	f.inflight = 1;
	expect(CLEANUP_FAIL_IO, &f, "ok");
	expect(CLEANUP_FAIL_IO, &hung, "ok");
	f.inflight = -1;
	expect(CLEANUP_FAIL_IO, &f, "layout-unavailable");
}

/* Sockets only with the lock; requests also where the holder is asleep. */
static void the_lock(void **unused)
{
	struct nbd_facts f = wedged;

	f.locked = false;
	expect(CLEANUP_SOCKETS, &f, "lock-held");
	f = hung;
	f.locked = false;
	expect(CLEANUP_FAIL_IO, &f, "ok");
	f = connected;
	f.locked = false;
	expect(CLEANUP_SOCKETS, &f, "lock-held");
	expect(CLEANUP_FAIL_IO, &f, "in-use");
}

static void healthy_devices(void **unused)
{
	struct nbd_facts f = connected;

	expect_both(&f, "in-use");
	f.dead = 1;
	f.held = 1;
	expect_both(&f, "in-use");
	/* Made over netlink: no process has the sockets. */
	f = connected;
	f.held = 0;
	f.bound = true;
	f.starter = STARTER_NONE;
	expect_both(&f, "in-use");
}

static void running_receivers(void **unused)
{
	struct nbd_facts f = wedged;

	f.inflight = 1;
	f.receivers = 1;
	expect_both(&f, "receivers-running");
	f = hung;
	f.receivers = 1;
	expect_both(&f, "receivers-running");
}

static void being_set_up(void **unused)
{
	struct nbd_facts f = {
		.locked = true,
		.config = true,
		.sockets = 1,
		.starter = STARTER_HAS_DEVICE,
		.inflight = 1,
	};

	expect_both(&f, "being-set-up");
	f.starter = STARTER_NONE;
	f.bound = true;
	expect_both(&f, "being-set-up");
	/* An attempt on a wedged device. */
	f = wedged;
	f.starter = STARTER_HAS_DEVICE;
	expect(CLEANUP_SOCKETS, &f, "being-set-up");
	f.starter = STARTER_UNKNOWN;
	expect(CLEANUP_SOCKETS, &f, "layout-unavailable");
	f.starter = STARTER_NOT_OPEN;
	expect(CLEANUP_SOCKETS, &f, "ok");
}

static void no_configuration(void **unused)
{
	struct nbd_facts f = { .locked = true };

	expect_both(&f, "not-configured");
	f.config = true;
	expect_both(&f, "not-configured");
}

static void not_known(void **unused)
{
	struct nbd_facts f = wedged;

	f.inflight = 1;
	f.why_unknown = "layout-disproved";
	expect_both(&f, "layout-unavailable");
	f.why_unknown = NULL;
	f.started = UNKNOWN;
	expect_both(&f, "state-unknown");
}

/* Whatever the facts are: nothing is done to a device with receivers. */
static void never_with_receivers(void **unused)
{
	struct nbd_facts f;
	unsigned int i;

	for (i = 0; i < 1 << 10; i++) {
		memset(&f, 0, sizeof(f));
		f.locked = i & 1;
		f.config = i & 2;
		f.disconnected = i & 4;
		f.bound = i & 8;
		f.sockets = 4;
		f.dead = (i >> 4) % 4;
		f.held = i & 64 ? f.sockets - f.dead : 0;
		f.started = i & 128 ? YES : NO;
		f.starter = (i >> 8) % 4;
		f.receivers = 1;
		f.inflight = 1;
		assert_int_not_equal(cleanup_judge(CLEANUP_SOCKETS, &f),
				     CLEANUP_OK);
		assert_int_not_equal(cleanup_judge(CLEANUP_FAIL_IO, &f),
				     CLEANUP_OK);
	}
}

/* ---- the meanings ---- */

static void each_refusal_is_its_own(void **unused)
{
	int i, j;

	for (i = 0; i < CLEANUP_VERDICTS; i++) {
		const struct cleanup_meaning *m = cleanup_meaning(i);

		assert_non_null(m->word);
		assert_non_null(m->sentence);
		assert_int_equal(!m->error, i == CLEANUP_OK);
		assert_null(strpbrk(m->sentence, "\"\\\n"));
		for (j = 0; j < i; j++) {
			assert_int_not_equal(m->error, cleanup_meaning(j)->error);
			assert_string_not_equal(m->word,
						cleanup_meaning(j)->word);
		}
	}
}

/* ---- the command ---- */

/* In memory of exactly its size, so that reading beyond it is seen. */
static bool parse_bytes(struct cleanup_command *c, const char *text, size_t len)
{
	char *exact = malloc(len ? len : 1);
	bool is_one;

	memcpy(exact, text, len);
	is_one = cleanup_parse(c, exact, len);
	free(exact);
	return is_one;
}

static bool parse(struct cleanup_command *c, const char *text)
{
	return parse_bytes(c, text, strlen(text));
}

static void commands(void **unused)
{
	struct cleanup_command c;

	assert_true(parse(&c, "nbd101 sockets 0123456789abcdef"));
	assert_string_equal(c.device, "nbd101");
	assert_int_equal(c.action, CLEANUP_SOCKETS);
	assert_true(c.generation == 0x0123456789abcdefULL);
	assert_true(parse(&c, "  nbd0\tfail-io  ffffffffffffffff\n"));
	assert_string_equal(c.device, "nbd0");
	assert_int_equal(c.action, CLEANUP_FAIL_IO);
	assert_true(c.generation == ~0ULL);
	assert_true(parse(&c, "nbd1234567 fail-io 0000000000000000"));
	assert_string_equal(cleanup_action_text(c.action), "fail-io");
}

static void not_commands(void **unused)
{
	static const char * const texts[] = {
		"", "\n", "nbd0", "nbd0 sockets", "sockets nbd0 0123456789abcdef",
		"nbd sockets 0123456789abcdef", "nbd00 sockets 0123456789abcdef",
		"nbd01 sockets 0123456789abcdef", "nbd-1 sockets 0123456789abcdef",
		"nbd0p1 sockets 0123456789abcdef", "sda sockets 0123456789abcdef",
		"/dev/nbd0 sockets 0123456789abcdef", "0 sockets 0123456789abcdef",
		"nbd12345678 sockets 0123456789abcdef",
		"NBD0 sockets 0123456789abcdef", "nbd0 socket 0123456789abcdef",
		"nbd0 socketss 0123456789abcdef", "nbd0 Sockets 0123456789abcdef",
		"nbd0 fail 0123456789abcdef", "nbd0 sockets 0123456789abcde",
		"nbd0 sockets 0123456789abcdef0", "nbd0 sockets 0123456789ABCDEF",
		"nbd0 sockets 0x23456789abcdef", "nbd0 sockets 0123456789abcdeg",
		"nbd0 sockets -(no-sockets)", "nbd0 sockets 0123456789abcdef more",
		"nbd0,sockets,0123456789abcdef",
	};
	char longest[CLEANUP_COMMAND_MAX + 2];
	struct cleanup_command c;
	unsigned int i;

	snprintf(longest, sizeof(longest), "nbd0 sockets %-*s",
		 CLEANUP_COMMAND_MAX - 13 + 1, "0123456789abcdef");
	assert_false(parse_bytes(&c, longest, CLEANUP_COMMAND_MAX + 1));
	assert_true(parse_bytes(&c, longest, CLEANUP_COMMAND_MAX));
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (parse(&c, texts[i]))
			fail_msg("'%s' was taken for a command", texts[i]);
	assert_false(parse_bytes(&c, "nbd0 sockets 0123456789abcdef\0", 30));
	assert_false(parse_bytes(&c, "nbd0\0sockets 0123456789abcdef", 29));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orphans_are_shut),
		cmocka_unit_test(nothing_to_shut),
		cmocka_unit_test(requests_are_failed),
		cmocka_unit_test(the_lock),
		cmocka_unit_test(healthy_devices),
		cmocka_unit_test(running_receivers),
		cmocka_unit_test(being_set_up),
		cmocka_unit_test(no_configuration),
		cmocka_unit_test(not_known),
		cmocka_unit_test(never_with_receivers),
		cmocka_unit_test(each_refusal_is_its_own),
		cmocka_unit_test(commands),
		cmocka_unit_test(not_commands),
	};

	return cmocka_run_group_tests_name("cleanup", tests, NULL, NULL);
}
