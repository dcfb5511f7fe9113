// SPDX-License-Identifier: GPL-2.0
/*
 * knobtool: writes to the cleanup knob as people and programs do, well and
 * badly, and uses devices in a way that shows whose data arrives where. For
 * test cases only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>

#include "command_line.h"
#include "tool.h"

#define KNOB "/sys/kernel/nbddiag/cleanup"
#define DEVICES "/sys/kernel/debug/nbddiag"
#define BLOCK 4096
#define MAX_DEVICES 64
#define MAX_TEXTS 1000

/* More of a device's file than comes before its sockets. */
#define TEXT_MAX 16384

static struct {
	const char *file;
	uint64_t chunk;
	uint64_t offset;
	uint64_t bytes;
} opt = { .file = KNOB, .bytes = BLOCK };

static atomic_bool enough;

static void stop(int signo)
{
	(void)signo;
	atomic_store(&enough, true);
}

static void end_by_sigterm(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGTERM, &action, NULL);
}

/* --- one write ---------------------------------------------------------- */

static void print_result(const char *result, const char *at, double start)
{
	printf("result=%s at=%s ms=%.0f\n", result, at, (now() - start) * 1000);
	fflush(stdout);
}

static void write_text(char *text)
{
	size_t len = decode_hex(text), done = 0, size;
	double start = now();
	ssize_t n;
	int fd;

	fd = open(opt.file, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		print_result(error_name(errno), "open", start);
		return;
	}
	do {
		size = len - done;
		if (opt.chunk && size > opt.chunk)
			size = opt.chunk;
		n = write(fd, text + done, size);
		if (n < 0) {
			print_result(error_name(errno), "write", start);
			close(fd);
			return;
		}
		done += n;
	} while (opt.chunk && done < len);
	close(fd);
	print_result(done == len ? "wrote" : "short", "write", start);
}

static int cmd_knob(void)
{
	int i;

	for (i = 0; i < nr_args; i++)
		write_text(args[i]);
	return 0;
}

/* --- many writes -------------------------------------------------------- */

/* Return: false if the device has none at the moment; it stays as it was. */
static bool read_generation(char *generation, size_t size, const char *device)
{
	static const char key[] = "\ngeneration: ";
	char path[128], *text, *at;
	size_t len = 0;
	ssize_t n = 0;
	bool found;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	text = allocate(TEXT_MAX + 1);
	while (len < TEXT_MAX && (n = read(fd, text + len, TEXT_MAX - len)) > 0)
		len += n;
	close(fd);
	at = strstr(text, key);
	found = at && at[sizeof(key) - 1] != '-';
	if (found) {
		at += sizeof(key) - 1;
		snprintf(generation, size, "%.*s", (int)strcspn(at, "\n"), at);
	}
	free(text);
	return found;
}

/* Return: 0 or the error number. */
static int write_command(const char *device, const char *action,
			 const char *generation)
{
	char text[128];
	int fd, len, error = 0;

	len = snprintf(text, sizeof(text), "%s %s %s\n", device, action, generation);
	fd = open(opt.file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, text, len) != len)
		error = errno;
	close(fd);
	return error;
}

static int cmd_loop(void)
{
	static const char *const actions[] = { "sockets", "fail-io" };
	double end = now() + parse_number(args[0]), start, slowest = 0;
	unsigned long counts[256] = { 0 }, writes = 0, skipped = 0;
	char generations[MAX_DEVICES + 1][64];
	int i, a, error;

	end_by_sigterm();
	for (i = 1; i < nr_args; i++)
		strcpy(generations[i], "0123456789abcdef");
	while (!atomic_load(&enough) && now() < end) {
		for (i = 1; i < nr_args; i++) {
			for (a = 0; a < 2; a++) {
				/* Each write is a line in the kernel's log. */
				if (!read_generation(generations[i], sizeof(generations[i]),
						     args[i]) && ++skipped % 8)
					continue;
				start = now();
				error = write_command(args[i], actions[a],
						      generations[i]);
				if (now() - start > slowest)
					slowest = now() - start;
				counts[error & 255]++;
				writes++;
				usleep(10000);
			}
		}
		usleep(1000);
	}
	printf("writes=%lu slowest_ms=%.0f", writes, slowest * 1000);
	for (i = 0; i < 256; i++)
		if (counts[i])
			printf(" %s=%lu", i ? error_name(i) : "wrote", counts[i]);
	say("");
	return 0;
}

/* --- users of a device -------------------------------------------------- */

/* What a block must hold: its number and how often it was written. */
static void fill(char *block, uint64_t number, uint64_t turn)
{
	uint64_t *words = (uint64_t *)block;
	size_t i;

	for (i = 0; i < BLOCK / sizeof(*words); i += 2) {
		words[i] = number;
		words[i + 1] = turn;
	}
}

static int cmd_verify(void)
{
	double end = now() + parse_number(args[1]);
	uint64_t base = parse_number(args[2]), nr = parse_number(args[3]);
	char *wrote = allocate_aligned(BLOCK, 0xee), *got = allocate_aligned(BLOCK, 0xee);
	uint64_t turn, n, verified = 0;
	int fd = open_or_die(args[0], O_RDWR | O_DIRECT);
	off_t at;

	end_by_sigterm();
	say("ready");
	for (turn = now() * 1e9; !atomic_load(&enough) && now() < end; turn++) {
		n = turn % nr;
		at = (base + n) * BLOCK;
		fill(wrote, base + n, turn);
		if (pwrite(fd, wrote, BLOCK, at) != BLOCK)
			quit(1, "write of block %" PRIu64 ": %s", base + n, strerror(errno));
		if (pread(fd, got, BLOCK, at) != BLOCK)
			quit(1, "read of block %" PRIu64 ": %s", base + n, strerror(errno));
		if (memcmp(wrote, got, BLOCK))
			quit(1, "block %" PRIu64 " is not what was written", base + n);
		verified++;
	}
	printf("verified=%" PRIu64 "\n", verified);
	fflush(stdout);
	return 0;
}

static void print_io(const char *what, ssize_t n)
{
	if (n == (ssize_t)opt.bytes)
		printf("%s: done\n", what);
	else
		printf("%s: %s\n", what, n < 0 ? error_name(errno) : "short");
	fflush(stdout);
}

static ssize_t write_cached(int fd, const char *buffer)
{
	ssize_t n = pwrite(fd, buffer, opt.bytes, opt.offset);

	return n > 0 && fsync(fd) ? -1 : n;
}

static int cmd_user(void)
{
	char *buffer = allocate_aligned(opt.bytes, 0xee), *got = allocate_aligned(opt.bytes, 0xee);
	int direct, cached, signo;
	sigset_t signals;

	let_interrupt(SIGWINCH);
	signals = block_signals(SIGUSR1, SIGUSR2, SIGHUP, 0);
	direct = open_or_die(args[0], O_RDWR | O_DIRECT);
	cached = open_or_die(args[0], O_RDWR);
	say("ready");
	for (;;) {
		if (sigwait(&signals, &signo))
			continue;
		if (signo == SIGUSR1)
			print_io("direct write", pwrite(direct, buffer, opt.bytes, opt.offset));
		else if (signo == SIGUSR2)
			print_io("cached write", write_cached(cached, buffer));
		else
			print_io("read", pread(direct, got, opt.bytes, opt.offset));
	}
	return 0;
}

/* --- the command line --------------------------------------------------- */

static const struct command commands[] = {
	{ .help = "the knob" },
	{ "knob", "TEXT...",
	  "write each (%HH: that byte) at once; prints for each result=\n"
	  "(wrote, short or the error's name), at= (open or write), ms=",
	  1, MAX_TEXTS, "file chunk", .run = cmd_knob },
	{ "loop", "SECONDS DEVICE...",
	  "both actions for each again and again, each with the\n"
	  "generation that its file names, or the last that it named;\n"
	  "SIGTERM ends it earlier;\n"
	  "prints writes=, slowest_ms=, and how often each result",
	  2, MAX_DEVICES, "file", .run = cmd_loop },
	{ .help = "users of a device" },
	{ "verify", "DEVICE SECONDS BASE BLOCKS",
	  "write and read back, directly, a pattern that is never\n"
	  "the same, in blocks from BASE on; prints verified=, or\n"
	  "the first thing that went wrong; SIGTERM ends it earlier",
	  4, 4, .run = cmd_verify },
	{ "user", "DEVICE",
	  "open for writing and stay; prints what came of each:\n"
	  "SIGUSR1: a direct write, SIGUSR2: a write through the\n"
	  "page cache, SIGHUP: a direct read; SIGWINCH does nothing\n"
	  "but interrupt",
	  1, 1, "offset bytes", .run = cmd_user },
	{ }
};

static const struct option_row options[] = {
	{ "file", "PATH", "to another file", .text = &opt.file },
	{ "chunk", "BYTES", "not at once, but in pieces of that size", .number = &opt.chunk },
	{ "offset", "N", "where it is written or read (0)", .number = &opt.offset },
	{ "bytes", "N", "how much (4096)", .number = &opt.bytes },
	{ }
};

static const struct program knobtool = { .commands = commands, .options = options };

int main(int argc, char **argv)
{
	return parse_command_line(argc, argv, &knobtool)->run();
}
