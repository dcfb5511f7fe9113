// SPDX-License-Identifier: GPL-2.0
/* nbddiag check: may the device be attached? For runbooks. */
#include <stdio.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/say.h"
#include "commands/commands.h"
#include "facts/device.h"
#include "verdict/hung.h"
#include "verdict/judged.h"

/* For unknown_status(), which has no other way to learn it. */
static const struct options *asked;
static bool printed;

/* ---- for people ---- */

static void put_line(const char *before, const char *text)
{
	fputs(before, stdout);
	escape_print(stdout, text);
	putchar('\n');
}

static void print_text(const struct verdict *v)
{
	char number[24];
	size_t i;

	printf("%s: ", v->word);
	escape_print(stdout, v->text);
	printf(" (%s)\n", v->reason);
	if (v->nr_steps)
		puts("What helps, in the order to try:");
	for (i = 0; i < v->nr_steps; i++) {
		snprintf(number, sizeof(number), "%3zu. ", i + 1);
		put_line(number, v->step[i].action);
		put_line("     cost: ", v->step[i].cost);
	}
	if (v->nr_warnings)
		puts("Warnings:");
	for (i = 0; i < v->nr_warnings; i++)
		put_line("  -  ", v->warning[i]);
}

/* ---- for programs ---- */

static void json_member(const char *before, const char *name,
			const char *value)
{
	printf("%s\"%s\":", before, name);
	json_string(stdout, value);
}

static void print_json(const struct verdict *v, const char *device)
{
	size_t i;

	json_member("{", "device", device);
	json_member(",", "verdict", v->word);
	printf(",\"status\":%d", v->status);
	json_member(",", "reason", v->reason);
	json_member(",", "text", v->text);
	fputs(",\"free_by\":[", stdout);
	for (i = 0; i < v->nr_steps; i++) {
		json_member(i ? ",{" : "{", "do", v->step[i].action);
		json_member(",", "cost", v->step[i].cost);
		putchar('}');
	}
	fputs("],\"warnings\":[", stdout);
	for (i = 0; i < v->nr_warnings; i++) {
		if (i)
			putchar(',');
		json_string(stdout, v->warning[i]);
	}
	puts("]}");
}

static void print_verdict(const struct verdict *v, const char *device)
{
	printed = true;
	if (asked->quiet)
		return;
	if (asked->json)
		print_json(v, device);
	else
		print_text(v);
}

/* ---- what could not be read ---- */

/* fail() has said why on standard error. */
static enum exit_status unknown_status(enum exit_status status)
{
	struct verdict v = { .word = "unknown", .status = VERDICT_UNKNOWN };
	char device[DEVICE_NAME_LEN];

	if (status != EXIT_DATA && status != EXIT_NO_SUCH &&
	    status != EXIT_SYSTEM)
		return status;
	device_plain_name(device, *asked->args);
	v.reason = status == EXIT_NO_SUCH ? "no-such-device" :
		   status == EXIT_DATA ? "malformed" : "error";
	if (!printed) {
		v.text = say("%s cannot be judged, see the message on standard error",
			     device);
		print_verdict(&v, device);
		verdict_free(&v);
	}
	fflush(stdout);
	return (enum exit_status)VERDICT_UNKNOWN;
}

static int check_run(const struct options *options)
{
	char device[DEVICE_NAME_LEN];
	struct judged judged;
	int status;

	asked = options;
	fail_status = unknown_status;
	device_plain_name(device, *options->args);
	judged_read(&options->source, &judged, device);
	hung_warn(&options->source, &judged.verdict, device);
	print_verdict(&judged.verdict, device);
	status = judged.verdict.status;
	judged_free(&judged);
	return status;
}

static const struct option_row options[] = {
	OPTION('q', "quiet", quiet, "the exit status only"),
	OPTION('J', "json", json, "JSON"),
	{}
};

const struct command command_check = {
	.name = "check",
	.run = check_run,
	.min = 1,
	.max = 1,
	.takes = "DEVICE",
	.options = options,
	.help = "is it safe to attach? Exit status 0 only if it is",
};
