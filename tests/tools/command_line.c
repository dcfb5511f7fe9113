// SPDX-License-Identifier: GPL-2.0
/* The command line of a test program, see command_line.h. */
#define _GNU_SOURCE
#include <getopt.h>

#include "command_line.h"
#include "tool.h"

/* Where the right column of the help begins. */
#define COLUMN 28

char **args;
int nr_args;

/* --- the help ----------------------------------------------------------- */

void print_help(int indent, const char *left, const char *help)
{
	int width = printf("%*s%s", indent, "", left), len;

	if (*help && width + 2 > COLUMN) {
		putchar('\n');
		width = 0;
	}
	for (; *help; width = 0) {
		len = strcspn(help, "\n");
		printf("%*s%.*s", COLUMN - width, "", len, help);
		help += len;
		if (*help)
			putchar(*help++);
	}
	putchar('\n');
}

/* Whether a name is in a list that spaces separate. */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *at;

	for (at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static bool takes_option(const struct command *command, const struct option_row *option)
{
	return command->options && has_word(command->options, option->name);
}

/* Whether a command before this one takes it, so that it has been explained. */
static bool is_explained(const struct program *program, const struct command *command,
			 const struct option_row *option)
{
	const struct command *before;

	for (before = program->commands; before < command; before++)
		if (takes_option(before, option))
			return true;
	return false;
}

static void print_options(const struct program *program, const struct command *command)
{
	const struct option_row *option;
	char left[80], above[200] = "";

	for (option = program->options; option && option->name; option++) {
		if (!takes_option(command, option))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", option->name,
			 option->value ? " " : "", option->value ? option->value : "");
		if (!is_explained(program, command, option))
			print_help(4, left, option->help);
		else if (strlen(above) + strlen(left) + 1 < sizeof(above))
			strcat(strcat(above, " "), left);
	}
	if (*above)
		print_help(3, above, "as above");
}

static void __attribute__((noreturn)) print_usage(const struct program *program)
{
	const struct command *command;
	char left[80];

	printf("usage: %s COMMAND ARGUMENT... [OPTION...]\n\n", program_invocation_short_name);
	for (command = program->commands; command->name || command->help; command++) {
		if (!command->name) {
			puts(command->help);
			continue;
		}
		snprintf(left, sizeof(left), "%s %s", command->name, command->args);
		print_help(2, left, command->help);
		print_options(program, command);
	}
	if (program->notes)
		printf("\n%s\n", program->notes);
	exit(0);
}

/* --- what was given ----------------------------------------------------- */

static const struct command *find_command(const struct program *program, const char *name)
{
	const struct command *command;

	for (command = program->commands; command->name || command->help; command++)
		if (command->name && !strcmp(command->name, name))
			return command;
	bad_usage("no command '%s'; see --help", name);
}

/* The options of the table as getopt_long() wants them; the value is the row, counted from 1. */
static struct option *long_options(const struct option_row *rows)
{
	struct option *options;
	size_t nr = 0, i;

	while (rows && rows[nr].name)
		nr++;
	options = allocate((nr + 1) * sizeof(*options));
	for (i = 0; i < nr; i++) {
		options[i].name = rows[i].name;
		options[i].has_arg = rows[i].value ? required_argument : no_argument;
		options[i].val = i + 1;
	}
	return options;
}

static void set_option(const struct option_row *row)
{
	if (row->flag)
		*row->flag = 1;
	else if (row->number)
		*row->number = parse_number(optarg);
	else
		*row->text = optarg;
}

const struct command *parse_command_line(int argc, char **argv, const struct program *program)
{
	const struct option_row *row;
	const struct command *command;
	struct option *options;
	int i;

	if (argc < 2)
		bad_usage("no command; see --help");
	if (!strcmp(argv[1], "--help"))
		print_usage(program);
	command = find_command(program, argv[1]);
	options = long_options(program->options);
	while ((i = getopt_long(argc - 1, argv + 1, command->runs_command ? "+" : "", options,
				NULL)) != -1) {
		if (i == '?')
			exit(EXIT_USAGE);
		row = &program->options[i - 1];
		if (!takes_option(command, row))
			bad_usage("%s takes no --%s", command->name, row->name);
		set_option(row);
	}
	free(options);
	args = argv + 1 + optind;
	nr_args = argc - 1 - optind;
	if (nr_args < command->min || nr_args > command->max)
		bad_usage("%s: %d arguments; see --help", command->name, nr_args);
	return command;
}
