// SPDX-License-Identifier: GPL-2.0
/* A change in words, and on standard output. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/say.h"
#include "base/units.h"
#include "metrics/changes.h"

#define NS_PER_S 1000000000

/* " (seen for 3h 5m)", or nothing if that is not known; for free(). */
static char *say_for(uint64_t s)
{
	char age[UNITS_LEN];

	if (!s)
		return say("%s", "");
	units_age(age, s * NS_PER_S);
	return say(" (seen for %s)", age);
}

static char *say_verdict(const struct change *change, const char *seen)
{
	const char *sentence = change->sentence ? change->sentence : "";
	const char *colon = change->sentence ? ": " : "";

	if (change->is_first)
		return say("%s is %s, and was so when the record began%s%s",
			   change->device, change->verdict, colon, sentence);
	return say("%s is %s now. It was %s before%s%s%s", change->device,
		   change->verdict, change->before, seen, colon, sentence);
}

char *change_sentence(const struct change *change)
{
	char *seen = say_for(change->after_s), *text = NULL;

	switch (change->kind) {
	case CHANGE_VERDICT:
		text = say_verdict(change, seen);
		break;
	case CHANGE_CAUSE:
		text = say("%s: %s", change->is_first ?
			   "Stuck, and was so when the record began" : "Stuck now",
			   change->title);
		break;
	case CHANGE_OVER:
		text = say("Over%s: %s", seen, change->title);
		break;
	}
	free(seen);
	return text;
}

void change_print(const struct change *change)
{
	char *text = change_sentence(change);

	escape_print(stdout, text);
	putchar('\n');
	free(text);
}
