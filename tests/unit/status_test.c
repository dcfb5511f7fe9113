// SPDX-License-Identifier: GPL-2.0
/* The file "status" of a thread, also if it is long, or cut off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "locks/status.h"
#include "unit.h"

/* As the kernel writes it, for a process in so many groups. */
static char *file_of(size_t groups, const char *pending, const char *shared)
{
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	fputs("Name:\tSigPnd:\\nState:\tR\nUmask:\t0022\nState:\tS (sleeping)\nGroups:\t",
	      out);
	for (i = 0; i < groups; i++)
		fprintf(out, "%zu ", 4294900000 + i);
	fprintf(out, "\nNStgid:\t100\t1\nNSpid:\t107\t7\nThreads:\t3\nSigQ:\t0/127\n"
		"SigPnd:\t%s\nShdPnd:\t%s\nSigBlk:\t0000000000000100\n"
		"voluntary_ctxt_switches:\t300\nnonvoluntary_ctxt_switches:\t7\n",
		pending, shared);
	fclose(out);
	return text;
}

static int open_text(const char *text, size_t size)
{
	int fd = memfd_create("status", 0);

	assert_int_equal(write(fd, text, size), size);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void expect(size_t groups, const char *pending, const char *shared,
		   bool is_killed)
{
	char *text = file_of(groups, pending, shared);
	struct status status;

	assert_true(status_read(open_text(text, strlen(text)), &status));
	assert_int_equal(status.state, 'S');
	assert_int_equal(status.number, 7);
	assert_int_equal(status.switches, 307);
	assert_int_equal(status.is_killed, is_killed);
	free(text);
}

static void lengths(void **unused)
{
	size_t groups;

	/* Each part is once at the end of what is read at a time. */
	for (groups = 0; groups < 1200; groups++)
		expect(groups, "0000000000000000", "0000000000000000", false);
	expect(65536, "0000000000000000", "0000000000000000", false);
}

static void killed(void **unused)
{
	static const size_t groups[] = { 0, 380, 1000, 65536 };
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		expect(groups[i], "0000000000000100", "0000000000000000", true);
		expect(groups[i], "0000000000000000", "0000000000000100", true);
		expect(groups[i], "ffffffffffffffff", "ffffffffffffffff", true);
		expect(groups[i], "0000000000000080", "fffffffffffffeff", false);
	}
}

/* Of an older kernel, of a zombie, and of nothing. */
static void short_ones(void **unused)
{
	static const char zombie[] = "Name:\ta\nState:\tZ (zombie)\nPid:\t9\n";
	struct status status;

	assert_true(status_read(open_text(zombie, sizeof(zombie) - 1), &status));
	assert_int_equal(status.state, 'Z');
	assert_int_equal(status.number, 0);
	assert_int_equal(status.switches, 0);
	assert_false(status.is_killed);
	assert_false(status_read(open_text("", 0), &status));
	assert_false(status_read(open_text("Name:\ta\n", 8), &status));
	assert_false(status_read(-1, &status));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(killed),
		cmocka_unit_test(short_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
