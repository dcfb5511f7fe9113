// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for all commands of the reader on a captured tree, which
 * may be hostile: everything that it reads of /proc, /sys and the module. An
 * input is a byte for the command, then a tree in one file, see "pack";
 * tree_source.c has the program read it.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/document.h"
#include "base/fail.h"
#include "commands/commands.h"
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

static void run(const struct command *command, struct options options,
		char *argument)
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
	if (options.json) {
		document_ask();
		document_start(command->name);
	}
	if (!setjmp(end_of_command))
		command->run(&options);
	document_end(0);
	fflush(stdout);
}

static const struct {
	const struct command *command;
	const char *argument;
	unsigned int pid;
} commands[] = {
	{ &command_list, NULL, 0 },
	{ &command_show, "nbd101", 0 },
	{ &command_show, "/dev/nbd0", 0 },
	{ &command_aio, NULL, 0 },
	{ &command_check, "nbd101", 0 },
	{ &command_holders, "nbd101", 0 },
	{ &command_holders, "/dev/nbd0", 0 },
	{ &command_why, "nbd101", 0 },
	{ &command_why, NULL, 454 },
	{ &command_clean, "nbd101", 0 },
	{ &command_io, NULL, 0 },
	{ &command_holders, "dm-0", 0 },
	{ &command_why, "volume", 0 },
	{ &command_why, "mpatha", 0 },
	{ &command_why, NULL, 700 },
	{ &command_holders, "sda", 0 },
	{ &command_tasks, NULL, 0 },
	{ &command_uring, NULL, 0 },
	{ &command_why, NULL, 712 },
	{ &command_why, NULL, 2101 },
	{ &command_why, "nbd0", 0 },
	{ &command_why, NULL, 0 },
	{ &command_check, NULL, 0 },
	{ &command_metrics, NULL, 0 },
};

/* The first byte chooses, since one at a time is faster than all. */
static void run_chosen(unsigned int choice)
{
	unsigned int i = choice / 2 % ARRAY_SIZE(commands);
	struct options options = { .dry_run = true };
	char argument[16];

	options.pid = commands[i].pid;
	options.all = !commands[i].argument;
	options.json = choice & 1;
	options.full = choice & 1;
	options.bytes = choice & 1;
	if (commands[i].argument)
		snprintf(argument, sizeof(argument), "%s",
			 commands[i].argument);
	run(commands[i].command, options,
	    commands[i].argument ? argument : NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* What is printed matters to the sanitizers only. */
	return freopen("/dev/null", "w", stdout) ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	tree_unpack(data + 1, size - 1);
	run_chosen(data[0]);
	tree_free();
	return 0;
}
