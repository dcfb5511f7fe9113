/* SPDX-License-Identifier: GPL-2.0 */
/* nbddiag clean: what its parts share. */
#ifndef NBDDIAG_CLEAN_H
#define NBDDIAG_CLEAN_H

#include "clean/plan.h"
#include "facts/device.h"
#include "facts/device_facts.h"
#include "host/source.h"
#include "verdict/judged.h"

/**
 * struct clean - how far we have come
 * @source: the live host
 * @wait_s: for how long to watch, at most
 * @asked: what may be done
 * @device: its name
 * @judged: how it was seen last
 * @facts: the same
 * @plan: what would be done now
 * @there: there is such a device; if not, the others are empty
 * @generation: which configuration was agreed to
 * @state: in which state
 * @destroyed: it goes away when it is disconnected
 * @number: numbers of the steps, 0 of those that were not agreed to
 * @done: what was done, at least in part
 * @partial: what was done in part
 * @again: what was tried again
 * @stop: nothing more may be done
 * @acted: something was done, or may have been
 */
struct clean {
	const struct source *source;
	unsigned int wait_s;
	struct clean_asked asked;
	char device[DEVICE_NAME_LEN];
	struct judged judged;
	struct clean_facts facts;
	struct clean_plan plan;
	bool there;
	char generation[GENERATION_LEN];
	enum fact_state state;
	bool destroyed;
	unsigned int number[CLEAN_ACTIONS];
	bool done[CLEAN_ACTIONS];
	bool partial[CLEAN_ACTIONS];
	bool again[CLEAN_ACTIONS];
	bool stop;
	bool acted;
};

/**
 * clean_begin() - look for the first time
 * @clean: with source, wait_s, asked and device
 *
 * Ends the program if there is no such device.
 */
void clean_begin(struct clean *clean);

/**
 * clean_look() - look again, and plan anew
 * @clean: what was seen and planned before is forgotten
 */
void clean_look(struct clean *clean);

/**
 * clean_end() - give back what was taken
 * @clean: from clean_begin()
 */
void clean_end(struct clean *clean);

/**
 * clean_do() - do a step, if it still is to be done
 * @clean: looks at the device once more
 */
void clean_do(struct clean *clean, enum clean_action action);

/**
 * clean_watch() - wait until the device is free, or nothing changes any more
 * @clean: looks at the device again and again
 *
 * What a first step has made possible or left over is done here, once.
 */
void clean_watch(struct clean *clean);

/**
 * clean_print_verdict() - what was found
 * @verdict: of the device
 */
void clean_print_verdict(const struct verdict *verdict);

/**
 * clean_print_holders() - who holds the device now
 * @clean: as it was seen last
 */
void clean_print_holders(const struct clean *clean);

/**
 * clean_report() - say what there is now
 * @clean: as it was seen last
 *
 * Return: the exit status.
 */
int clean_report(const struct clean *clean);

#endif /* NBDDIAG_CLEAN_H */
