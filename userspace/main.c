// SPDX-License-Identifier: GPL-2.0
/* nbddiag: what is wrong with nbd devices and AIO. The command line only. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "commands/commands.h"

/* Seconds, at most. */
#define MAX_S 86400
/* Of --wait, if it is not given. */
#define WAIT_S 10

/* Options that have no letter. */
enum {
	OPT_BASE = 256, OPT_DEEP, OPT_DRY_RUN, OPT_FAIL_IO, OPT_FULL,
	OPT_LIST_COLUMNS, OPT_PID, OPT_ROOT, OPT_SOCKETS, OPT_WAIT, OPT_WATCH,
	OPT_YES,
};

static const struct option long_options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "bytes", no_argument, NULL, 'b' },
	{ "deep", no_argument, NULL, OPT_DEEP },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "fail-io", no_argument, NULL, OPT_FAIL_IO },
	{ "full", no_argument, NULL, OPT_FULL },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'J' },
	{ "list-columns", no_argument, NULL, OPT_LIST_COLUMNS },
	{ "noheadings", no_argument, NULL, 'n' },
	{ "output", required_argument, NULL, 'o' },
	{ "pid", required_argument, NULL, OPT_PID },
	{ "quiet", no_argument, NULL, 'q' },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "sockets", no_argument, NULL, OPT_SOCKETS },
	{ "version", no_argument, NULL, 'V' },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "watch", required_argument, NULL, OPT_WATCH },
	{ "yes", no_argument, NULL, OPT_YES },
	{ NULL, 0, NULL, 0 },
};

static const char short_options[] = "abhJno:qV";

/* Those of options above that a table has. */
static const int table_options[] = {
	'J', 'n', 'o', OPT_LIST_COLUMNS, 0,
};

/**
 * struct command - a command
 * @name: as typed
 * @run: does it
 * @min: fewest arguments
 * @max: most arguments
 * @takes: name of its arguments, for messages
 * @options: which options it takes besides --root, ended by 0
 * @has_table: it takes table_options too
 * @is_live: it works on this host only, and takes no --root
 * @help: one line
 */
struct command {
	const char *name;
	int (*run)(const struct options *options);
	int min;
	int max;
	const char *takes;
	int options[8];
	bool has_table;
	bool is_live;
	const char *help;
};

static const struct command commands[] = {
	{ "list", cmd_list, 0, 0, "", { 'a', 'b', OPT_WATCH }, true, false,
	  "one row for each nbd device that is not free (the default)" },
	{ "show", cmd_show, 1, 1, "DEVICE", { OPT_FULL }, true, false,
	  "everything about a device, as a tree" },
	{ "holders", cmd_holders, 1, 1, "DEVICE", {}, true, false,
	  "who keeps a device, and where it hangs" },
	{ "aio", cmd_aio, 0, 0, "", { OPT_DEEP, OPT_FULL, OPT_PID }, true, false,
	  "who has AIO contexts, who waits for them, who owes them" },
	{ "check", cmd_check, 1, 1, "DEVICE", { 'q', 'J' }, false, false,
	  "is it safe to attach? Exit status 0 only if it is" },
	{ "why", cmd_why, 0, 1, "DEVICE", { OPT_PID }, false, false,
	  "why a device or, with --pid, a process hangs, hop by hop" },
	{ "clean", cmd_clean, 1, 1, "DEVICE",
	  { 'q', OPT_SOCKETS, OPT_FAIL_IO, OPT_DRY_RUN, OPT_WAIT, OPT_YES },
	  false, true,
	  "free what is left over of a lost connection; shows its plan first" },
	{ "capture", cmd_capture, 1, 1, "FILE", { OPT_DEEP }, false, false,
	  "save all that the commands read, for a ticket; - is stdout" },
};

#define NR_COMMANDS ARRAY_SIZE(commands)

static const char options_help[] =
	"\n"
	"Options:\n"
	"  -a, --all            list: free devices too\n"
	"  -b, --bytes          sizes as plain numbers\n"
	"      --deep           aio: look at all pages of memory; takes longer\n"
	"      --full           every context, every socket\n"
	"  -J, --json           JSON\n"
	"  -n, --noheadings     no headings\n"
	"  -o, --output LIST    these columns; +LIST: these too\n"
	"      --list-columns   which columns there are\n"
	"      --sockets        clean: shut sockets that nothing serves\n"
	"      --fail-io        clean: fail requests; what they write is LOST\n"
	"      --dry-run        clean: only show the plan\n"
	"      --wait SECONDS   clean: how long to watch afterwards (10)\n"
	"      --yes            clean: do not ask\n"
	"      --watch SECONDS  list: print again and again\n"
	"      --pid N          of this process only\n"
	"  -q, --quiet          check, clean: the exit status only\n"
	"      --root DIR       read a captured tree, see nbddiag(8)\n"
	"  -h, --help           this text\n"
	"  -V, --version        version\n"
	"\n"
	"The manual pages are nbddiag(8) and, for the files it reads, nbddiag(4).\n";

static void print_help(void)
{
	size_t i;

	puts("Usage: nbddiag [COMMAND] [OPTION...] [ARGUMENT]\n\n"
	     "Shows what is wrong with nbd devices and Linux AIO on this host.\n\n"
	     "Commands:");
	for (i = 0; i < NR_COMMANDS; i++)
		printf("  %-8s %-8s %s\n", commands[i].name, commands[i].takes,
		       commands[i].help);
	fputs(options_help, stdout);
}

/* ---- which command ---- */

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	fail(EXIT_USAGE, "there is no command '%s'; see 'nbddiag --help'",
	     name);
}

static bool is_in(int option, const int *list)
{
	for (; *list; list++)
		if (*list == option)
			return true;
	return false;
}

static const char *option_name(int option)
{
	const struct option *at;

	for (at = long_options; at->val != option; at++)
		;
	return at->name;
}

static void check_option(const struct command *command, int option)
{
	if ((option == OPT_ROOT && !command->is_live) ||
	    is_in(option, command->options) ||
	    (command->has_table && is_in(option, table_options)))
		return;
	fail(EXIT_USAGE, "'%s' takes no --%s", command->name,
	     option_name(option));
}

/* ---- options ---- */

static unsigned long parse_number(const char *text, int option,
				  unsigned long min, unsigned long max)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number < min ||
	    number > max)
		fail(EXIT_USAGE, "--%s takes a number from %lu to %lu, not '%s'",
		     option_name(option), min, max, text);
	return number;
}

static void take_option(struct options *options, int option,
			const char **root)
{
	switch (option) {
	case 'a':
		options->all = true;
		break;
	case 'b':
		options->bytes = true;
		break;
	case 'J':
		options->json = true;
		break;
	case 'n':
		options->noheadings = true;
		break;
	case 'o':
		options->columns = optarg;
		break;
	case 'q':
		options->quiet = true;
		break;
	case OPT_DEEP:
		options->deep = true;
		break;
	case OPT_FULL:
		options->full = true;
		break;
	case OPT_LIST_COLUMNS:
		options->list_columns = true;
		break;
	case OPT_PID:
		options->pid = parse_number(optarg, option, 1, INT_MAX);
		break;
	case OPT_WATCH:
		options->watch_s = parse_number(optarg, option, 1, MAX_S);
		break;
	case OPT_ROOT:
		*root = optarg;
		break;
	}
}

/* Nobody may lose data by an abbreviation. */
static void check_spelling(int option, const char *given)
{
	if (option == OPT_FAIL_IO && strcmp(given, "--fail-io"))
		fail(EXIT_USAGE, "--fail-io must be spelled out");
}

/* Those of "clean". */
static bool take_clean_option(struct options *options, int option)
{
	switch (option) {
	case OPT_SOCKETS:
		options->sockets = true;
		return true;
	case OPT_FAIL_IO:
		options->fail_io = true;
		return true;
	case OPT_DRY_RUN:
		options->dry_run = true;
		return true;
	case OPT_YES:
		options->yes = true;
		return true;
	case OPT_WAIT:
		options->wait_s = parse_number(optarg, option, 0, MAX_S);
		return true;
	}
	return false;
}

/* Return: the command, with its options taken and arguments counted. */
static const struct command *parse_command(struct options *options, int argc,
					   char **argv)
{
	const struct command *command = NULL;
	const char *root = NULL;
	int seen[32], nr_seen = 0, option, i;

	while ((option = getopt_long(argc, argv, short_options, long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			print_help();
			exit(0);
		}
		if (option == 'V') {
			puts("nbddiag " NBDDIAG_VERSION);
			exit(0);
		}
		if (option == '?')
			exit(fail_status(EXIT_USAGE));
		check_spelling(option, argv[optind - 1]);
		if (!take_clean_option(options, option))
			take_option(options, option, &root);
		if (nr_seen < 32)
			seen[nr_seen++] = option;
	}
	command = find_command(optind < argc ? argv[optind++] : "list");
	for (i = 0; i < nr_seen; i++)
		check_option(command, seen[i]);
	if ((argc - optind < command->min && !options->list_columns) ||
	    argc - optind > command->max)
		fail(EXIT_USAGE, "usage: nbddiag %s [OPTION...]%s%s",
		     command->name, *command->takes ? " " : "",
		     command->takes);
	options->args = argv + optind;
	source_open(&options->source, root);
	return command;
}

int main(int argc, char **argv)
{
	struct options options = { .wait_s = WAIT_S };
	const struct command *command;
	int status;

	setlocale(LC_CTYPE, "");
	command = parse_command(&options, argc, argv);
	status = command->run(&options);
	if (fflush(stdout) || ferror(stdout))
		fail(EXIT_SYSTEM, "cannot write: %s", strerror(errno));
	return status;
}
