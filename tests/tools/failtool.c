// SPDX-License-Identifier: GPL-2.0
/*
 * failtool: does something again and again, with the first allocation of the
 * kernel failing, then the second, until none is left to fail. Needs a kernel
 * with fault injection. For test cases only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include "tool.h"

#define MOST 5000

static const char usage_text[] =
	"usage: failtool CHECK COMMAND ARGUMENT...\n"
	"\n"
	"  load MODULE.ko PARAMETERS load a module; it is removed again after the check\n"
	"  unload NAME               remove a module; the check has to load it again\n"
	"  read FILE COPY            read a file to its end, and copy it\n"
	"  write FILE TEXT           write at once\n"
	"CHECK is run by the shell after each try, with NTH (which allocation failed), INJECTED (yes or\n"
	"no) and RESULT (ok, or an error's name) in its environment. Begins with allocation\n"
	"FAIL_STEP and goes on in steps of as many; 1 without it. Which allocations count is set in\n"
	"debugfs failslab. Prints a line for each try, marked wrong if its check failed, and last of\n"
	"all tries=, errors= and wrong=; fails if there was any.\n";

/* ---- what to do; each returns 0 or errno ---- */

static int do_load(char **args)
{
	int fd = open(args[0], O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, args[1], 0))
		err = errno;
	close(fd);
	return err;
}

/* The name of a module, by its file. */
static void undo_load(char **args)
{
	const char *slash = strrchr(args[0], '/');
	char *name = strdup(slash ? slash + 1 : args[0]);

	name[strcspn(name, ".")] = '\0';
	if (syscall(SYS_delete_module, name, O_NONBLOCK))
		die_errno("delete_module");
	free(name);
}

static int do_unload(char **args)
{
	return syscall(SYS_delete_module, args[0], O_NONBLOCK) ? errno : 0;
}

static char text[1 << 20];
static size_t text_len;

static int do_read(char **args)
{
	int fd = open(args[0], O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t got = 1;

	text_len = 0;
	if (fd < 0)
		return errno;
	while (got > 0 && text_len < sizeof(text)) {
		got = read(fd, text + text_len, sizeof(text) - text_len);
		if (got < 0)
			err = errno;
		else
			text_len += got;
	}
	close(fd);
	return err;
}

static void copy_read(char **args)
{
	FILE *copy = fopen(args[1], "we");

	if (!copy || fwrite(text, 1, text_len, copy) != text_len ||
	    fclose(copy))
		die_errno(args[1]);
}

static int do_write(char **args)
{
	int fd = open(args[0], O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, args[1], strlen(args[1])) < 0)
		err = errno;
	close(fd);
	return err;
}

static const struct command {
	const char *name;
	int args;
	int (*run)(char **args);
	void (*before_check)(char **args);
	void (*undo)(char **args);
} commands[] = {
	{ "load", 2, do_load, NULL, undo_load },
	{ "unload", 1, do_unload, NULL, NULL },
	{ "read", 2, do_read, copy_read, NULL },
	{ "write", 2, do_write, NULL, NULL },
};

/* ---- one try ---- */

static int fail_nth;

static void set_nth(unsigned int nth)
{
	char number[16];
	int len = snprintf(number, sizeof(number), "%u", nth);

	if (pwrite(fail_nth, number, len, 0) != len)
		die_errno("fail-nth");
}

/* Whether the allocation came to pass: what is left of the number is 0. */
static bool was_injected(void)
{
	char number[16] = "";

	if (pread(fail_nth, number, sizeof(number) - 1, 0) <= 0)
		die_errno("fail-nth");
	set_nth(0);
	return !strtoul(number, NULL, 10);
}

static bool check_passes(const char *check, unsigned int nth, bool injected,
			 const char *result)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", nth);
	setenv("NTH", number, 1);
	setenv("INJECTED", injected ? "yes" : "no", 1);
	setenv("RESULT", result, 1);
	return !system(check);
}

int main(int argc, char **argv)
{
	unsigned int nth, step = 1, tries = 0, errors = 0, wrong = 0;
	const struct command *command = NULL;
	bool injected = true, right;
	const char *result;
	size_t i;
	int err;

	for (i = 0; argc > 2 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[2], commands[i].name))
			command = &commands[i];
	if (!command || argc != 3 + command->args) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	fail_nth = open_or_die("/proc/thread-self/fail-nth", O_RDWR);
	if (getenv("FAIL_STEP"))
		step = parse_number(getenv("FAIL_STEP"));
	for (nth = step; injected && nth < MOST; nth += step) {
		set_nth(nth);
		err = command->run(argv + 3);
		injected = was_injected();
		result = err ? error_name(err) : "ok";
		tries++;
		errors += !!err;
		if (command->before_check)
			command->before_check(argv + 3);
		right = check_passes(argv[1], nth, injected, result);
		wrong += !right;
		printf("allocation %u: %s%s\n", nth, result,
		       right ? "" : ", which is wrong");
		fflush(stdout);
		if (!err && command->undo)
			command->undo(argv + 3);
	}
	printf("tries=%u errors=%u wrong=%u\n", tries, errors, wrong);
	return wrong || injected;
}
