// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for all commands of the reader on a captured tree, which
 * may be hostile: everything that it reads of /proc, /sys and the module. An
 * input is a tree in one file, see "pack"; tree_source.c has the program read
 * it.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_size.h"
#include "commands.h"
#include "fail.h"
#include "fuzz.h"
#include "tree.h"

static jmp_buf end_of_command;

/* A command that gives up leaves its memory to the end of the process. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

void fuzz_exit(int status)
{
	longjmp(end_of_command, status ? status : -1);
}

static void run(int (*command)(const struct options *options),
		struct options options, char *argument)
{
	static enum exit_status (*same)(enum exit_status status);
	char *args[2];

	/* As if each command were a process of its own. */
	if (!same)
		same = fail_status;
	fail_status = same;
	args[0] = argument;
	args[1] = NULL;
	options.args = args;
	options.source.fd = -1;
	if (!setjmp(end_of_command))
		command(&options);
	fflush(stdout);
}

static void run_all(struct options options)
{
	char name[16] = "nbd101", dev[16] = "/dev/nbd0";

	run(cmd_list, options, NULL);
	run(cmd_show, options, name);
	run(cmd_show, options, dev);
	run(cmd_aio, options, NULL);
	run(cmd_check, options, name);
	run(cmd_holders, options, name);
	run(cmd_holders, options, dev);
	run(cmd_why, options, name);
	options.pid = 454;
	run(cmd_why, options, NULL);
	options.dry_run = true;
	run(cmd_clean, options, name);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* What is printed matters to the sanitizers only. */
	return freopen("/dev/null", "w", stdout) ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tree_unpack(data, size);
	run_all((struct options){ .all = true });
	run_all((struct options){ .json = true, .full = true, .bytes = true });
	tree_free();
	return 0;
}
