// SPDX-License-Identifier: GPL-2.0
/*
 * aiotool: does what its arguments say, one after the other, with AIO
 * contexts, so that a test knows which contexts exist and what is in flight
 * in them. For test cases only.
 */
#define _GNU_SOURCE
#include "aiotool.h"

static const char usage_text[] =
	"usage: aiotool ACTION...    (each with its own arguments is one argument)\n"
	"\n"
	"contexts; they are counted from 0\n"
	"  setup MAX_REQS [N]        make one, or N; prints a line for each:\n"
	"                            context: pid= index= user_id= max_reqs= nr_events=\n"
	"  destroy INDEX\n"
	"  destroy-with INDEX VALUE  with that value in all registers the call leaves free\n"
	"  head INDEX VALUE          write that into the head of its ring\n"
	"  scribble INDEX            spoil all that its ring begins with\n"
	"  unmap INDEX               take its ring out of the address space\n"
	"requests\n"
	"  open PATH                 for direct I/O; what follows goes there\n"
	"  open-buffered PATH        not for direct I/O\n"
	"  open-path PATH            only its place (O_PATH), beside what is open\n"
	"  close\n"
	"  bytes N                   length of those that follow (4096)\n"
	"  stride N                  how far from one to the next (8192)\n"
	"  offset N                  where the next begins (0)\n"
	"  read|write INDEX N        submit N at once and do not wait\n"
	"  poll INDEX N              of pipes into which nobody writes\n"
	"  completed INDEX N         wait until N events are in the ring\n"
	"  reap INDEX N              take N events; each must be a success\n"
	"processes\n"
	"  name TEXT                 of the calling thread\n"
	"  threads N                 that do nothing\n"
	"  thread ACTION             done by a thread; prints thread: tid=\n"
	"  vforks N                  a process of its own begins a chain of N, each of which\n"
	"                            waits in vfork() for the next; the last one prints\n"
	"                            vforked: pid=\n"
	"  leader-exit               another thread does the rest, the first one ends\n"
	"  clone                     a process \"aiotool-clone\" that shares the memory and\n"
	"                            does nothing; prints clone: pid=\n"
	"  fork N                    N processes do the rest, each for itself\n"
	"  exec PROGRAM ARGUMENT...  instead of this one\n"
	"  map PATH                  its first page, without a look at it; prints\n"
	"                            mapped: page=\n"
	"  peek PID PAGE             read a page of another process's memory\n"
	"  vhost                     have a vhost device keep the memory until it closes\n"
	"  churn SECONDS N           N processes at a time that make contexts, submit\n"
	"                            reads and end in different ways; prints churned: n=\n"
	"  ready                     say \"ready\" and wait: SIGUSR1 goes on with the rest,\n"
	"                            SIGTERM ends; with \"fork\" once all are\n"
	"\n"
	"It ends after the last action, and does not clean up. \"+\" in TEXT is a space.\n";

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
	{ "setup", 1, 2, do_setup },
	{ "destroy", 1, 1, do_destroy },
	{ "destroy-with", 2, 2, do_destroy_with },
	{ "head", 2, 2, do_head },
	{ "scribble", 1, 1, do_scribble },
	{ "unmap", 1, 1, do_unmap },
	{ "open", 1, 1, do_open },
	{ "open-buffered", 1, 1, do_open_buffered },
	{ "open-path", 1, 1, do_open_path },
	{ "close", 0, 0, do_close },
	{ "bytes", 1, 1, do_bytes },
	{ "stride", 1, 1, do_stride },
	{ "offset", 1, 1, do_offset },
	{ "read", 2, 2, do_transfer },
	{ "write", 2, 2, do_transfer },
	{ "poll", 2, 2, do_poll },
	{ "completed", 2, 2, do_completed },
	{ "reap", 2, 2, do_reap },
	{ "name", 1, 1, do_name },
	{ "threads", 1, 1, do_threads },
	{ "vforks", 1, 1, do_vforks },
	{ "thread", 1, MAX_WORDS - 1, do_thread },
	{ "leader-exit", 0, 0, do_leader_exit },
	{ "clone", 0, 0, do_clone },
	{ "fork", 1, 1, do_fork },
	{ "exec", 1, MAX_WORDS - 1, do_exec },
	{ "map", 1, 1, do_map },
	{ "peek", 2, 2, do_peek },
	{ "vhost", 0, 0, do_vhost },
	{ "churn", 2, 2, do_churn },
	{ "ready", 0, 0, do_ready },
};

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
		if (!strcmp(step->words[0], actions[i].name))
			break;
	if (i == ARRAY_SIZE(actions))
		bad_usage("no action '%s'; see aiotool --help", step->words[0]);
	step->action = &actions[i];
	if (step->nr - 1 < actions[i].min || step->nr - 1 > actions[i].max)
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
	if (!strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
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
