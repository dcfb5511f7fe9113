// SPDX-License-Identifier: GPL-2.0
/*
 * What the reader makes of lines of the files io and aio: which belong to a
 * device, which are alike, which paths failed; and that any value may be a word
 * in brackets.
 */
#include <stdbool.h>
#include <string.h>

#include "base/array_size.h"
#include "facts/aio.h"
#include "facts/io.h"
#include "facts/rest.h"
#include "text_build.h"
#include "unit.h"

static void parse(struct text *text, const char *file)
{
	assert_int_equal(text_build(text, file), TEXT_OK);
}

static bool is_of(const char *name, const char *device)
{
	const struct value value = { VALUE_GIVEN, name, strlen(name) };

	return rest_is_of(value, device);
}

static void partitions(void **state)
{
	static const char * const of[][2] = {
		{ "sda", "sda" }, { "sda1", "sda" }, { "sda15", "sda" },
		{ "nbd0", "nbd0" }, { "nbd0p1", "nbd0" }, { "nbd0p1", "nbd0p1" },
		{ "nvme0n1p2", "nvme0n1" }, { "dm-1", "dm-1" },
	};
	static const char * const not_of[][2] = {
		{ "sda", "sda1" }, { "sdaa", "sda" }, { "sdaa1", "sda" },
		{ "nbd01", "nbd0" }, { "nbd0p", "nbd0" }, { "nbd0p1x", "nbd0" },
		{ "dm-10", "dm-1" }, { "sda15", "sda1" }, { "sd", "sda" },
		{ "", "sda" }, { "sda", "" },
	};
	const struct value unknown = { VALUE_UNKNOWN, "removing", 8 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(of); i++)
		assert_true(is_of(of[i][0], of[i][1]));
	for (i = 0; i < ARRAY_SIZE(not_of); i++)
		assert_false(is_of(not_of[i][0], not_of[i][1]));
	assert_false(rest_is_of(unknown, "removing"));
}

static void concerned(void **state)
{
	static const char line[] = "device=nbd0 asked=dm-3p1 via=loop0,dm-10,sdb1";
	static const char * const yes[] = {
		"nbd0", "dm-3", "dm-3p1", "loop0", "dm-10", "sdb", "sdb1",
	};
	static const char * const no[] = { "nbd0p1", "dm-1", "loop0p1", "sd" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(rest_concerns(line, yes[i]));
	for (i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(rest_concerns(line, no[i]));
	assert_false(rest_concerns("device=-(removing) asked=-(submitting) via=-(more),x",
				   "submitting"));
}

/* Alike is what rests at one device in one state, and came by one way. */
static void alike(void **state)
{
	static const char * const lines[] = {
		"device=sda asked=dm-1 fs=- via=- state=started age_ns=5",
		"device=sda asked=dm-1 fs=- via=- state=started age_ns=9",
		"device=sda asked=dm-1 fs=- via=- state=queued age_ns=-(not-recorded)",
		"device=sda asked=dm-1 fs=\"ext4\" via=- state=started age_ns=1",
		"device=sda asked=dm-1 fs=- via=dm-0 state=started age_ns=1",
		"device=sda asked=-(submitting) fs=-(submitting) via=-(submitting) state=submitting waits_for=tag",
		"device=sda asked=-(submitting) fs=-(submitting) via=-(submitting) state=submitting waits_for=unfreeze",
		"device=sda asked=-(submitting) fs=-(submitting) via=-(submitting) state=submitting waits_for=tag",
	};
	static const unsigned int requests[] = { 2, 1, 1, 1, 2, 1 };
	struct rests rests = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		rests_add(&rests, lines[i]);
	assert_int_equal(rests.nr, ARRAY_SIZE(requests));
	for (i = 0; i < rests.nr; i++)
		assert_int_equal(rests.rest[i].requests, requests[i]);
	assert_int_equal(rests.rest[0].oldest_ns, 9);
	assert_int_equal(rests.rest[1].oldest_ns, 0);
	assert_int_equal(rests.rest[4].asked.kind, VALUE_MISSING);
	assert_true(value_is(rests.rest[4].waits_for, "tag"));
	assert_int_equal(rests.others, 0);
}

/* What has no place is counted. */
static void too_many_ways(void **state)
{
	struct rests rests = {};
	char line[RESTS_MAX + 3][16];
	size_t i;

	for (i = 0; i < RESTS_MAX + 3; i++) {
		snprintf(line[i], sizeof(line[i]), "device=sd%zu", i);
		rests_add(&rests, line[i]);
	}
	rests_add(&rests, line[0]);
	assert_int_equal(rests.nr, RESTS_MAX);
	assert_int_equal(rests.rest[0].requests, 2);
	assert_int_equal(rests.others, 3);
}

static void disks(void **state)
{
	struct disk disk;
	struct text text;

	parse(&text, "format: 1\n"
	      "disk: device=sda dev=8:0 found=3 accounted=2\n"
	      "disk: device=sdb dev=8:16 found=1 accounted=-(unreadable) oldest_age_ns=-(not-recorded) valid_paths=-\n"
	      "disk: device=sdc dev=-(removing) found=0 accounted=-(submitting) valid_paths=0\n"
	      "request: device=sda asked=sdb age_ns=70\n"
	      "request: device=sda asked=-(removing) age_ns=-(not-recorded)\n");
	assert_int_equal(io_outstanding(io_disk(&text, "sda")).nr, 3);
	assert_int_equal(io_outstanding(io_disk(&text, "sdb")).nr, 1);
	assert_true(io_outstanding(io_disk(&text, "sdc")).known);
	assert_null(io_disk(&text, "sd"));
	assert_false(io_outstanding(NULL).known);
	assert_int_equal(io_oldest_ns(&text, io_disk(&text, "sdb")), 70);
	assert_int_equal(io_oldest_ns(&text, io_disk(&text, "sdc")), 0);
	assert_true(io_has_no_path(io_disk(&text, "sdc")));
	assert_false(io_has_no_path(io_disk(&text, "sdb")));
	assert_false(io_has_no_path(NULL));
	assert_true(io_disk_named(&text, "sdb", &disk));
	assert_string_equal(disk.whole, "sdb");
	assert_int_equal(disk.minor, 16);
	assert_false(io_disk_named(&text, "sdc", &disk));
	assert_false(io_disk_named(&text, "sdd", &disk));
	assert_false(io_disk_named(&text, "../sda", &disk));
	text_free(&text);
}

/* usage: a map of two paths, how many of them work, how often each failed, and its state. */
static void check_paths(const char *valid, const char *a, const char *b,
			const char *want)
{
	char file[512], *paths;
	struct text text;

	snprintf(file, sizeof(file), "format: 1\n"
		 "disk: device=dm-0 dev=253:0 valid_paths=%s\n"
		 "path: map=dm-0 device=sda %s\n"
		 "path: map=dm-1 device=sdc fail_count=9 state=failed\n"
		 "path: map=dm-0 device=sdb %s\n", valid, a, b);
	parse(&text, file);
	paths = io_paths(&text, "dm-0");
	assert_string_equal(paths, want);
	free(paths);
	assert_null(io_paths(&text, "dm-2"));
	text_free(&text);
}

static void paths(void **state)
{
	check_paths("0", "fail_count=1 state=failed", "fail_count=1 state=failed",
		    "sda failed, sdb failed");
	check_paths("1", "fail_count=4 state=active", "fail_count=1 state=failed",
		    "sda works, sdb failed");
	/* Where the state is not known, the counts may say it. */
	check_paths("0", "fail_count=1 state=-(no-member)",
		    "fail_count=0 state=-(unreadable)", "sda failed, sdb failed");
	check_paths("1", "fail_count=0", "fail_count=1", "sda works, sdb failed");
	check_paths("1", "fail_count=2", "fail_count=1",
		    "sda may have failed, sdb may have failed");
	check_paths("-(unreadable)", "fail_count=0", "fail_count=-(submitting)",
		    "sda may have failed, sdb may have failed");
}

static const char aio_file[] =
	"format: 1\n"
	"waiter: tid=8 tgid=7 comm=\"a\" not_drained=1\n"
	"context: pid=7 user_id=0x1 inflight=9 owed=2 unfound=5 missing=-(too-many-lines)\n"
	"owed: pid=7 device=sda asked=dm-1 fs=- via=dm-5 state=submitting waits_for=tag op=-(submitting) sector=-(submitting)\n"
	"owed: pid=7 device=sda asked=dm-1 fs=- via=-(submitting) state=-(unknown)\n"
	"owed_by: pid=7 requests=7 -(several-kinds)\n"
	"unfound: pid=7 asked=sda op=-(submitting) state=submitting\n"
	"unfound: pid=7 asked=sdb op=read state=held-by-driver\n"
	"unfound: pid=7 asked=sdb op=read state=-(not-found-below)\n"
	"unfound: pid=7 asked=-(removing) op=read state=fs-completion\n"
	"unfound: pid=7 asked=-(no-block-device) op=poll state=poll\n"
	"context: pid=-(owner-not-found) user_id=-(unreadable) state=ownerless inflight=-(unreadable) owed=-(unreadable)\n"
	"candidate: pid=- device=nbd0 dev=43:0\n"
	"candidate: pid=- device=-(more) dev=-(more)\n";

static void owners(void **state)
{
	struct aio_owner owner;
	struct text text;
	size_t at = 0;

	parse(&text, aio_file);
	assert_true(aio_next(&text, &at, &owner));
	assert_int_equal(owner.kind, AIO_WAITER);
	assert_int_equal(owner.not_found, 7);
	assert_true(value_is(owner.why_not_found, "several-kinds"));
	assert_int_equal(owner.nr_devices, 2);
	assert_string_equal(owner.device[0].name, "sda");
	assert_int_equal(owner.device[0].requests, 2);
	assert_int_equal(owner.device[0].unfound, 1);
	assert_string_equal(owner.device[1].name, "sdb");
	assert_int_equal(owner.device[1].requests, 0);
	assert_int_equal(owner.device[1].unfound, 2);
	assert_true(aio_concerns(&text, &owner, "dm-1"));
	assert_true(aio_concerns(&text, &owner, "dm-5"));
	assert_true(aio_concerns(&text, &owner, "sdb"));
	assert_false(aio_concerns(&text, &owner, "nbd0"));
	assert_true(aio_next(&text, &at, &owner));
	assert_int_equal(owner.kind, AIO_UNOWNED);
	assert_false(owner.inflight_known);
	assert_int_equal(owner.nr_devices, 1);
	assert_true(aio_concerns(&text, &owner, "nbd0"));
	assert_false(aio_next(&text, &at, &owner));
	text_free(&text);
}

/* Devices that have no place are counted. */
static void many_devices(void **state)
{
	char file[4096] = "format: 1\nwaiter: tid=8 tgid=7\n";
	struct aio_owner owner;
	struct text text;
	size_t at = 0, i;

	for (i = 0; i < AIO_DEVICES + 3; i++)
		snprintf(file + strlen(file), sizeof(file) - strlen(file),
			 "owed: device=sd%zu\n", i);
	parse(&text, file);
	assert_true(aio_next(&text, &at, &owner));
	assert_int_equal(owner.nr_devices, AIO_DEVICES);
	assert_int_equal(owner.others, 3);
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partitions),
		cmocka_unit_test(concerned),
		cmocka_unit_test(alike),
		cmocka_unit_test(too_many_ways),
		cmocka_unit_test(disks),
		cmocka_unit_test(paths),
		cmocka_unit_test(owners),
		cmocka_unit_test(many_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
