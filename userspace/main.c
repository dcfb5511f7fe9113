// SPDX-License-Identifier: GPL-2.0
/* nbddiag: what is wrong with nbd devices and AIO. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "host/origin.h"

/* Of --wait, if it is not given. */
#define WAIT_S 10

static const struct command * const commands[] = {
	&command_list, &command_show, &command_holders, &command_aio,
	&command_io, &command_tasks, &command_uring, &command_check,
	&command_why, &command_clean, &command_capture, NULL,
};

static int run_command(struct options *options, const struct command *command)
{
	if (!options->source.live && !options->quiet)
		origin_say(&options->source);
	return command->run(options);
}

static int run(struct options *options, const struct command *command)
{
	if (options->version)
		puts("nbddiag " NBDDIAG_VERSION);
	else if (options->help && command)
		help_print_command(command);
	else if (options->help)
		help_print(commands);
	else if (options->list_columns)
		table_list_columns(command->columns, command->nr_columns);
	else
		return run_command(options, command);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { .wait_s = WAIT_S };
	const struct command *command;
	int status;

	setlocale(LC_CTYPE, "");
	/* Others may write there too: a line at a time, not a byte. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	command = options_parse(&options, commands, argc, argv);
	source_open(&options.source, options.root);
	status = run(&options, command);
	if (fflush(stdout) || ferror(stdout))
		fail(EXIT_SYSTEM, "cannot write: %s", strerror(errno));
	return status;
}
