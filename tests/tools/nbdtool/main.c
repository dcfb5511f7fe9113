// SPDX-License-Identifier: GPL-2.0
/*
 * nbdtool: brings nbd devices into states which real servers and clients do
 * not reach, or not when a test wants them to. For test cases only.
 *
 * Its server and its clients skip the negotiation and speak the transmission
 * phase at once, so they fit only each other. "ready" on standard output says
 * that a command has reached the state it was started for.
 */
#include "nbdtool.h"

#define MAX_ADDRS 8

struct nbdtool_options opt = {
	.size = 16 << 20,
	.block = 512,
	.connections = 1,
	.jobs = 1,
};

static const struct command commands[] = {
	{ .help = "servers" },
	{ "serve", "ADDRESS",
	  "SIGUSR1: print the bytes unread on each connection;\n"
	  "SIGUSR2: go on and answer what was stalled;\n"
	  "SIGHUP: print how many connections were made, and how\n"
	  "many of them their other end has shut",
	  1, 1, "image stall-reads stall-writes deaf no-accept", .run = cmd_serve },
	{ .help = "users of a device" },
	{ "hold", "DEVICE", "open and stay", 1, 1, .run = cmd_hold },
	{ "io", "DEVICE read|write|discard OFFSET BYTES",
	  "direct I/O, reports each end; SIGUSR1: nothing but\n"
	  "an interruption",
	  4, 4, "jobs", .run = cmd_io },
	{ "partition", "DEVICE NUMBER START BYTES",
	  "tell the kernel of a partition, of any block device", 4, 4, .run = cmd_partition },
	{ .help = "clients by ioctl" },
	{ "attach", "DEVICE ADDRESS...", "until the device is disconnected", 2, MAX_ADDRS + 1,
	  "size block flags timeout connections sndbuf close-sockets no-start no-clear then stay",
	  .run = cmd_attach },
	{ "strays", "DEVICE N ADDRESS", "N attempts to attach; each must end in EBUSY",
	  3, 3, "never-started", .run = cmd_strays },
	{ "set-sock", "DEVICE ADDRESS",
	  "NBD_SET_SOCK only, and end at once; with --stay: close\n"
	  "the device, but stay",
	  2, 2, "stay", .run = cmd_set_sock },
	{ "set-socks", "FIRST LAST ADDRESS",
	  "NBD_SET_SOCK for each of /dev/nbdFIRST..LAST; stay with\n"
	  "all open; SIGUSR1: close the last half of them",
	  3, 3, .run = cmd_set_socks },
	{ "set-size", "DEVICE BYTES", "NBD_SET_SIZE, and end at once", 2, 2, .run = cmd_set_size },
	{ "clear", "DEVICE", "NBD_CLEAR_SOCK", 1, 1, .run = cmd_clear },
	{ "disconnect", "DEVICE", "NBD_DISCONNECT", 1, 1, .run = cmd_disconnect },
	{ .help = "clients by netlink" },
	{ "nl-connect", "INDEX ADDRESS...", "prints the name of the device", 2, MAX_ADDRS + 1,
	  "size block flags timeout connections dead-timeout backend destroy disconnect-on-close stay",
	  .run = cmd_nl_connect },
	{ "nl-reconfigure", "INDEX ADDRESS...", "other sockets for the dead ones", 2, MAX_ADDRS + 1,
	  "connections backend", .run = cmd_nl_reconfigure },
	{ "nl-resize", "INDEX BYTES", "another size", 2, 2, .run = cmd_nl_resize },
	{ "nl-disconnect", "INDEX", "NBD_CMD_DISCONNECT", 1, 1, .run = cmd_nl_disconnect },
	{ "nl-turns", "INDEX TURNS ADDRESS",
	  "connect it with one connection, disconnect it, and the\n"
	  "same with --connections, so many times",
	  3, 3, "size block flags connections", .run = cmd_nl_turns },
	{ }
};

static const struct option_row options[] = {
	{ "image", "FILE", "write and read that; otherwise all is zeros", .text = &opt.image },
	{ "stall-reads", NULL, "take read requests and do not answer them",
	  .flag = &opt.stall_reads },
	{ "stall-writes", NULL, "the same with write requests and what they write",
	  .flag = &opt.stall_writes },
	{ "deaf", NULL, "accept and read nothing", .flag = &opt.deaf },
	{ "no-accept", NULL, "only listen", .flag = &opt.no_accept },
	{ "jobs", "N", "N at once, one behind the other on the device", .number = &opt.jobs },
	{ "size", "BYTES", "of the device (16 MiB)", .number = &opt.size },
	{ "block", "BYTES", "of a block (512)", .number = &opt.block },
	{ "flags", "NUMBER", "what the server says that it can", .number = &opt.flags },
	{ "timeout", "SECONDS", "of a request", .number = &opt.timeout },
	{ "connections", "N", "N sockets for each address", .number = &opt.connections },
	{ "sndbuf", "BYTES", "room for what was sent and not yet read", .number = &opt.sndbuf },
	{ "close-sockets", NULL, "keep no descriptor of them", .flag = &opt.close_sockets },
	{ "no-start", NULL, "stay between NBD_SET_SOCK and NBD_DO_IT", .flag = &opt.no_start },
	{ "no-clear", NULL, "end without NBD_CLEAR_SOCK", .flag = &opt.no_clear },
	{ "then", "ADDRESS", "another NBD_SET_SOCK when the device has stopped",
	  .text = &opt.then },
	{ "stay", NULL, "stay after that; with the device open, if it was", .flag = &opt.stay },
	{ "never-started", NULL, "in EINVAL", .flag = &opt.never_started },
	{ "dead-timeout", "SECONDS", "how long requests wait for another connection",
	  .number = &opt.dead_timeout },
	{ "backend", "TEXT", "what the device is said to be", .text = &opt.backend },
	{ "destroy", NULL, "the device goes when it is disconnected", .flag = &opt.destroy },
	{ "disconnect-on-close", NULL, "its last user's going disconnects it",
	  .flag = &opt.disconnect_on_close },
	{ }
};

static const struct program nbdtool = {
	.commands = commands,
	.options = options,
	.notes = "ADDRESS is unix:PATH, abstract:NAME (%HH in both: that byte) or tcp:HOST:PORT;\n"
		 "for clients also fd:NUMBER, an open socket.",
};

int main(int argc, char **argv)
{
	return parse_command_line(argc, argv, &nbdtool)->run();
}
