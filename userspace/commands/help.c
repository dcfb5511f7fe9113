// SPDX-License-Identifier: GPL-2.0
/* What --help says. The completion reads it, see completion/nbddiag. */
#include <ctype.h>
#include <stdio.h>

#include "base/fold.h"
#include "commands/options.h"

static void print_option(const struct option_row *row)
{
	char letter[8] = "    ", name[32], before[48];

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(name, sizeof(name), "%s%s%s", row->name,
		 row->takes ? " " : "", row->takes ? row->takes : "");
	snprintf(before, sizeof(before), "  %s--%-19s ", letter, name);
	fold_line(stdout, before, row->help, "");
}

static void print_options(const struct option_row *row)
{
	for (; row->name; row++)
		print_option(row);
}

/* Those of tables and of all commands are at the end, once. */
static void print_own_options(const struct command *command)
{
	if (!command->options)
		return;
	printf("\nOptions of %s:\n", command->name);
	print_options(command->options);
}

/* "Options of A, B, C:", for those that print a table. */
static void print_table_heading(const struct command * const *at)
{
	const char *before = "\nOptions of ";

	for (; *at; at++) {
		if (!(*at)->columns)
			continue;
		printf("%s%s", before, (*at)->name);
		before = ", ";
	}
	puts(":");
}

static void print_last_heading(const struct command * const *at)
{
	const char *before = " (no --root: ";

	fputs("\nOptions of all commands", stdout);
	for (; *at; at++) {
		if (!(*at)->is_live)
			continue;
		printf("%s%s", before, (*at)->name);
		before = ", ";
	}
	puts(*before == ',' ? "):" : ":");
}

static void print_command(const struct command *command)
{
	char before[48];

	snprintf(before, sizeof(before), "  %-8s %-11s ", command->name,
		 command->takes);
	fold_line(stdout, before, command->help, "");
}

void help_print(const struct command * const *commands)
{
	const struct option_row *tables[OPTION_TABLES];
	const struct command * const *at;
	size_t i;

	puts("Usage: nbddiag [COMMAND] [OPTION...] [ARGUMENT]\n\n"
	     "Shows what is wrong with nbd devices, block I/O, Linux AIO and io_uring\n"
	     "on this host.\n\n"
	     "Commands:");
	for (at = commands; *at; at++)
		print_command(*at);
	for (at = commands; *at; at++)
		print_own_options(*at);
	/* The first command has options of its own, and prints a table. */
	options_tables(*commands, tables);
	print_table_heading(commands);
	print_options(tables[1]);
	print_last_heading(commands);
	for (i = 2; i < OPTION_TABLES; i++)
		print_options(tables[i]);
	puts("\nThe manual pages are nbddiag(8) and, for the files it reads, nbddiag(4).");
}

void help_print_command(const struct command *command)
{
	const struct option_row *tables[OPTION_TABLES];
	size_t i;

	printf("Usage: nbddiag %s [OPTION...]%s%s\n\n%c%s.\n\nOptions:\n",
	       command->name, *command->takes ? " " : "", command->takes,
	       toupper(*command->help), command->help + 1);
	options_tables(command, tables);
	for (i = 0; i < OPTION_TABLES && tables[i]; i++)
		print_options(tables[i]);
}
