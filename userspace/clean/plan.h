/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How to clean a device: which steps, what each costs, what only an option
 * would allow, and what remains. A pure function of the device's file.
 */
#ifndef NBDDIAG_CLEAN_PLAN_H
#define NBDDIAG_CLEAN_PLAN_H

#include "clean/facts.h"
#include "verdict/verdict.h"

/* What can be done, in the order in which it is. */
enum clean_action {
	CLEAN_DISCONNECT,	/* nbd's own way, over netlink */
	CLEAN_SOCKETS,		/* the knob: shut sockets */
	CLEAN_FAIL_IO,		/* the knob: fail requests */
	CLEAN_ACTIONS,
};

#define CLEAN_NOTES 6

/**
 * struct clean_asked - what may be done
 * @sockets: --sockets
 * @fail_io: --fail-io
 */
struct clean_asked {
	bool sockets;
	bool fail_io;
};

/**
 * struct clean_step - what is to be done
 * @what: in words; NULL if it is not to be done
 * @cost: what it costs
 */
struct clean_step {
	char *what;
	char *cost;
};

/**
 * struct clean_plan - a plan
 * @free: there is nothing to clean
 * @refused: why nothing is ever done to such a device; or NULL
 * @generation: of which configuration it is
 * @index: the device's number in nbd
 * @step: what is to be done; all strings may hold bytes of the file, so that
 *	they must be escaped to be printed
 * @nr_steps: how many of these there are
 * @not_done: what is not, and why, or which option would allow it
 * @nr_not_done: how many
 * @remains: what remains whatever is done
 * @nr_remains: how many
 */
struct clean_plan {
	bool free;
	char *refused;
	char generation[GENERATION_LEN];
	unsigned int index;
	struct clean_step step[CLEAN_ACTIONS];
	size_t nr_steps;
	char *not_done[CLEAN_NOTES];
	size_t nr_not_done;
	char *remains[CLEAN_NOTES];
	size_t nr_remains;
};

/**
 * clean_plan_make() - make a plan
 * @plan: filled, for clean_plan_free()
 * @verdict: what check says of it
 * @asked: what may be done
 */
void clean_plan_make(struct clean_plan *plan, const struct clean_facts *facts,
		     const struct verdict *verdict,
		     const struct clean_asked *asked);

/**
 * clean_plan_free() - give back what clean_plan_make() took
 * @plan: from clean_plan_make(), or zeroed
 */
void clean_plan_free(struct clean_plan *plan);

/**
 * clean_action_word() - the knob's word for an action
 * @action: CLEAN_SOCKETS or CLEAN_FAIL_IO
 */
const char *clean_action_word(enum clean_action action);

/* What does not change by itself for so long is not waited for. */
#define CLEAN_QUIET_S 1

/**
 * clean_may_change() - is it worth while to go on waiting?
 * @holder_is_ending: something that keeps it is in D, or ends, or is not known
 * @quiet_s: for how long nothing has changed
 */
bool clean_may_change(const struct clean_facts *facts, bool holder_is_ending,
		      double quiet_s);

#endif /* NBDDIAG_CLEAN_PLAN_H */
