// SPDX-License-Identifier: GPL-2.0
/* The state of a device: each word from the facts that mean it. */
#include <string.h>

#include "facts.h"
#include "unit.h"

static const struct nbd_facts free_device = {
	.locked = true,
};

static const struct nbd_facts opened = {
	.locked = true,
	.config = true,
};

static const struct nbd_facts connected = {
	.locked = true,
	.config = true,
	.sockets = 2,
	.held = 2,
	.receivers = 2,
	.started = YES,
	.starter = STARTER_HAS_DEVICE,
};

static void expect(const struct nbd_facts *f, const char *state,
		   const char *reason)
{
	const char *why = NULL;

	assert_string_equal(nbd_state_text(nbd_state(f, &why)), state);
	assert_string_equal(why, reason);
}

static void expect_attach(const struct nbd_facts *f, enum tristate attachable,
			  const char *reason)
{
	const char *why = NULL;

	assert_int_equal(nbd_attachable(f, &why), attachable);
	assert_string_equal(why, reason);
}

static void a_free_device(void **unused)
{
	struct nbd_facts f = free_device;

	expect(&f, "free", "no-config");
	expect_attach(&f, YES, "free");
	f.removed = true;
	expect_attach(&f, NO, "going-away");
}

static void an_opened_device(void **unused)
{
	struct nbd_facts f = opened;

	expect(&f, "opened", "no-sockets");
	expect_attach(&f, YES, "opened-ioctl-only");
	f.inflight = 1;
	expect_attach(&f, NO, "requests-in-flight");
	f.starter = STARTER_UNKNOWN;
	expect_attach(&f, UNKNOWN, "starter-unknown");
	f.starter = STARTER_NONE;
	f.inflight = -1;
	expect_attach(&f, UNKNOWN, "requests-unknown");
	f.inflight = 0;
	f.starter = STARTER_GONE;
	expect_attach(&f, NO, "setup-task-set");
	f.bound = true;
	expect_attach(&f, NO, "bound");
}

static void a_device_being_set_up(void **unused)
{
	struct nbd_facts f = opened;

	f.sockets = 1;
	f.held = 1;
	f.starter = STARTER_HAS_DEVICE;
	expect(&f, "setup", "setup-task-alive");
	expect_attach(&f, NO, "being-set-up");

	/* Over netlink nobody is named, and no process holds the socket. */
	f.starter = STARTER_NONE;
	f.held = 0;
	f.bound = true;
	expect(&f, "setup", "netlink-setup");
	expect_attach(&f, NO, "being-set-up");
}

/* An address that a task happens to have proves nothing. */
static void another_task_is_no_starter(void **unused)
{
	struct nbd_facts f = opened;

	f.sockets = 1;
	f.starter = STARTER_NOT_OPEN;
	expect(&f, "orphaned", "starter-gone");
	expect_attach(&f, NO, "setup-task-set");
	f.held = 1;
	expect(&f, "unknown", "starter-gone-sockets-held");
	f.starter = STARTER_UNKNOWN;
	expect(&f, "unknown", "starter-unknown");
	expect_attach(&f, NO, "leftover-sockets");
	f.starter = STARTER_ALIVE;
	expect(&f, "unknown", "starter-unknown");
	expect_attach(&f, NO, "setup-task-set");
	f.starter = STARTER_UNKNOWN;
	f.sockets = 0;
	f.held = 0;
	expect(&f, "opened", "no-sockets");
	expect_attach(&f, UNKNOWN, "starter-unknown");
}

static void a_connected_device(void **unused)
{
	struct nbd_facts f = connected;

	expect(&f, "connected", "receivers-running");
	expect_attach(&f, NO, "in-use");

	/* Made over netlink: no starter, and sockets that no process holds. */
	f.starter = STARTER_NONE;
	f.bound = true;
	f.held = 0;
	expect(&f, "connected", "receivers-running");
	expect_attach(&f, NO, "in-use");
}

static void a_degraded_device(void **unused)
{
	struct nbd_facts f = connected;

	f.dead = 1;
	expect(&f, "degraded", "some-sockets-dead");
	f.disconnected = true;
	expect(&f, "disconnected", "shutting-down");
	f.dead = 2;
	expect(&f, "disconnected", "all-sockets-dead");
}

static void a_disconnected_device(void **unused)
{
	struct nbd_facts f = connected;

	f.receivers = 0;
	f.dead = 2;
	f.held = 0;
	expect(&f, "disconnected", "all-sockets-dead");
	expect_attach(&f, NO, "started");
	f.started = NO;
	f.bound = true;
	expect_attach(&f, NO, "bound");
	f.bound = false;
	expect_attach(&f, NO, "setup-task-set");
	f.starter = STARTER_NONE;
	expect_attach(&f, NO, "leftover-sockets");
}

static void a_wedged_device(void **unused)
{
	struct nbd_facts f = wedged;

	expect(&f, "orphaned", "disconnected-with-sockets");
	expect_attach(&f, NO, "started");

	/* One attempt that is under way does not make it less orphaned. */
	f.held = 1;
	f.starter = STARTER_HAS_DEVICE;
	expect(&f, "orphaned", "disconnected-with-sockets");

	/* If a process has all of them, they are no orphans. */
	f.held = 1310;
	expect(&f, "disconnected", "sockets-held");
}

/* Sockets that nothing serves, on a device that nobody disconnected. */
static void an_abandoned_start(void **unused)
{
	struct nbd_facts f = wedged;

	f.disconnected = false;
	expect(&f, "orphaned", "starter-gone");
	f.starter = STARTER_HAS_DEVICE;
	expect(&f, "unknown", "starter-alive");
	f.started = UNKNOWN;
	expect(&f, "unknown", "starter-unknown");
}

/* Figures that cannot be true together: they were read while they changed. */
static void receivers_of_nothing(void **unused)
{
	struct nbd_facts f = opened;

	f.receivers = 1;
	expect(&f, "unknown", "changing");
	expect_attach(&f, UNKNOWN, "changing");
	f.receivers = 0;
	f.started = YES;
	expect(&f, "unknown", "changing");
	expect_attach(&f, UNKNOWN, "changing");
	f.locked = false;
	expect_attach(&f, NO, "lock-held");
}

static void what_is_not_known(void **unused)
{
	struct nbd_facts f = connected;

	f.why_unknown = "layout-unavailable";
	expect(&f, "unknown", "layout-unavailable");
	expect_attach(&f, UNKNOWN, "layout-unavailable");
	f = free_device;
	f.locked = false;
	expect_attach(&f, NO, "lock-held");
	f.reader = true;
	expect(&f, "free", "no-config");
	expect_attach(&f, UNKNOWN, "other-reader");
	assert_string_equal(nbd_state_text(99), "unknown");
}

/* The last digit of a number; takes it off. */
static unsigned int digit(unsigned int *number, unsigned int base)
{
	unsigned int value = *number % base;

	*number /= base;
	return value;
}

#define COMBINATIONS (32 * 4 * 4 * 4 * 3 * 3 * 5)

/* Calls @check with every combination of the facts, in small numbers. */
static void every_combination(void (*check)(const struct nbd_facts *f))
{
	unsigned int i, rest, bits;

	for (i = 0; i < COMBINATIONS; i++) {
		struct nbd_facts f = { 0 };

		rest = i;
		bits = digit(&rest, 64);
		f.locked = bits & 1;
		f.removed = bits & 2;
		f.config = bits & 4;
		f.disconnected = bits & 8;
		f.bound = bits & 16;
		f.reader = !f.locked && bits & 32;
		f.sockets = digit(&rest, 4);
		f.dead = digit(&rest, 4);
		f.held = digit(&rest, 4);
		f.receivers = digit(&rest, 3);
		f.started = (int)digit(&rest, 3) - 1;
		f.starter = digit(&rest, 6);
		if (f.dead + f.held <= f.sockets)
			check(&f);
	}
}

/* What the cleanup knob will rely on. */
static void orphaned_is_never_in_use(const struct nbd_facts *f)
{
	const char *reason;

	if (nbd_state(f, &reason) != NBD_STATE_ORPHANED)
		return;
	assert_true(f->config);
	assert_int_equal(f->receivers, 0);
	assert_true(f->held < f->sockets - f->dead);
	assert_true(f->disconnected || f->starter != STARTER_HAS_DEVICE);
	assert_true(f->disconnected || f->starter != STARTER_UNKNOWN);
	assert_true(f->disconnected || f->starter != STARTER_ALIVE);
}

/* Then the state may rest on what nobody has asked. */
static void the_starter_does_not_matter(const struct nbd_facts *f)
{
	const char *one_reason, *other_reason;
	struct nbd_facts other = *f;
	enum nbd_state state;

	if (nbd_state_needs_starter(f) || f->starter != STARTER_ALIVE)
		return;
	state = nbd_state(f, &one_reason);
	for (other.starter = STARTER_NONE; other.starter <= STARTER_UNKNOWN; other.starter++) {
		assert_int_equal(nbd_state(&other, &other_reason), state);
		assert_string_equal(one_reason, other_reason);
	}
}

static void the_starter_is_asked_where_it_matters(void **unused)
{
	every_combination(the_starter_does_not_matter);
}

static void orphans_are_nobodys(void **unused)
{
	every_combination(orphaned_is_never_in_use);
}

/* What a runbook will rely on. */
static void attachable_means_no_sockets(const struct nbd_facts *f)
{
	const char *reason;

	if (nbd_attachable(f, &reason) != YES)
		return;
	assert_true(f->locked);
	assert_false(f->removed);
	assert_true(!f->config || !f->sockets);
	assert_true(!f->config || (!f->receivers && f->started != YES));
}

static void nothing_in_use_is_attachable(void **unused)
{
	every_combination(attachable_means_no_sockets);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_free_device),
	cmocka_unit_test(an_opened_device),
	cmocka_unit_test(a_device_being_set_up),
	cmocka_unit_test(another_task_is_no_starter),
	cmocka_unit_test(the_starter_is_asked_where_it_matters),
	cmocka_unit_test(a_connected_device),
	cmocka_unit_test(a_degraded_device),
	cmocka_unit_test(a_disconnected_device),
	cmocka_unit_test(a_wedged_device),
	cmocka_unit_test(an_abandoned_start),
	cmocka_unit_test(receivers_of_nothing),
	cmocka_unit_test(what_is_not_known),
	cmocka_unit_test(orphans_are_nobodys),
	cmocka_unit_test(nothing_in_use_is_attachable),
};

int main(void)
{
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
