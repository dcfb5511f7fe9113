// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for what the reader concludes from a device's file: the
 * facts, the verdict, a plan to clean it, and what the knob says came of that.
 * An input is such a file; after a byte of 1 an earlier reading of it may
 * follow.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/json.h"
#include "clean/knob.h"
#include "clean/plan.h"
#include "facts/text.h"
#include "fuzz.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

#define DEVICE "nbd101"

/* Neither a terminal nor a parser of JSON may be led astray. */
static void use_string(const char *text)
{
	char *out = NULL, *at;
	size_t size;
	FILE *file;

	if (!text)
		return;
	file = open_memstream(&out, &size);
	json_string(file, text);
	escape_print(file, text);
	fclose(file);
	for (at = out; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			abort();
	free(out);
}

static void use_plan(const struct clean_facts *facts,
		     const struct verdict *verdict)
{
	struct clean_asked asked;
	struct clean_plan plan;
	unsigned int i;
	size_t j;

	for (i = 0; i < 4; i++) {
		asked.sockets = i & 1;
		asked.fail_io = i & 2;
		clean_plan_make(&plan, facts, verdict, &asked);
		if ((!asked.sockets && plan.step[CLEAN_SOCKETS].what) ||
		    (!asked.fail_io && plan.step[CLEAN_FAIL_IO].what))
			abort();
		/* Without an exact name nothing may be done. */
		if (plan.nr_steps && (plan.refused || plan.free))
			abort();
		for (j = 0; j < CLEAN_ACTIONS; j++) {
			use_string(plan.step[j].what);
			use_string(plan.step[j].cost);
		}
		for (j = 0; j < plan.nr_not_done; j++)
			use_string(plan.not_done[j]);
		for (j = 0; j < plan.nr_remains; j++)
			use_string(plan.remains[j]);
		use_string(plan.refused);
		clean_plan_free(&plan);
	}
}

/* Nothing but a device that says so itself, without a doubt, is free. */
static void check_free(const struct text *text)
{
	if (!value_is(text_get(text, "attachable"), "yes") ||
	    !value_is(text_get(text, "consistent"), "yes") ||
	    !value_is(text_get(text, "device"), DEVICE) ||
	    text_count(text, "socket"))
		abort();
}

static void use_verdict(const struct text *text, const struct text *before)
{
	struct clean_facts facts;
	struct verdict verdict;
	size_t i;

	judge_device(&verdict, text, before, DEVICE);
	if (verdict.status == VERDICT_FREE)
		check_free(text);
	use_string(verdict.text);
	for (i = 0; i < verdict.nr_steps; i++) {
		use_string(verdict.step[i].action);
		use_string(verdict.step[i].cost);
	}
	for (i = 0; i < verdict.nr_warnings; i++)
		use_string(verdict.warning[i]);
	clean_facts_read(&facts, text, DEVICE);
	clean_facts_strays(&facts);
	clean_may_change(&facts, false, 0);
	use_plan(&facts, &verdict);
	verdict_free(&verdict);
}

static void use_outcome(const struct text *text)
{
	struct knob_outcome outcome = { .error = 0 };
	char *command = value_copy(text_get(text, "command"));

	knob_outcome_read(&outcome, text, command ? command : "");
	use_string(outcome.message);
	knob_outcome_free(&outcome);
	free(command);
}

static bool parse(struct text *text, const uint8_t *data, size_t size)
{
	char *buffer = malloc(size + 1);

	memcpy(buffer, data, size);
	return text_parse(text, buffer, size) == TEXT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 1, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	struct text text, before;
	bool has_before = false;

	if (!len || !parse(&text, data, len))
		return 0;
	if (end)
		has_before = parse(&before, end + 1, size - len - 1);
	use_verdict(&text, NULL);
	if (has_before)
		use_verdict(&text, &before);
	use_outcome(&text);
	if (has_before)
		text_free(&before);
	text_free(&text);
	return 0;
}
