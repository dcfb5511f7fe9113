// SPDX-License-Identifier: GPL-2.0
/* nbddiag check: may the device be attached? For runbooks. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "base/fold.h"
#include "base/say.h"
#include "commands/commands.h"
#include "facts/device.h"
#include "holders/server.h"
#include "verdict/hung.h"
#include "verdict/judged.h"
#include "why/by_itself.h"

/* ---- for people ---- */

static void print_text(const struct verdict *v)
{
	char number[24], *first, *reason;
	size_t i;

	first = say("%s: ", v->word);
	reason = say(". (%s)", v->reason);
	fold_line(stdout, first, v->text, reason);
	free(first);
	free(reason);
	if (v->nr_steps)
		puts(v->status == VERDICT_IN_USE ?
		     "What would free it, in the order to try:" :
		     "What helps, in the order to try:");
	for (i = 0; i < v->nr_steps; i++) {
		snprintf(number, sizeof(number), "%3zu. ", i + 1);
		fold_line(stdout, number, v->step[i].action, ".");
		fold_line(stdout, "     cost: ", v->step[i].cost, ".");
	}
	if (v->nr_warnings)
		puts("Warnings:");
	for (i = 0; i < v->nr_warnings; i++)
		fold_line(stdout, "  -  ", v->warning[i], ".");
}

/* ---- for programs ---- */

static void put_json(struct json *json, const struct verdict *v,
		     const char *device)
{
	size_t i;

	json_object(json, NULL);
	json_text(json, "device", device);
	json_text(json, "verdict", v->word);
	json_number(json, "status", v->status);
	json_text(json, "reason", v->reason);
	json_text(json, "text", v->text);
	verdict_put_steps(json, v->step, v->nr_steps);
	json_array(json, "warnings");
	for (i = 0; i < v->nr_warnings; i++)
		json_text(json, NULL, v->warning[i]);
	json_end(json);
	json_end(json);
}

/* ---- one device ---- */

/**
 * struct others - whom else a device has to do with, read once for all devices
 * @hung: who cannot go on
 * @by_itself: processes that hang whatever devices do
 */
struct others {
	struct hung hung;
	struct by_itself by_itself;
};

static void print_verdict(const struct options *options,
			  const struct verdict *v, const char *device)
{
	if (v->status == VERDICT_UNKNOWN)
		document_incomplete(v->reason);
	if (document())
		put_json(document(), v, device);
	else if (!options->quiet)
		print_text(v);
}

/* What could not be read; why was said on standard error. */
static void judge_unread(struct verdict *v, const char *device,
			 enum exit_status status)
{
	memset(v, 0, sizeof(*v));
	v->word = "unknown";
	v->status = VERDICT_UNKNOWN;
	v->reason = status == EXIT_NO_SUCH ? "no-such-device" :
		    status == EXIT_DATA ? "malformed" : "error";
	v->text = say("%s cannot be judged. Standard error says why",
		      device);
}

/* Return: a status of struct verdict. */
static int check_one(const struct options *options, struct others *others,
		     const char *device)
{
	enum exit_status status;
	struct judged judged;
	char *message;
	int verdict;

	message = judged_read_or_say(&options->source, &judged, device,
				     &status);
	/* Without the module, or the right to read it, there are no devices. */
	if (message && status == EXIT_NO_MODULE) {
		source_free_names(device_names(&options->source));
		fail(status, "%s", message);
	}
	if (message) {
		complain("%s", message);
		judge_unread(&judged.verdict, device, status);
		free(message);
	} else {
		hung_warn(&others->hung, &judged.verdict, device);
	}
	server_judge(&options->source, &judged.verdict, &judged.text, device);
	/* They decide nothing. */
	if (!options->quiet || document()) {
		if (judged.verdict.status == VERDICT_IN_USE ||
		    judged.verdict.status == VERDICT_STUCK)
			hung_warn_of_waiters(&others->hung, &judged.verdict, device);
		by_itself_judge(&others->by_itself, &judged.verdict, &judged.text, device);
	}
	print_verdict(options, &judged.verdict, device);
	verdict = judged.verdict.status;
	judged_free(&judged);
	return verdict;
}

/* ---- several ---- */

/* Return: the status of the worse of two: stuck, then unknown, then in use. */
static int worse(int a, int b)
{
	static const int order[] = {
		[VERDICT_FREE] = 0, [VERDICT_IN_USE] = 1,
		[VERDICT_UNKNOWN] = 2, [VERDICT_STUCK] = 3,
	};

	return order[a] > order[b] ? a : b;
}

/* An empty output would not tell that there are none. */
static void print_none_in_use(const struct options *options, size_t nr_free)
{
	if (document() || options->quiet)
		return;
	if (nr_free)
		printf("no nbd device in use (%zu free)\n", nr_free);
	else
		puts("there is no nbd device (modprobe nbd)");
}

static int check_all(const struct options *options, struct others *others)
{
	char **names = device_names(&options->source), **name;
	int status = VERDICT_FREE;

	for (name = names; *name; name++)
		status = worse(status, check_one(options, others, *name));
	if (status == VERDICT_FREE)
		print_none_in_use(options, name - names);
	source_free_names(names);
	return status;
}

static int check_named(const struct options *options, struct others *others)
{
	char device[DEVICE_NAME_LEN];
	int status = VERDICT_FREE;
	char **name;

	for (name = options->args; *name; name++)
		device_plain_name(device, *name);
	for (name = options->args; *name; name++)
		status = worse(status,
			       check_one(options, others,
					 device_plain_name(device, *name)));
	return status;
}

/* Of a device that cannot be read again. */
static enum exit_status unknown_status(enum exit_status status)
{
	if (status != EXIT_DATA && status != EXIT_NO_SUCH &&
	    status != EXIT_SYSTEM)
		return status;
	return (enum exit_status)VERDICT_UNKNOWN;
}

static int check_run(const struct options *options)
{
	struct others others = {
		.by_itself.source = &options->source,
		.by_itself.hung = &others.hung,
	};
	int status;

	fail_status = unknown_status;
	if (options->all == !!*options->args)
		fail(EXIT_USAGE, "usage: nbddiag check DEVICE..., or nbddiag check --all");
	if (document())
		json_array(document(), "devices");
	hung_read(&options->source, &others.hung);
	status = options->all ? check_all(options, &others) :
				check_named(options, &others);
	hung_say_gaps(&others.hung, options->quiet);
	by_itself_say_gaps(&others.by_itself, options->quiet);
	by_itself_free(&others.by_itself);
	hung_free(&others.hung);
	if (document())
		json_end(document());
	return status;
}

static const struct option_row options[] = {
	OPTION('a', "all", all, "all devices"),
	OPTION('q', "quiet", quiet, "the exit status only"),
	OPTION('J', "json", json, "JSON"),
	OPTION_STUCK_AFTER,
	{}
};

const struct command command_check = {
	.name = "check",
	.run = check_run,
	.max = INT_MAX,
	.takes = "DEVICE...|--all",
	.options = options,
	.help = "is it safe to attach? Exit status 0 only if it is",
};
