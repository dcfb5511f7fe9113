// SPDX-License-Identifier: GPL-2.0
/*
 * stormtool: reads files in every way that a program can, and measures how long
 * a system call or a command was held up. For test cases only.
 *
 * On a loaded or emulated machine the time between begin and end (wall_ms) says
 * little. Two times are taken off it: that in which the task could have run and
 * another one had the processor (the kernel counts it, see schedstat), and that
 * in which no processor ran at all, because the host had stopped the machine.
 * What is left (held_up_ms) is the time in which it slept or ran: whatever waits
 * for a lock, for another task or for I/O, or does not come to an end, is in it.
 * slept_ms is the part of it in which it did not run either.
 */
#define _GNU_SOURCE
#include <getopt.h>

#include "stormtool.h"

static const char usage_text[] =
	"usage: stormtool COMMAND [OPTION...] ARGUMENT...\n"
	"\n"
	"  read SECONDS DIRECTORY    read its files at once, in pieces, in part, from anywhere\n"
	"                            and again, and check\n"
	"                            their form; SIGTERM ends it earlier; prints reads=,\n"
	"                            gone=, held_up_ms= (the longest), by=, slept_ms= and\n"
	"                            wall_ms= of that one, slowest_ms=\n"
	"    --readers N             at once (1)\n"
	"    --hold SECONDS          one more: it has all files open for so long, begun and\n"
	"                            not at their end, and then none for a while\n"
	"    --gate PREFIX           with files open only behind the locks PREFIX.turn and\n"
	"                            PREFIX.gate: who has both alone has no reader inside\n"
	"  reread SECONDS FILE...    open them, lock all memory and say \"ready\"; from SIGUSR1\n"
	"                            on read them from the start again and again; prints what\n"
	"                            read prints\n"
	"  time NAME COMMAND...      run it; prints name=, status=, slept_ms=, held_up_ms=,\n"
	"                            wall_ms=\n"
	"    --gone PATH             it is done when that is gone too\n"
	"\n"
	"What takes longer than --limit MS (1000) is said at once, with the kernel's stack.\n";

struct stormtool_options opt = { .readers = 1, .limit = 1 };

static const struct option long_options[] = {
	{ "readers", required_argument, NULL, 'r' },
	{ "hold", required_argument, NULL, 'h' },
	{ "gate", required_argument, NULL, 'a' },
	{ "limit", required_argument, NULL, 'l' },
	{ "gone", required_argument, NULL, 'g' },
	{ }
};

static void parse_options(int argc, char **argv)
{
	int letter;

	/* "+": what follows a command is its own. */
	while ((letter = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
		switch (letter) {
		case 'r':
			opt.readers = parse_number(optarg);
			break;
		case 'h':
			opt.hold = parse_number(optarg);
			break;
		case 'a':
			opt.gate = optarg;
			break;
		case 'l':
			opt.limit = parse_number(optarg) / 1000.0;
			break;
		case 'g':
			opt.gone = optarg;
			break;
		default:
			_exit(EXIT_USAGE);
		}
	}
	opt.args = argv + optind;
	opt.nr_args = argc - optind;
	if (opt.readers > MAX_READERS)
		bad_usage("at most %d readers", MAX_READERS);
}

int main(int argc, char **argv)
{
	bool reads, rereads, times;

	if (argc < 2)
		bad_usage("no command; see stormtool --help");
	if (!strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	reads = !strcmp(argv[1], "read");
	rereads = !strcmp(argv[1], "reread");
	times = !strcmp(argv[1], "time");
	parse_options(argc - 1, argv + 1);
	if ((!reads || opt.nr_args != 2) && (!(times || rereads) || opt.nr_args < 2))
		bad_usage("'%s'? See stormtool --help", argv[1]);
	watch_cpus();
	watch_under_way();
	if (rereads)
		return cmd_reread();
	return reads ? cmd_read() : cmd_time();
}
