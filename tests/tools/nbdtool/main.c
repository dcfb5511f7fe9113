// SPDX-License-Identifier: GPL-2.0
/*
 * nbdtool: brings nbd devices into states which real servers and clients do
 * not reach, or not when a test wants them to. For test cases only.
 *
 * Its server and its clients skip the negotiation and speak the transmission
 * phase at once, so they fit only each other. "ready" on standard output says
 * that a command has reached the state it was started for.
 */
#define _GNU_SOURCE
#include <getopt.h>

#include "nbdtool.h"

#define MAX_ADDRS 8

struct nbdtool_options opt;

static const char usage_text[] =
	"usage: nbdtool COMMAND ARGUMENT... [OPTION...]\n"
	"\n"
	"servers\n"
	"  serve ADDRESS             SIGUSR1: print the bytes unread on each connection;\n"
	"                            SIGUSR2: go on and answer what was stalled;\n"
	"                            SIGHUP: print how many connections were made, and how\n"
	"                            many of them their other end has shut\n"
	"    --image FILE            write and read that; otherwise all is zeros\n"
	"    --stall-reads           take read requests and do not answer them\n"
	"    --deaf                  accept and read nothing\n"
	"    --no-accept             only listen\n"
	"users of a device\n"
	"  hold DEVICE               open and stay\n"
	"  io DEVICE read|write|discard OFFSET BYTES\n"
	"                            direct I/O, reports each end; SIGUSR1: nothing but\n"
	"                            an interruption\n"
	"    --jobs N                N at once, one behind the other on the device\n"
	"clients by ioctl\n"
	"  attach DEVICE ADDRESS...  until the device is disconnected\n"
	"    --size BYTES --block BYTES --flags NUMBER --timeout SECONDS\n"
	"    --connections N         N sockets for each address\n"
	"    --sndbuf BYTES          room for what was sent and not yet read\n"
	"    --close-sockets         keep no descriptor of them\n"
	"    --no-start              stay between NBD_SET_SOCK and NBD_DO_IT\n"
	"    --no-clear              end without NBD_CLEAR_SOCK\n"
	"    --then ADDRESS          another NBD_SET_SOCK when the device has stopped\n"
	"    --stay                  stay after that, with the device open\n"
	"  strays DEVICE N ADDRESS   N attempts to attach; each must end in EBUSY\n"
	"    --never-started         in EINVAL\n"
	"  set-sock DEVICE ADDRESS   NBD_SET_SOCK only, and end at once\n"
	"    --stay                  close the device, but stay\n"
	"  set-socks FIRST LAST ADDRESS\n"
	"                            NBD_SET_SOCK for each of /dev/nbdFIRST..LAST; stay with\n"
	"                            all open; SIGUSR1: close the last half of them\n"
	"  set-size DEVICE BYTES     NBD_SET_SIZE, and end at once\n"
	"  clear DEVICE              NBD_CLEAR_SOCK\n"
	"  disconnect DEVICE         NBD_DISCONNECT\n"
	"clients by netlink\n"
	"  nl-connect INDEX ADDRESS...\n"
	"    --size, --block, --flags, --timeout, --connections as above\n"
	"    --dead-timeout SECONDS --backend TEXT --destroy --disconnect-on-close\n"
	"  nl-reconfigure INDEX ADDRESS...\n"
	"    --backend TEXT\n"
	"  nl-resize INDEX BYTES\n"
	"  nl-disconnect INDEX\n"
	"\n"
	"ADDRESS is unix:PATH, abstract:NAME (%HH in both: that byte) or tcp:HOST:PORT;\n"
	"for clients also fd:NUMBER, an open socket.\n";

static const struct command {
	const char *name;
	int (*run)(void);
	int min_args;
	int max_args;
	const char *options;
} commands[] = {
	{ "serve", cmd_serve, 1, 1, "rdai" },
	{ "hold", cmd_hold, 1, 1, "" },
	{ "io", cmd_io, 4, 4, "j" },
	{ "attach", cmd_attach, 2, MAX_ADDRS + 1, "sbftcuCNKHS" },
	{ "strays", cmd_strays, 3, 3, "E" },
	{ "set-sock", cmd_set_sock, 2, 2, "S" },
	{ "set-socks", cmd_set_socks, 3, 3, "" },
	{ "set-size", cmd_set_size, 2, 2, "" },
	{ "clear", cmd_clear, 1, 1, "" },
	{ "disconnect", cmd_disconnect, 1, 1, "" },
	{ "nl-connect", cmd_nl_connect, 2, MAX_ADDRS + 1, "sbftcTBDX" },
	{ "nl-reconfigure", cmd_nl_reconfigure, 2, MAX_ADDRS + 1, "cB" },
	{ "nl-resize", cmd_nl_resize, 2, 2, "" },
	{ "nl-disconnect", cmd_nl_disconnect, 1, 1, "" },
};

static const struct option long_options[] = {
	{ "stall-reads", no_argument, NULL, 'r' },
	{ "deaf", no_argument, NULL, 'd' },
	{ "no-accept", no_argument, NULL, 'a' },
	{ "image", required_argument, NULL, 'i' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "size", required_argument, NULL, 's' },
	{ "block", required_argument, NULL, 'b' },
	{ "flags", required_argument, NULL, 'f' },
	{ "timeout", required_argument, NULL, 't' },
	{ "connections", required_argument, NULL, 'c' },
	{ "sndbuf", required_argument, NULL, 'u' },
	{ "close-sockets", no_argument, NULL, 'C' },
	{ "no-start", no_argument, NULL, 'N' },
	{ "no-clear", no_argument, NULL, 'K' },
	{ "never-started", no_argument, NULL, 'E' },
	{ "then", required_argument, NULL, 'H' },
	{ "stay", no_argument, NULL, 'S' },
	{ "dead-timeout", required_argument, NULL, 'T' },
	{ "backend", required_argument, NULL, 'B' },
	{ "destroy", no_argument, NULL, 'D' },
	{ "disconnect-on-close", no_argument, NULL, 'X' },
	{ }
};

static void set_option(int letter)
{
	switch (letter) {
	case 'r':
		opt.stall_reads = 1;
		break;
	case 'd':
		opt.deaf = 1;
		break;
	case 'a':
		opt.no_accept = 1;
		break;
	case 'i':
		opt.image = optarg;
		break;
	case 'j':
		opt.jobs = parse_number(optarg);
		break;
	case 's':
		opt.size = parse_number(optarg);
		break;
	case 'b':
		opt.block = parse_number(optarg);
		break;
	case 'f':
		opt.flags = parse_number(optarg);
		break;
	case 't':
		opt.timeout = parse_number(optarg);
		break;
	case 'c':
		opt.connections = parse_number(optarg);
		break;
	case 'u':
		opt.sndbuf = parse_number(optarg);
		break;
	case 'C':
		opt.close_sockets = 1;
		break;
	case 'N':
		opt.no_start = 1;
		break;
	case 'K':
		opt.no_clear = 1;
		break;
	case 'E':
		opt.never_started = 1;
		break;
	case 'H':
		opt.then = optarg;
		break;
	case 'S':
		opt.stay = 1;
		break;
	case 'T':
		opt.dead_timeout = parse_number(optarg);
		break;
	case 'B':
		opt.backend = optarg;
		break;
	case 'D':
		opt.destroy = 1;
		break;
	case 'X':
		opt.disconnect_on_close = 1;
		break;
	}
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	bad_usage("no command '%s'; see nbdtool --help", name);
}

int main(int argc, char **argv)
{
	const struct command *command;
	int letter;

	if (argc < 2)
		bad_usage("no command; see nbdtool --help");
	if (!strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	command = find_command(argv[1]);
	argc--;
	argv++;
	opt.connections = 1;
	opt.jobs = 1;
	opt.size = 16 << 20;
	opt.block = 512;
	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (letter == '?')
			return EXIT_USAGE;
		if (!strchr(command->options, letter))
			bad_usage("%s has no such option", command->name);
		set_option(letter);
	}
	opt.args = argv + optind;
	opt.nr_args = argc - optind;
	if (opt.nr_args < command->min_args || opt.nr_args > command->max_args)
		bad_usage("%s: %d arguments; see nbdtool --help", command->name, opt.nr_args);
	return command->run();
}
