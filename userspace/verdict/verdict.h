/* SPDX-License-Identifier: GPL-2.0 */
/* May a device be attached? The answer, and what else to know. */
#ifndef NBDDIAG_VERDICT_H
#define NBDDIAG_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

#define VERDICT_STEPS 6
#define VERDICT_WARNINGS 8

/* Exit statuses of "check", see nbddiag(8). */
enum verdict_status {
	VERDICT_FREE = 0,
	VERDICT_IN_USE = 1,
	VERDICT_STUCK = 2,
	VERDICT_UNKNOWN = 3,
};

/**
 * struct verdict_step - something that helps to free a device
 * @action: what to do
 * @cost: what that costs
 */
struct verdict_step {
	char *action;
	char *cost;
};

/**
 * struct verdict - what was found
 * @word: "free", "in-use", "wedged", "orphaned" or "unknown"
 * @status: exit status
 * @reason: a fixed word
 * @text: the reason in a sentence; it may hold bytes of the file, so that it
 *	must be escaped to be printed, as all strings below
 * @step: what frees the device, in the order to try
 * @nr_steps: how many
 * @warning: what else to know before anything is done
 * @nr_warnings: how many
 * @fleeting: a moment later it may be known better
 */
struct verdict {
	const char *word;
	enum verdict_status status;
	const char *reason;
	char *text;
	struct verdict_step step[VERDICT_STEPS];
	size_t nr_steps;
	char *warning[VERDICT_WARNINGS];
	size_t nr_warnings;
	bool fleeting;
};

/**
 * verdict_add_step() - add something that helps
 * @action: what to do; this and @cost are from malloc() and belong to @verdict
 * @cost: what that costs
 */
void verdict_add_step(struct verdict *verdict, char *action, char *cost);

/**
 * verdict_add_warning() - add something to know
 * @warning: from malloc(), belongs to @verdict
 */
void verdict_add_warning(struct verdict *verdict, char *warning);

/**
 * verdict_put_steps() - write what helps as "free_by"
 * @step: what helps
 * @nr: how many
 */
void verdict_put_steps(struct json *json, const struct verdict_step *step,
		       size_t nr);

/**
 * verdict_free() - give back what a verdict has
 * @verdict: the verdict, or zeroed
 */
void verdict_free(struct verdict *verdict);

#endif /* NBDDIAG_VERDICT_H */
