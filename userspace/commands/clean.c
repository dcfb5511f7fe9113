// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag clean: free what is left over of a connection that is no more. It
 * shows a plan, asks, does it, watches, and reports. The only command that
 * changes anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document.h"
#include "base/fail.h"
#include "base/fold.h"
#include "clean/clean.h"
#include "clean/knob.h"
#include "commands/commands.h"

/* Exit statuses besides those of check. */
#define STATUS_NOTHING 4	/* there is no step that could help */
#define STATUS_REFUSED 5	/* not without an option, the knob, or at all */
#define STATUS_DECLINED 6	/* whoever was asked said no */

/**
 * struct outcome - how it ends
 * @word: for programs
 * @status: exit status
 */
struct outcome {
	const char *word;
	int status;
};

/* What cannot be judged is 3, as check has it. */
static enum exit_status unknown_status(enum exit_status status)
{
	if (status != EXIT_DATA && status != EXIT_NO_SUCH &&
	    status != EXIT_SYSTEM)
		return status;
	return (enum exit_status)VERDICT_UNKNOWN;
}

/* ---- the plan ---- */

static void print_notes(const char *heading, char * const *notes, size_t nr)
{
	size_t i;

	if (nr)
		puts(heading);
	for (i = 0; i < nr; i++)
		fold_line(stdout, "  -  ", notes[i], ".");
}

static void print_steps(struct clean *c)
{
	unsigned int nr = 0;
	char number[24];
	size_t i;

	puts("Plan:");
	for (i = 0; i < CLEAN_ACTIONS; i++) {
		if (!c->plan.step[i].what)
			continue;
		c->number[i] = ++nr;
		snprintf(number, sizeof(number), "%3u. ", nr);
		fold_line(stdout, number, c->plan.step[i].what, ".");
		fold_line(stdout, "     cost: ", c->plan.step[i].cost, ".");
	}
}

static void print_plan(struct clean *c)
{
	clean_print_verdict(&c->judged.verdict);
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
		fail(EXIT_USAGE, "standard input is no terminal: give --yes or --dry-run");
	flush_output();
	fputs("Go on? [y/N] ", stderr);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin)) {
		fputc('\n', stderr);
		return false;
	}
	return answer[0] == 'y' || answer[0] == 'Y';
}

/* ---- for programs ---- */

static void put_notes(const char *name, char * const *notes, size_t nr)
{
	size_t i;

	json_array(document(), name);
	for (i = 0; i < nr; i++)
		json_text(document(), NULL, notes[i]);
	json_end(document());
}

static void put_verdict(const char *name, const struct clean *c)
{
	const struct verdict *v = &c->judged.verdict;
	struct json *json = document();

	if (!c->there) {
		json_text(json, name, NULL);
		return;
	}
	json_object(json, name);
	json_text(json, "verdict", v->word);
	json_number(json, "status", v->status);
	json_text(json, "reason", v->reason);
	json_text(json, "text", v->text);
	json_end(json);
}

/* What is planned, before anything is done. */
static void put_plan(const struct clean *c)
{
	const struct clean_plan *plan = &c->plan;
	struct json *json = document();
	size_t i;

	if (!json)
		return;
	json_text(json, "device", c->device);
	put_verdict("found", c);
	json_text(json, "refused", plan->refused);
	json_array(json, "steps");
	for (i = 0; i < CLEAN_ACTIONS; i++) {
		if (!plan->step[i].what)
			continue;
		json_object(json, NULL);
		json_text(json, "action", clean_action_word(i));
		json_text(json, "do", plan->step[i].what);
		json_text(json, "cost", plan->step[i].cost);
		json_end(json);
	}
	json_end(json);
	put_notes("not_done", plan->not_done, plan->nr_not_done);
	put_notes("remains", plan->remains, plan->nr_remains);
}

/* What came of it, with the lines that people are told. */
static void put_outcome(const struct clean *c, const char *outcome, char *said)
{
	struct json *json = document();
	char *line, *save = NULL;

	json_text(json, "outcome", outcome);
	put_verdict("now", c);
	if (!c->there || c->judged.verdict.status == VERDICT_UNKNOWN)
		document_incomplete(c->there ? c->judged.verdict.reason : "gone");
	json_array(json, "report");
	for (line = strtok_r(said, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		json_text(json, NULL, line);
	json_end(json);
}

/* ---- all together ---- */

static const struct outcome nothing_to_do = { "nothing-to-do", STATUS_NOTHING };
static const struct outcome refused = { "refused", STATUS_REFUSED };
static const struct outcome declined = { "declined", STATUS_DECLINED };

/* What there is now decides about the status. */
static struct outcome outcome_of(const char *word, int status)
{
	return (struct outcome){ word, status };
}

static struct outcome carry_out(struct clean *c)
{
	enum clean_action action;
	int status;

	for (action = 0; action < CLEAN_ACTIONS && !c->stop; action++)
		if (c->number[action])
			clean_do(c, action);
	clean_watch(c);
	status = clean_report(c);
	if (!c->acted && status != VERDICT_FREE && c->there)
		return refused;
	return outcome_of("done", status);
}

static struct outcome give_up(const struct outcome *outcome)
{
	complain("nothing was done");
	return *outcome;
}

static struct outcome clean(struct clean *c, const struct options *options)
{
	if (c->plan.free)
		return outcome_of("nothing-to-do", clean_report(c));
	if (c->plan.refused) {
		clean_print_verdict(&c->judged.verdict);
		complain("nothing is done to %s: %s", c->device,
			 c->plan.refused);
		if (c->judged.verdict.status == VERDICT_UNKNOWN)
			return outcome_of("refused", VERDICT_UNKNOWN);
		return refused;
	}
	print_plan(c);
	if (!c->plan.nr_steps) {
		puts("There is no step to do.");
		return c->plan.nr_not_done ? refused : nothing_to_do;
	}
	if (!has_knob(c))
		return give_up(&refused);
	if (options->dry_run)
		return outcome_of("dry-run", c->judged.verdict.status);
	if (!is_agreed(options))
		return give_up(&declined);
	return carry_out(c);
}

/* People's lines go where nobody sees them, or into JSON. */
static void redirect(const struct options *options, char **said, size_t *size)
{
	if (document())
		stdout = check_memory(open_memstream(said, size));
	else if (options->quiet && !freopen("/dev/null", "w", stdout))
		fail(EXIT_SYSTEM, "cannot open /dev/null");
}

static void check_options(const struct options *options)
{
	const char *name = options->json ? "--json" : "--quiet";

	if ((options->quiet || options->json) && !options->yes &&
	    !options->dry_run)
		fail(EXIT_USAGE, "with %s nobody sees the plan: give --yes or --dry-run too",
		     name);
}

static int clean_run(const struct options *options)
{
	struct clean c = {
		.source = &options->source,
		.wait_s = options->wait_s,
		.asked = { options->sockets, options->fail_io },
	};
	FILE *terminal = stdout;
	struct outcome outcome;
	char *said = NULL;
	size_t size;

	fail_status = unknown_status;
	device_plain_name(c.device, *options->args);
	if (!device_has_plain_name(c.device, *options->args))
		fail(EXIT_USAGE, "'%s' is a partition, clean takes a whole device: give %s",
		     *options->args, c.device);
	check_options(options);
	clean_begin(&c);
	put_plan(&c);
	redirect(options, &said, &size);
	outcome = clean(&c, options);
	if (document()) {
		fclose(stdout);
		stdout = terminal;
		put_outcome(&c, outcome.word, said);
		free(said);
	}
	clean_end(&c);
	return outcome.status;
}

static const struct option_row options[] = {
	OPTION(0, "sockets", sockets, "shut sockets that nothing serves"),
	OPTION_EXACT("fail-io", fail_io,
		     "fail requests (what they write is LOST)"),
	OPTION(0, "dry-run", dry_run, "only show the plan"),
	OPTION_NUMBER("wait", "SECONDS", wait_s, 0, OPTION_MAX_S,
		      "how long to watch afterwards (10)"),
	OPTION(0, "yes", yes, "do not ask"),
	OPTION('J', "json", json, "JSON"),
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
	.help = "free what is left over of a lost connection, after showing a plan",
};
