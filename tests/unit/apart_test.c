// SPDX-License-Identifier: GPL-2.0
/* A file that keeps its readers waiting keeps neither the program nor its end waiting. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array_size.h"
#include "host/apart.h"
#include "unit.h"

static struct source source;
static char dir[64] = "/tmp/nbddiag-apart.XXXXXX";
static char path[64];

/* Below the root, without a slash before it. */
static const char *at(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir + 1, name);
	return path;
}

static void put(const char *name, size_t size)
{
	FILE *file = fopen(at(name), "w");

	assert_non_null(file);
	while (size--)
		fputc('a' + size % 26, file);
	fclose(file);
}

static void expect_size(const char *name, size_t want)
{
	size_t size = 1, i;
	char *data = apart_read(&source, at(name), &size);

	assert_non_null(data);
	assert_int_equal(size, want);
	assert_int_equal(strlen(data), want);
	for (i = 0; i < want; i++)
		assert_int_equal(data[i], 'a' + (want - 1 - i) % 26);
	free(data);
}

static void what_is_there(void **unused)
{
	put("none", 0);
	put("some", 100);
	/* More than a pipe takes. */
	put("much", 1000000);
	expect_size("none", 0);
	expect_size("some", 100);
	expect_size("much", 1000000);
}

static void what_is_not(void **unused)
{
	size_t size;

	assert_null(apart_read(&source, at("nothing"), &size));
	assert_int_equal(errno, ENOENT);
	/* It can be opened, and not be read. */
	assert_null(apart_read(&source, dir + 1, &size));
	assert_int_equal(errno, EISDIR);
	expect_size("some", 100);
}

/* Who opens it waits for a writer. After that nothing is tried any more. */
static void what_hangs(void **unused)
{
	size_t size;

	assert_int_equal(mkfifo(at("fifo"), 0600), 0);
	assert_null(apart_read(&source, at("fifo"), &size));
	assert_int_equal(errno, ETIMEDOUT);
	assert_null(apart_read(&source, at("some"), &size));
	assert_int_equal(errno, ETIMEDOUT);
}

static int begin(void **unused)
{
	source_open(&source, NULL);
	return !mkdtemp(dir) || chdir("/");
}

static int end(void **unused)
{
	static const char * const names[] = { "none", "some", "much", "fifo" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		unlink(at(names[i]));
	return rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there),
		cmocka_unit_test(what_is_not),
		cmocka_unit_test(what_hangs),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
