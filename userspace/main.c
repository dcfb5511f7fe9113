// SPDX-License-Identifier: GPL-2.0
/* nbddiag: what is wrong with nbd devices, block I/O, AIO and io_uring. */
#include <locale.h>
#include <stdio.h>

#include "base/document.h"
#include "base/fail.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "facts/device_facts.h"
#include "host/origin.h"

/* Of --wait, if it is not given. */
#define WAIT_S 10

static const struct command * const commands[] = {
	&command_list, &command_show, &command_holders, &command_aio,
	&command_io, &command_tasks, &command_uring, &command_check,
	&command_why, &command_clean, &command_capture, &command_metrics,
	&command_changes, NULL,
};

/* That it is a capture, for programs. */
static void put_origin(struct json *json, const void *data)
{
	const struct origin *origin = data;

	json_object(json, "capture");
	json_text(json, "host", *origin->host ? origin->host : NULL);
	json_text(json, "time", *origin->time ? origin->time : NULL);
	json_text(json, "kernel", *origin->kernel ? origin->kernel : NULL);
	json_end(json);
}

static void say_origin(const struct options *options)
{
	static struct origin origin;

	if (options->source.live)
		return;
	origin_read(&options->source, &origin);
	document_always(put_origin, &origin);
	if (!options->quiet)
		origin_say(&origin);
}

static int run_command(struct options *options, const struct command *command)
{
	int status;

	if (options->stuck_after_s)
		device_facts_stuck_s = options->stuck_after_s;
	say_origin(options);
	document_start(command->name);
	status = command->run(options);
	document_end(status);
	return status;
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
	check_output();
	return status;
}
