/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line asked for. */
#ifndef NBDDIAG_OPTIONS_H
#define NBDDIAG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/source.h"

/*
 * Options and arguments, already checked. What is not explained is the option
 * of that name; a number is 0 if it was not given, but for --wait.
 */
struct options {
	struct source source;	/* the live host, or what --root names */
	const char *root;	/* NULL for the live host */
	char **args;		/* what follows the command; NULL ends it */
	const char *columns;	/* of --output, NULL if not given */
	const char *state;
	const char *to_file;	/* of --output of metrics, NULL if not given */
	const char *sort;	/* column, NULL if not given */
	const char *filter;	/* expression, NULL if not given */
	bool list_columns;
	bool output_all;
	bool noheadings;
	bool raw;
	bool pairs;
	bool json;
	bool bytes;
	bool all;
	bool full;
	bool deep;
	bool quiet;
	bool journal;
	bool sockets;
	bool fail_io;
	bool dry_run;
	bool yes;
	unsigned int wait_s;
	uint32_t pid;
	const char *peer;
	const char *volume;
	const char *guest;
	unsigned int watch_s;
	unsigned int stuck_after_s;
	bool help;
	bool version;
};

/**
 * struct option_row - an option that a command takes
 * @letter: its letter, 0 without
 * @name: its name; the same in all commands that take it, as the letter is
 * @takes: name of its argument, NULL without
 * @at: where it goes in struct options: a bool without an argument, an
 *	unsigned int if it has a @max, else a text
 * @min: of a number
 * @max: of a number
 * @exact: it cannot be abbreviated
 * @help: one line
 */
struct option_row {
	char letter;
	const char *name;
	const char *takes;
	size_t at;
	unsigned int min;
	unsigned int max;
	bool exact;
	const char *help;
};

#define OPTION_AT(member) offsetof(struct options, member)

/* An option without an argument; one with a text; one with a number. */
#define OPTION(letter, name, member, help) \
	{ letter, name, NULL, OPTION_AT(member), 0, 0, false, help }
#define OPTION_TEXT(letter, name, takes, member, help) \
	{ letter, name, takes, OPTION_AT(member), 0, 0, false, help }
#define OPTION_NUMBER(name, takes, member, min, max, help) \
	{ 0, name, takes, OPTION_AT(member), min, max, false, help }
/* One that nobody may give by mistake. */
#define OPTION_EXACT(name, member, help) \
	{ 0, name, NULL, OPTION_AT(member), 0, 0, true, help }

#define OPTION_STUCK_AFTER \
	OPTION_NUMBER("stuck-after", "SECONDS", stuck_after_s, 1, \
		      OPTION_MAX_S, "a request is stuck after so long (30)")

/* Of numbers of seconds. */
#define OPTION_MAX_S 86400

struct column;

/**
 * struct command - a command
 * @name: as typed
 * @run: does it; returns the exit status of the program
 * @min: fewest arguments
 * @max: most arguments
 * @takes: name of its argument, "" without
 * @options: what it takes besides those of tables and of all commands; the
 *	last row has no name. NULL without
 * @columns: of the table that it prints; NULL without
 * @nr_columns: how many
 * @is_live: it works on this host only, and takes no --root
 * @help: one line
 */
struct command {
	const char *name;
	int (*run)(const struct options *options);
	int min;
	int max;
	const char *takes;
	const struct option_row *options;
	const struct column *columns;
	size_t nr_columns;
	bool is_live;
	const char *help;
};

#define OPTION_TABLES 4

/**
 * options_tables() - the tables of the options that a command takes
 * @tables: filled; the first NULL ends them, if there are fewer
 */
void options_tables(const struct command *command,
		    const struct option_row *tables[OPTION_TABLES]);

/**
 * options_parse() - take the command line apart
 * @options: filled; not its source
 * @commands: all commands, ended by NULL; the first is the default
 *
 * Ends the program with a message if it is wrong.
 *
 * Return: the command; with --help or --version NULL if none was given. Both
 * win over whatever else is wrong, so that only these members are set then.
 */
const struct command *options_parse(struct options *options,
				    const struct command * const *commands,
				    int argc, char **argv);

/**
 * help_print() - what --help says
 * @commands: all commands, ended by NULL
 */
void help_print(const struct command * const *commands);

/* What --help says of one command. */
void help_print_command(const struct command *command);

#endif /* NBDDIAG_OPTIONS_H */
