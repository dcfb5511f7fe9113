// SPDX-License-Identifier: GPL-2.0
/* Says what is not known, as a file of the module is missing or lacks some. */
#include <stdlib.h>

#include "base/document.h"
#include "base/say.h"
#include "facts/gap.h"

static void note(const struct gap *gap, const char *how)
{
	char *reason = say("%s-%s", gap->name, how);

	document_incomplete(reason);
	free(reason);
}

static char *say_incomplete(const struct gap *gap)
{
	struct value reason = text_get(gap->text, "complete_reason");
	bool given = reason.kind == VALUE_GIVEN;

	return say("%s may not all be known: the file %s lacks some%s%.*s%s",
		   gap->what, gap->name, given ? " (" : "",
		   given ? (int)reason.len : 0, given ? reason.at : "",
		   given ? ")" : "");
}

char *gap_note(const struct gap *gap)
{
	if (gap->found != MODFILE_READ) {
		note(gap, "unreadable");
		return gap->found == MODFILE_ABSENT ?
			say("%s is not known: there is no file %s", gap->what,
			    gap->name) :
			say("%s is not known: the file %s cannot be read or understood",
			    gap->what, gap->name);
	}
	if (gap->may_lack || value_is(text_get(gap->text, "complete"), "yes"))
		return NULL;
	note(gap, "incomplete");
	return say_incomplete(gap);
}
