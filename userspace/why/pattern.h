/* SPDX-License-Identifier: GPL-2.0 */
/* What is known from elsewhere, and looks like this. */
#ifndef NBDDIAG_PATTERN_H
#define NBDDIAG_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "facts/device_facts.h"
#include "facts/text.h"

/**
 * struct symptoms - what a pattern is looked for in
 * @text: a device's file
 * @facts: taken from that
 * @server_state: state of the process that should answer, as ps(1) shows it; F if
 *	it is frozen, 0 if it is not known
 * @holder_sleeps_in: where the task sleeps that has nbd's lock, or NULL
 * @freeze_waits: a task waits for a freeze of its queue, by the file tasks
 * @log: the kernel's log, or NULL
 */
struct symptoms {
	const struct text *text;
	struct device_facts facts;
	char server_state;
	const char *holder_sleeps_in;
	bool freeze_waits;
	const char *log;
};

/**
 * struct pattern - a pattern
 * @name: a fixed word
 * @means: what it means, in a sentence
 * @versions: which kernels have it, or a CVE
 * @helps: what helps
 * @fits: does it look like this?
 * @logged: what the kernel's log has to have about the device, too; or NULL
 */
struct pattern {
	const char *name;
	const char *means;
	const char *versions;
	const char *helps;
	bool (*fits)(const struct symptoms *symptoms);
	const char *logged;
};

/* Could more be told, if @symptoms->log were known? */
bool pattern_needs_log(const struct symptoms *symptoms);

/**
 * pattern_next() - the next pattern that a device looks like
 * @at: 0 at first; set to where to go on
 *
 * Return: NULL at the end.
 */
const struct pattern *pattern_next(const struct symptoms *symptoms, size_t *at);

#endif /* NBDDIAG_PATTERN_H */
