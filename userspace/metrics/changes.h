/* SPDX-License-Identifier: GPL-2.0 */
/* What has changed since the last look: verdicts of devices, and root causes. */
#ifndef NBDDIAG_METRICS_CHANGES_H
#define NBDDIAG_METRICS_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "host/source.h"
#include "metrics/record.h"

enum change_kind {
	CHANGE_VERDICT,		/* a device has another verdict */
	CHANGE_CAUSE,		/* something else holds others up */
	CHANGE_OVER,		/* it does not any more */
};

/**
 * struct change - one of them
 * @kind: what it is
 * @device: of CHANGE_VERDICT: the device
 * @verdict: a word of check, or "gone"
 * @before: the same before; NULL if nothing is known of before
 * @sentence: why it is so, or NULL
 * @key: of the others: the cause
 * @title: the same in words
 * @is_first: it was so when the record began
 * @after_s: how long it was as before; 0 if that is not known
 */
struct change {
	enum change_kind kind;
	const char *device;
	const char *verdict;
	const char *before;
	const char *sentence;
	const char *key;
	const char *title;
	bool is_first;
	uint64_t after_s;
};

/**
 * changes_find() - look at the host, and tell what differs from a record
 * @before: the record; NULL if there is none of this boot. After a gap it is known anew
 *	what it has, and not since when
 * @now: filled, for record_free()
 * @tell: called for each change, when all has been looked at
 * @status: set to EXIT_DATA if the file "devices" cannot be understood, which is said
 *
 * Where something cannot be read, nothing is told that would follow from that: @now keeps
 * what @before has. Ends the program without the module's files.
 *
 * Return: false if nothing has changed.
 */
bool changes_find(const struct source *source, struct record *before,
		  struct record *now, void (*tell)(const struct change *change),
		  int *status);

/* Which boot the host is in, for free(); "" if that is not known. */
char *changes_boot(const struct source *source);

/* A change in a sentence, for free(). It may hold any bytes. */
char *change_sentence(const struct change *change);

/* Print it on standard output. */
void change_print(const struct change *change);

/* Give it to the journal; the program ends if that fails. */
void change_to_journal(const struct change *change);

#endif /* NBDDIAG_METRICS_CHANGES_H */
