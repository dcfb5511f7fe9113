// SPDX-License-Identifier: GPL-2.0
/*
 * The command line. Each command has a table of its options. Which command it
 * is may stand after options, so that all tables together say where it stands;
 * afterwards only its own ones count.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "commands/options.h"
#include "facts/device.h"

/* What getopt_long() returns for the first option without a letter. */
#define WITHOUT_LETTER 256

static const struct option_row root_option[] = {
	OPTION_TEXT(0, "root", "PATH", root, "read a capture, a directory or tar archive"),
	{}
};

static const struct option_row common_options[] = {
	OPTION('h', "help", help, "this text"),
	OPTION('V', "version", version, "version"),
	{}
};

static const struct option_row table_options[] = {
	OPTION('J', "json", json, "JSON"),
	OPTION('n', "noheadings", noheadings, "no headings"),
	OPTION_TEXT('o', "output", "LIST", columns,
		    "these columns, or with +LIST these too"),
	OPTION('O', "output-all", output_all, "all columns"),
	OPTION('P', "pairs", pairs, "NAME=\"value\" pairs"),
	OPTION_TEXT('Q', "filter", "EXPR", filter,
		    "only rows for which this is true"),
	OPTION('r', "raw", raw, "words with spaces between them"),
	OPTION_TEXT('x', "sort", "COLUMN", sort, "in the order of this column"),
	OPTION(0, "list-columns", list_columns, "which columns there are"),
	{}
};

void options_tables(const struct command *command,
		    const struct option_row *tables[OPTION_TABLES])
{
	size_t nr = 0;

	if (command->options)
		tables[nr++] = command->options;
	if (command->columns)
		tables[nr++] = table_options;
	if (!command->is_live)
		tables[nr++] = root_option;
	tables[nr++] = common_options;
	if (nr < OPTION_TABLES)
		tables[nr] = NULL;
}

/* Return: the option of a command, NULL if it takes no such. */
static const struct option_row *find_option(const struct command *command,
					    const char *name)
{
	const struct option_row *tables[OPTION_TABLES], *row;
	size_t i;

	options_tables(command, tables);
	for (i = 0; i < OPTION_TABLES && tables[i]; i++)
		for (row = tables[i]; row->name; row++)
			if (!strcmp(row->name, name))
				return row;
	return NULL;
}

/* ---- all options of all commands ---- */

/**
 * struct spelling - all options, as getopt_long() wants them
 * @rows: those with a name, in any order, ended by zeroes
 * @letters: those with a letter
 * @nr: how many
 */
struct spelling {
	struct option *rows;
	char letters[64];
	size_t nr;
};

static bool is_spelt(const struct spelling *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (!strcmp(all->rows[i].name, name))
			return true;
	return false;
}

static void spell(struct spelling *all, const struct option_row *row)
{
	struct option option = {
		.name = row->name,
		.has_arg = row->takes ? required_argument : no_argument,
		.val = row->letter ? row->letter :
				     WITHOUT_LETTER + (int)all->nr,
	};
	size_t len = strlen(all->letters);

	if (is_spelt(all, row->name))
		return;
	all->rows = check_memory(reallocarray(all->rows, all->nr + 2,
					      sizeof(option)));
	all->rows[all->nr++] = option;
	memset(&all->rows[all->nr], 0, sizeof(option));
	if (row->letter)
		snprintf(all->letters + len, sizeof(all->letters) - len,
			 "%c%s", row->letter, row->takes ? ":" : "");
}

static void spell_all(struct spelling *all,
		      const struct command * const *commands)
{
	const struct option_row *tables[OPTION_TABLES], *row;
	size_t i;

	memset(all, 0, sizeof(*all));
	/* So that a missing argument is told from what is no option. */
	strcpy(all->letters, ":");
	opterr = 0;
	for (; *commands; commands++) {
		options_tables(*commands, tables);
		for (i = 0; i < OPTION_TABLES && tables[i]; i++)
			for (row = tables[i]; row->name; row++)
				spell(all, row);
	}
}

/* ---- what was given ---- */

/**
 * struct given - an option on the command line
 * @name: its name
 * @argument: its argument, or NULL
 * @as: how it was written
 */
struct given {
	const char *name;
	const char *argument;
	const char *as;
};

static int next_option(const struct spelling *all, int argc, char **argv)
{
	return getopt_long(argc, argv, all->letters, all->rows, NULL);
}

/* Is JSON asked for? What is wrong with the command line is said in it, too. */
static bool wants_json(const struct spelling *all, int argc, char **argv)
{
	char **copy = check_memory(calloc(argc + 1, sizeof(*copy)));
	bool wants = false;
	int option;

	/* getopt_long() puts options before arguments: of those that lack one, too. */
	memcpy(copy, argv, argc * sizeof(*copy));
	while ((option = next_option(all, argc, copy)) != -1)
		wants |= option == 'J';
	free(copy);
	/* Of glibc: begin anew. */
	optind = 0;
	return wants;
}

/* @as: as it was written, from its dashes on */
__attribute__((noreturn))
static void fail_long(const struct spelling *all, const char *as)
{
	size_t len = strcspn(as, "="), i;

	for (i = 0; i < all->nr; i++)
		if (!strncmp(all->rows[i].name, as + 2, len - 2))
			fail(EXIT_USAGE, "'%.*s' is short for several options",
			     (int)len, as);
	fail(EXIT_USAGE, "there is no option '%.*s'. See 'nbddiag --help'",
	     (int)len, as);
}

/* @option: what getopt_long() returned */
__attribute__((noreturn))
static void fail_option(const struct spelling *all, int option, char **argv)
{
	const char *as = argv[optind - 1];
	bool is_long = !strncmp(as, "--", 2);

	if (option == ':' && is_long)
		fail(EXIT_USAGE, "'%s' takes an argument", as);
	if (option == ':')
		fail(EXIT_USAGE, "'-%c' takes an argument", optopt);
	/* A letter is in a cluster, which may go on. */
	if (optopt && is_long && strchr(as, '='))
		fail(EXIT_USAGE, "'%s': this option takes no argument", as);
	if (!optopt)
		fail_long(all, as);
	fail(EXIT_USAGE, "there is no option '-%c'. See 'nbddiag --help'", optopt);
}

/*
 * Return: all of them, ended by one without a name, for free(). With --help or
 * --version NULL: whoever asks for that is told it, whatever else is wrong.
 */
static struct given *read_given(struct options *options,
				const struct spelling *all, int argc,
				char **argv)
{
	struct given *given = check_memory(calloc(1, sizeof(*given)));
	const struct option *row;
	size_t nr = 0;
	int option;

	while ((option = next_option(all, argc, argv)) != -1) {
		if (option == '?' || option == ':') {
			free(given);
			fail_option(all, option, argv);
		}
		options->help = option == 'h';
		options->version = option == 'V';
		if (options->help || options->version) {
			free(given);
			return NULL;
		}
		for (row = all->rows; row->val != option; row++)
			;
		given = check_memory(reallocarray(given, nr + 2,
						  sizeof(*given)));
		given[nr++] = (struct given){ row->name, optarg,
					      argv[optind - 1] };
		given[nr] = (struct given){};
	}
	return given;
}

static unsigned int parse_number(const struct option_row *row,
				 const char *text)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number < row->min ||
	    number > row->max)
		fail(EXIT_USAGE, "--%s takes a number from %u to %u, not '%s'",
		     row->name, row->min, row->max, text);
	return number;
}

static void set_option(struct options *options, const struct option_row *row,
		       const struct given *given)
{
	void *to = (char *)options + row->at;

	/* Nobody may lose data by an abbreviation. */
	if (row->exact && (strncmp(given->as, "--", 2) ||
			   strcmp(given->as + 2, row->name)))
		fail(EXIT_USAGE, "--%s must be spelled out", row->name);
	if (!row->takes)
		*(bool *)to = true;
	else if (row->max)
		*(unsigned int *)to = parse_number(row, given->argument);
	else
		*(const char **)to = given->argument;
}

static void set_options(struct options *options,
			const struct command *command,
			const struct given *given)
{
	const struct option_row *row;

	for (; given->name; given++) {
		row = find_option(command, given->name);
		if (!row)
			fail(EXIT_USAGE, "'%s' takes no --%s. See 'nbddiag %s --help'",
			     command->name, given->name, command->name);
		set_option(options, row, given);
	}
}

/* ---- all together ---- */

/* Return: NULL if there is no such. */
static const struct command *look_up(const struct command * const *at,
				     const char *name)
{
	for (; *at; at++)
		if (!strcmp((*at)->name, name))
			return *at;
	return NULL;
}

/* What follows --help only says which command it is about. */
static const struct command *parse_help(const struct spelling *all,
					const struct command * const *commands,
					int argc, char **argv)
{
	while (next_option(all, argc, argv) != -1)
		;
	return optind < argc ? look_up(commands, argv[optind]) : NULL;
}

static const struct command *find_command(const struct command * const *commands,
					  const char *name)
{
	const struct command *command = look_up(commands, name);

	if (!command)
		fail(EXIT_USAGE,
		     "there is no command '%s'. See 'nbddiag --help'", name);
	return command;
}

static void check_together(const struct options *options)
{
	if (options->json + options->raw + options->pairs > 1)
		fail(EXIT_USAGE, "only one of --json, --raw and --pairs can be given");
	if (options->columns && options->output_all)
		fail(EXIT_USAGE, "only one of --output and --output-all can be given");
}

static void check_arguments(const struct options *options,
			    const struct command *command, int nr)
{
	if ((nr < command->min && !options->list_columns) || nr > command->max)
		fail(EXIT_USAGE, "usage: nbddiag %s [OPTION...]%s%s",
		     command->name, *command->takes ? " " : "",
		     command->takes);
}

const struct command *options_parse(struct options *options,
				    const struct command * const *commands,
				    int argc, char **argv)
{
	const struct command *command = *commands;
	char plain[DEVICE_NAME_LEN];
	struct spelling all;
	struct given *given;

	spell_all(&all, commands);
	if (wants_json(&all, argc, argv))
		document_ask();
	given = read_given(options, &all, argc, argv);
	if (!given) {
		command = parse_help(&all, commands, argc, argv);
		free(all.rows);
		return command;
	}
	/* A device alone is an argument of the first command. */
	if (optind < argc && !device_is_named(plain, argv[optind]))
		command = find_command(commands, argv[optind++]);
	set_options(options, command, given);
	free(given);
	free(all.rows);
	check_together(options);
	check_arguments(options, command, argc - optind);
	options->args = argv + optind;
	return command;
}
