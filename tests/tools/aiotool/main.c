// SPDX-License-Identifier: GPL-2.0
/*
 * aiotool: does what its arguments say, one after the other, with AIO
 * contexts, so that a test knows which contexts exist and what is in flight
 * in them. For test cases only.
 */
#define _GNU_SOURCE
#include "aiotool.h"
#include "command_line.h"

static struct step *steps;
static size_t nr_steps, next_step;

sigset_t signals;

void run_steps(void)
{
	const struct step *step;

	while (next_step < nr_steps) {
		step = &steps[next_step++];
		step->action->run(step);
	}
}

static const struct action actions[] = {
	{ .help = "contexts; they are counted from 0" },
	{ "setup", "MAX_REQS [N]",
	  "make one, or N; prints a line for each:\n"
	  "context: pid= index= user_id= max_reqs= nr_events=", 1, 2, do_setup },
	{ "destroy", "INDEX", "", 1, 1, do_destroy },
	{ "destroy-with", "INDEX VALUE",
	  "with that value in all registers the call leaves free", 2, 2, do_destroy_with },
	{ "head", "INDEX VALUE", "write that into the head of its ring", 2, 2, do_head },
	{ "scribble", "INDEX", "spoil all that its ring begins with", 1, 1, do_scribble },
	{ "unmap", "INDEX", "take its ring out of the address space", 1, 1, do_unmap },
	{ .help = "requests" },
	{ "open", "PATH", "for direct I/O; what follows goes there", 1, 1, do_open },
	{ "open-buffered", "PATH", "not for direct I/O", 1, 1, do_open_buffered },
	{ "open-path", "PATH", "only its place (O_PATH), beside what is open",
	  1, 1, do_open_path },
	{ "open-write", "PATH", "only for writing, for \"fail\"", 1, 1, do_open_write },
	{ "close", "", "", 0, 0, do_close },
	{ "bytes", "N", "length of those that follow (4096)", 1, 1, do_bytes },
	{ "stride", "N", "how far from one to the next (8192)", 1, 1, do_stride },
	{ "offset", "N", "where the next begins (0)", 1, 1, do_offset },
	{ "read", "INDEX N", "submit N at once and do not wait", 2, 2, do_transfer },
	{ "write", "INDEX N", "the same", 2, 2, do_transfer },
	{ "readers", "N", "threads, each of which waits for one read, without AIO",
	  1, 1, do_sync_transfer },
	{ "writers", "N", "the same, for one write", 1, 1, do_sync_transfer },
	{ "poll", "INDEX N", "of pipes into which nobody writes", 2, 2, do_poll },
	{ "fsync", "INDEX N", "of what is open", 2, 2, do_fsync },
	{ "fail", "INDEX N",
	  "reads that io_submit() refuses, as what is open is only\n"
	  "for writing", 2, 2, do_fail },
	{ "completed", "INDEX N", "wait until N events are in the ring", 2, 2, do_completed },
	{ "reap", "INDEX N", "take N events; each must be a success", 2, 2, do_reap },
	{ .help = "processes" },
	{ "name", "TEXT", "of the calling thread; \"+\" in it is a space", 1, 1, do_name },
	{ "threads", "N", "that do nothing", 1, 1, do_threads },
	{ "thread", "ACTION", "done by a thread; prints thread: tid=",
	  1, MAX_WORDS - 1, do_thread },
	{ "vforks", "N",
	  "a process of its own begins a chain of N, each of which\n"
	  "waits in vfork() for the next; the last one prints\n"
	  "vforked: pid=", 1, 1, do_vforks },
	{ "leader-exit", "", "another thread does the rest, the first one ends",
	  0, 0, do_leader_exit },
	{ "clone", "",
	  "a process \"aiotool-clone\" that shares the memory and\n"
	  "does nothing; prints clone: pid=", 0, 0, do_clone },
	{ "fork", "N", "N processes do the rest, each for itself", 1, 1, do_fork },
	{ "exec", "PROGRAM ARGUMENT...", "instead of this one", 1, MAX_WORDS - 1, do_exec },
	{ "map", "PATH", "its first page, without a look at it; prints\nmapped: page=",
	  1, 1, do_map },
	{ "touch", "", "look at the page that was mapped last; prints touched: byte=",
	  0, 0, do_touch },
	{ "peek", "PID PAGE", "read a page of another process's memory", 2, 2, do_peek },
	{ "vhost", "", "have a vhost device keep the memory until it closes",
	  0, 0, do_vhost },
	{ "churn", "SECONDS N",
	  "N processes at a time that make contexts, submit\n"
	  "reads and end in different ways; prints churned: n=", 2, 2, do_churn },
	{ "ready", "",
	  "say \"ready\" and wait: SIGUSR1 goes on with the rest,\n"
	  "SIGTERM ends; with \"fork\" once all are", 0, 0, do_ready },
};

static void __attribute__((noreturn)) print_usage(void)
{
	const struct action *action;
	char left[80];

	puts("usage: aiotool ACTION...    (each with its own arguments is one argument)\n");
	for (action = actions; action < actions + ARRAY_SIZE(actions); action++) {
		if (!action->name) {
			puts(action->help);
			continue;
		}
		snprintf(left, sizeof(left), "%s%s%s", action->name, *action->args ? " " : "",
			 action->args);
		print_help(2, left, action->help);
	}
	puts("\nIt ends after the last action, and does not clean up.");
	exit(0);
}

static void parse_words(struct step *step);

/* What a "thread" is to do. */
static struct step *parse_inner(const struct step *step)
{
	struct step *inner = allocate(sizeof(*inner));

	inner->nr = step->nr - 1;
	memcpy(inner->words, step->words + 1, inner->nr * sizeof(inner->words[0]));
	parse_words(inner);
	return inner;
}

/* Finds the action of a step whose words are there. */
static void parse_words(struct step *step)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (actions[i].name && !strcmp(step->words[0], actions[i].name))
			break;
	if (i == ARRAY_SIZE(actions))
		bad_usage("no action '%s'; see aiotool --help", step->words[0]);
	step->action = &actions[i];
	if (step->nr - 1 < step->action->min || step->nr - 1 > step->action->max)
		bad_usage("%s: %d arguments; see aiotool --help", actions[i].name, step->nr - 1);
	if (step->action->run == do_thread)
		step->inner = parse_inner(step);
}

static void parse_step(struct step *step, const char *text)
{
	char *copy = strdup(text), *word;

	if (!copy)
		quit(1, "no memory");
	for (word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		if (step->nr == MAX_WORDS)
			bad_usage("'%s' has too many words", text);
		step->words[step->nr++] = word;
	}
	if (!step->nr)
		bad_usage("an empty action");
	parse_words(step);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		bad_usage("no action; see aiotool --help");
	if (!strcmp(argv[1], "--help"))
		print_usage();
	nr_steps = argc - 1;
	steps = allocate(nr_steps * sizeof(*steps));
	for (i = 1; i < argc; i++)
		parse_step(&steps[i - 1], argv[i]);

	/* A line at a time, also when several processes write into one file. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	signals = block_signals(SIGUSR1, SIGTERM, 0);
	run_steps();
	return 0;
}
