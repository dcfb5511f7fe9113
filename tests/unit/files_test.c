// SPDX-License-Identifier: GPL-2.0
/* What fork(2) and dup(2) make of a descriptor is the same open file. */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "holders/files.h"
#include "unit.h"

static struct files files;

static void expect(size_t want)
{
	size_t got = files_count(&files);

	files_free(&files);
	/* Some sandboxes have no kcmp(2); then it is one, at least. */
	if (syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0) < 0)
		want = want ? 1 : 0;
	assert_int_equal(got, want);
}

static void in_a_process(void **unused)
{
	int one = open("/dev/null", O_RDONLY), two = open("/dev/null", O_RDONLY);
	int copy = dup(one), i, many[200];

	expect(0);
	files_add(&files, getpid(), one);
	expect(1);
	files_add(&files, getpid(), one);
	files_add(&files, getpid(), two);
	expect(2);
	files_add(&files, getpid(), copy);
	files_add(&files, getpid(), two);
	files_add(&files, getpid(), one);
	expect(2);
	for (i = 0; i < 200; i++) {
		many[i] = i % 2 ? dup(many[i - 1]) : open("/dev/null", O_RDONLY);
		files_add(&files, getpid(), many[i]);
	}
	expect(100);
	for (i = 0; i < 200; i++)
		close(many[i]);
	/* One that has been closed is none, but does not make others one. */
	files_add(&files, getpid(), one);
	files_add(&files, getpid(), many[7]);
	files_add(&files, getpid(), two);
	expect(2);
	close(one);
	close(two);
	close(copy);
}

static void in_two(void **unused)
{
	int one = open("/dev/null", O_RDONLY), ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		/* At the same place, but another open file. */
		dup2(open("/dev/null", O_RDONLY), ready[0]);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	files_add(&files, getpid(), one);
	files_add(&files, pid, one);
	expect(1);
	files_add(&files, getpid(), one);
	files_add(&files, pid, one);
	files_add(&files, pid, ready[0]);
	expect(2);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(one);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_a_process),
		cmocka_unit_test(in_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
