/* SPDX-License-Identifier: GPL-2.0 */
/* What is not known, as a file of the module is missing, cannot be read, or lacks some. */
#ifndef NBDDIAG_FACTS_GAP_H
#define NBDDIAG_FACTS_GAP_H

#include "facts/modfile.h"
#include "facts/text.h"

/**
 * struct gap - a file, and what it would have said
 * @name: of the file
 * @what: begins a sentence
 * @found: whether it is there
 * @text: the file
 * @may_lack: that it lacks some is usual, and makes no gap
 */
struct gap {
	const char *name;
	const char *what;
	enum modfile_found found;
	const struct text *text;
	bool may_lack;
};

/**
 * gap_note() - what is not known, and why
 *
 * The document in JSON is then incomplete, too.
 *
 * Return: a sentence without its full stop, for free(); NULL if nothing is missing.
 */
char *gap_note(const struct gap *gap);

#endif /* NBDDIAG_FACTS_GAP_H */
