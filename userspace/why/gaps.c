// SPDX-License-Identifier: GPL-2.0
/* What is not known of the host, as a file of the module is not there, or lacks some. */
#include <stdlib.h>

#include "base/array_size.h"
#include "base/document.h"
#include "base/say.h"
#include "facts/text.h"
#include "why/causes.h"

/**
 * struct gap - a file, and what it would have said
 * @name: of the file
 * @what: begins a sentence
 * @found: whether it is there
 * @text: the file
 * @is_old: every module has it
 */
struct gap {
	const char *name;
	const char *what;
	enum modfile_found found;
	const struct text *text;
	bool is_old;
};

static void note(const struct gap *gap, const char *how)
{
	char *reason = say("%s-%s", gap->name, how);

	document_incomplete(reason);
	free(reason);
}

/* Return: VERDICT_FREE if nothing is missing, or only as the module is an older one. */
static enum verdict_status say_gap(const struct gap *gap, bool *any)
{
	struct value reason = text_get(gap->text, "complete_reason");

	if (gap->found != MODFILE_READ) {
		*any = true;
		why_say("%s is not known: the module has no file %s, or it cannot be understood.\n",
			gap->what, gap->name);
		note(gap, "unreadable");
		return gap->found == MODFILE_BROKEN || gap->is_old ?
			VERDICT_UNKNOWN : VERDICT_FREE;
	}
	/* Contexts come and go while aio is read; a task that waits for long is in tasks too. */
	if (gap->is_old || value_is(text_get(gap->text, "complete"), "yes"))
		return VERDICT_FREE;
	*any = true;
	why_say("%s may not all be known: the file %s lacks some", gap->what,
		gap->name);
	if (reason.kind == VALUE_GIVEN)
		why_say(" (%.*s)", (int)reason.len, reason.at);
	why_say(".\n");
	note(gap, "incomplete");
	return VERDICT_UNKNOWN;
}

enum verdict_status gaps_say(const struct why *why, bool *any)
{
	const struct gap gaps[] = {
		{ "io", "What disks of other drivers owe", why->io_found,
		  &why->io, false },
		{ "tasks", "Which tasks cannot go on", why->tasks_found,
		  &why->tasks, false },
		{ "uring", "What io_uring is owed", why->uring_found,
		  &why->uring, false },
		{ "aio", "Who waits for AIO", why->aio_found, &why->aio, true },
	};
	enum verdict_status status = VERDICT_FREE;
	size_t i;

	*any = false;
	for (i = 0; i < ARRAY_SIZE(gaps); i++)
		if (say_gap(&gaps[i], any) == VERDICT_UNKNOWN)
			status = VERDICT_UNKNOWN;
	return status;
}
