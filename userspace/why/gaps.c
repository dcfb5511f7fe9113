// SPDX-License-Identifier: GPL-2.0
/* What is not known: a file of the module is not there or lacks some, or a chain ends. */
#include <stdlib.h>

#include "base/array_size.h"
#include "base/document.h"
#include "facts/gap.h"
#include "why/why.h"

void why_note_unknown(struct why *why, const char *word)
{
	if (!why->unknown)
		why->unknown = word;
}

bool why_gaps(const struct why *why)
{
	const struct gap gaps[] = {
		/* Each device has a file of its own. */
		{ "devices", "Whether these are all nbd devices",
		  why->devices_found, NULL, true },
		{ "io", "What disks of other drivers owe", why->io_found,
		  &why->io, false },
		{ "tasks", "Which tasks cannot go on", why->tasks_found,
		  &why->tasks, false },
		{ "uring", "What io_uring is owed", why->uring_found,
		  &why->uring, false },
		/* Contexts come and go meanwhile; a task that waits for long is in tasks. */
		{ "aio", "Who waits for AIO", why->aio_found, &why->aio, true },
	};
	bool any = false;
	char *sentence;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		sentence = gap_note(&gaps[i]);
		if (!sentence)
			continue;
		why_say("%s.\n", sentence);
		free(sentence);
		any = true;
	}
	/* A file that is missing is the better reason. */
	if (why->unknown)
		document_incomplete(why->unknown);
	return any || why->unknown;
}
