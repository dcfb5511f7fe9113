/* SPDX-License-Identifier: GPL-2.0 */
/* May a device be attached? A pure function of the device's file. */
#ifndef NBDDIAG_VERDICT_H
#define NBDDIAG_VERDICT_H

#include "facts/device_facts.h"
#include "facts/text.h"

/* A server that has not answered for so long is taken for stuck. */
#define VERDICT_STUCK_S 30

/* Whoever is seen with nbd's lock in each reading for so long is stuck. */
#define VERDICT_LOCK_S 2

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
 * verdict_make() - judge a device
 * @verdict: filled, for verdict_free()
 * @text: the device's file
 * @before: the same, read VERDICT_LOCK_S or more before, when in no reading
 *	between them nbd's lock was free; else NULL
 * @device: the device that was asked for, as "nbd101"
 */
void verdict_make(struct verdict *verdict, const struct text *text,
		  const struct text *before, const char *device);

/**
 * verdict_free() - give back what verdict_make() took
 * @verdict: the verdict
 */
void verdict_free(struct verdict *verdict);

/**
 * verdict_is_stuck() - is there a request that should long be answered?
 * @facts: the device
 */
bool verdict_is_stuck(const struct verdict_facts *facts);

/**
 * verdict_advise() - add the steps
 * @verdict: with word and status
 * @facts: the device
 */
void verdict_advise(struct verdict *verdict, const struct verdict_facts *facts);

/**
 * verdict_warn() - add the warnings
 * @verdict: with word and status
 * @facts: the device
 */
void verdict_warn(struct verdict *verdict, const struct verdict_facts *facts);

#endif /* NBDDIAG_VERDICT_H */
