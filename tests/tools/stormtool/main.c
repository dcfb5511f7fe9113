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
 * slept_ms is the part of it in which it did not run either; of a command, less
 * what it waited for RCU, which is until each processor has done something else.
 *
 * A test that is to hold on a slow host limits slept_ms. How long something runs
 * depends on the host: one processor of an emulated machine may stand still
 * while the other one works, and the kernel counts that as time that it ran.
 */
#include "stormtool.h"

struct stormtool_options opt = { .readers = 1, .limit_ms = 1000 };

static const struct command commands[] = {
	{ "read", "SECONDS DIRECTORY",
	  "read its files at once, in pieces, in part, from anywhere\n"
	  "and again, and check\n"
	  "their form; SIGTERM ends it earlier; prints reads=,\n"
	  "gone=, slept_ms= (the longest), slept_by=, held_up_ms=\n"
	  "(the longest), by= and wall_ms= of that one, slowest_ms=",
	  2, 2, "readers hold gate limit", .run = cmd_read },
	{ "reread", "SECONDS FILE...",
	  "open them, lock all memory and say \"ready\"; from SIGUSR1\n"
	  "on read them from the start again and again; prints what\n"
	  "read prints",
	  2, MAX_HELD + 1, "limit", .run = cmd_reread },
	{ "time", "NAME COMMAND...",
	  "run it; prints name=, status=, slept_ms=, rcu_ms=,\n"
	  "held_up_ms=, wall_ms=",
	  2, MANY, "gone limit", true, cmd_time },
	{ }
};

static const struct option_row options[] = {
	{ "readers", "N", "at once (1)", .number = &opt.readers },
	{ "hold", "SECONDS",
	  "one more: it has all files open for so long, begun and\n"
	  "not at their end, and then none for a while", .number = &opt.hold },
	{ "gate", "PREFIX",
	  "with files open only behind the locks PREFIX.turn and\n"
	  "PREFIX.gate: who has both alone has no reader inside", .text = &opt.gate },
	{ "gone", "PATH", "it is done when that is gone too", .text = &opt.gone },
	{ "limit", "MS", "what takes longer is said at once, with the kernel's\n"
	  "stack (1000)", .number = &opt.limit_ms },
	{ }
};

static const struct program stormtool = { .commands = commands, .options = options };

int main(int argc, char **argv)
{
	const struct command *command = parse_command_line(argc, argv, &stormtool);

	watch_cpus();
	watch_under_way();
	return command->run();
}
