// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag clean: free what is left over of a connection that is no more. It
 * shows a plan, asks, does it, watches, and reports. The only command that
 * changes anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fail.h"
#include "clean/clean.h"
#include "clean/knob.h"
#include "commands/commands.h"

/* What cannot be judged is 3, as check has it. */
static enum exit_status unknown_status(enum exit_status status)
{
	if (status != EXIT_DATA && status != EXIT_NO_SUCH &&
	    status != EXIT_SYSTEM)
		return status;
	return (enum exit_status)VERDICT_UNKNOWN;
}

/* ---- the plan ---- */

static void print_found(const struct clean *c)
{
	printf("%s: ", c->judged.verdict.word);
	escape_print(stdout, c->judged.verdict.text);
	putchar('\n');
}

static void print_notes(const char *heading, char * const *notes, size_t nr)
{
	size_t i;

	if (nr)
		puts(heading);
	for (i = 0; i < nr; i++) {
		fputs("  -  ", stdout);
		escape_print(stdout, notes[i]);
		putchar('\n');
	}
}

static void print_steps(struct clean *c)
{
	unsigned int nr = 0;
	size_t i;

	puts("Plan:");
	for (i = 0; i < CLEAN_ACTIONS; i++) {
		if (!c->plan.step[i].what)
			continue;
		c->number[i] = ++nr;
		printf("%3u. ", nr);
		escape_print(stdout, c->plan.step[i].what);
		fputs("\n     cost: ", stdout);
		escape_print(stdout, c->plan.step[i].cost);
		putchar('\n');
	}
}

static void print_plan(struct clean *c)
{
	print_found(c);
	if (c->plan.nr_steps)
		print_steps(c);
	print_notes("Not done:", c->plan.not_done, c->plan.nr_not_done);
	print_notes("What remains whatever is done:", c->plan.remains,
		    c->plan.nr_remains);
	clean_print_holders(c);
}

/* ---- may we? ---- */

/* Half of a plan is nobody's wish, so this comes before the first step. */
static bool has_knob(const struct clean *c)
{
	const char *why;

	if (!c->plan.step[CLEAN_SOCKETS].what &&
	    !c->plan.step[CLEAN_FAIL_IO].what)
		return true;
	why = knob_why_not(c->source);
	if (why)
		complain("%s", why);
	return !why;
}

static bool is_agreed(const struct options *options)
{
	char answer[16];

	if (options->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		fail(EXIT_USAGE, "standard input is no terminal; give --yes, or --dry-run");
	fflush(stdout);
	fputs("Go on? [y/N] ", stderr);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin)) {
		fputc('\n', stderr);
		return false;
	}
	return answer[0] == 'y' || answer[0] == 'Y';
}

/* ---- all together ---- */

static int carry_out(struct clean *c)
{
	enum clean_action action;

	for (action = 0; action < CLEAN_ACTIONS && !c->stop; action++)
		if (c->number[action])
			clean_do(c, action);
	clean_watch(c);
	return clean_report(c);
}

static int clean(struct clean *c, const struct options *options)
{
	if (c->plan.free)
		return clean_report(c);
	if (c->plan.refused) {
		print_found(c);
		complain("nothing is done to %s: %s", c->device,
			 c->plan.refused);
		return c->judged.verdict.status;
	}
	print_plan(c);
	if (!c->plan.nr_steps) {
		puts("There is no step to do.");
		return c->judged.verdict.status;
	}
	if (!has_knob(c)) {
		complain("nothing was done");
		return c->judged.verdict.status;
	}
	if (options->dry_run)
		return c->judged.verdict.status;
	if (!is_agreed(options)) {
		complain("nothing was done");
		return c->judged.verdict.status;
	}
	return carry_out(c);
}

static int clean_run(const struct options *options)
{
	struct clean c = {
		.source = &options->source,
		.wait_s = options->wait_s,
		.asked = { options->sockets, options->fail_io },
	};
	int status;

	fail_status = unknown_status;
	device_plain_name(c.device, *options->args);
	if (!device_has_plain_name(c.device, *options->args))
		fail(EXIT_USAGE, "'%s' is a partition, and cleaned is a whole device: give %s",
		     *options->args, c.device);
	if (options->quiet && !options->yes && !options->dry_run)
		fail(EXIT_USAGE, "with --quiet nobody sees the plan: give --yes or --dry-run too");
	if (options->quiet && !freopen("/dev/null", "w", stdout))
		fail(EXIT_SYSTEM, "cannot open /dev/null");
	clean_begin(&c);
	status = clean(&c, options);
	clean_end(&c);
	return status;
}

static const struct option_row options[] = {
	OPTION(0, "sockets", sockets, "shut sockets that nothing serves"),
	OPTION_EXACT("fail-io", fail_io,
		     "fail requests; what they write is LOST"),
	OPTION(0, "dry-run", dry_run, "only show the plan"),
	OPTION_NUMBER("wait", "SECONDS", wait_s, 0, OPTION_MAX_S,
		      "how long to watch afterwards (10)"),
	OPTION(0, "yes", yes, "do not ask"),
	OPTION('q', "quiet", quiet, "the exit status only"),
	{}
};

const struct command command_clean = {
	.name = "clean",
	.run = clean_run,
	.min = 1,
	.max = 1,
	.takes = "DEVICE",
	.options = options,
	.is_live = true,
	.help = "free what is left over of a lost connection; shows its plan first",
};
