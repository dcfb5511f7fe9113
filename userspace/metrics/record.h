/* SPDX-License-Identifier: GPL-2.0 */
/* What was found at the last look, kept in a file. */
#ifndef NBDDIAG_METRICS_RECORD_H
#define NBDDIAG_METRICS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/save.h"

/**
 * struct noted - a device that was not free, or a root cause
 * @name: of the device; or the key of the cause, which all reports of it share
 * @what: the verdict; or the cause in words
 * @since_s: seconds after the boot when that was found first
 */
struct noted {
	char *name;
	char *what;
	uint64_t since_s;
};

struct noted_list {
	struct noted *at;
	size_t nr;
};

/**
 * struct record - all of that
 * @boot: which boot it is of, "" if that is not known
 * @gap: nobody has looked for minutes
 * @devices: those that were not free
 * @causes: those that something waited for
 */
struct record {
	char *boot;
	bool gap;
	struct noted_list devices;
	struct noted_list causes;
};

enum record_found {
	RECORD_READ,
	RECORD_ABSENT,
	RECORD_BROKEN,		/* cut off, malformed, of another format */
};

/**
 * record_read() - read it
 * @record: filled, for record_free(); empty if it is not read
 *
 * Ends the program if the file is there and cannot be read.
 */
enum record_found record_read(struct record *record, const char *path);

/* Nothing has changed since then, which is known again for some minutes. */
void record_touch(const char *path);

/* Write it, as save_end() does. */
void record_write(const struct record *record, struct save *to);

/* @name and @what are copied. */
void record_note(struct noted_list *list, const char *name, const char *what,
		 uint64_t since_s);

/* Return: NULL if it is not in the list. */
const struct noted *record_find(const struct noted_list *list, const char *name);

void record_free(struct record *record);

#endif /* NBDDIAG_METRICS_RECORD_H */
