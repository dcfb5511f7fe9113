/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of a test program, by two tables: what it can do, and which
 * options there are. The help, the checks and where a value goes follow from them.
 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct option_row - an option; one of the pointers says where it goes
 * @name: without the dashes
 * @value: what the help calls its value, NULL if it has none
 * @help: what it does; may have several lines
 * @flag: becomes 1
 * @number: becomes the value
 * @text: becomes the value
 */
struct option_row {
	const char *name;
	const char *value;
	const char *help;
	int *flag;
	uint64_t *number;
	const char **text;
};

/**
 * struct command - something that the program can do
 * @name: its first word; NULL: a heading of the help, which is @help
 * @args: what the help calls its arguments
 * @help: what it does; may have several lines
 * @min: least number of arguments
 * @max: greatest
 * @options: the names of its options, separated by spaces, or NULL
 * @runs_command: what follows the first argument is a command of its own, with
 *	options that are no business of this program
 * @run: does it; returns the exit status
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	int min;
	int max;
	const char *options;
	bool runs_command;
	int (*run)(void);
};

/* As many arguments as one likes. */
#define MANY 1000000

/**
 * struct program - a whole command line
 * @commands: in the order of the help, ended by an empty one
 * @options: in the order of the help, ended by an empty one; NULL if there are none
 * @notes: the end of the help, or NULL
 */
struct program {
	const struct command *commands;
	const struct option_row *options;
	const char *notes;
};

/* The arguments of the command. */
extern char **args;
extern int nr_args;

/*
 * Finds the command, fills in what its options say, and sets @args. Ends the
 * program for --help, and if something is wrong.
 */
const struct command *parse_command_line(int argc, char **argv, const struct program *program);

/* A line of the help, and more if it has several. @indent: of the left column */
void print_help(int indent, const char *left, const char *help);

#endif /* COMMAND_LINE_H */
