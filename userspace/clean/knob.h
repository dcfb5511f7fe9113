/* SPDX-License-Identifier: GPL-2.0 */
/* The module's knob, see nbddiag(4): the only files that are ever written. */
#ifndef NBDDIAG_KNOB_H
#define NBDDIAG_KNOB_H

#include "facts/device_facts.h"
#include "facts/text.h"
#include "host/source.h"

/* Where it is, below the root. */
#define KNOB_CLEANUP "sys/kernel/nbddiag/cleanup"
#define KNOB_LAST "sys/kernel/nbddiag/last"

#define KNOB_COMMAND_LEN 64

/**
 * struct knob_outcome - what a command came to
 * @error: errno of the write, 0 for success
 * @said: the module says what this command came to, as follows
 * @partial: not all of it could be done; it can be written again
 * @message: a sentence of the module, still escaped, or of strerror(); for
 *	free()
 * @shut: sockets that were shut; this and the following may be unknown
 * @left: sockets that could not be
 * @held: sockets that a process has open
 * @failed: requests that were failed
 * @unfailed: requests that could not be
 */
struct knob_outcome {
	int error;
	bool said;
	bool partial;
	char *message;
	struct count shut;
	struct count left;
	struct count held;
	struct count failed;
	struct count unfailed;
};

/**
 * knob_why_not() - why the knob cannot be used
 * @source: the live host
 *
 * Return: what to do about it, in a sentence; NULL if it can be, as far as
 * that is known before anything is written.
 */
const char *knob_why_not(const struct source *source);

/**
 * knob_write() - have the module do something
 * @source: the live host
 * @outcome: filled, for knob_outcome_free()
 * @device: its name, as "nbd101"
 * @action: "sockets" or "fail-io"
 * @generation: for which configuration
 */
void knob_write(const struct source *source, struct knob_outcome *outcome,
		const char *device, const char *action,
		const char *generation);

/**
 * knob_outcome_read() - what the module says that a command came to
 * @outcome: with @error; the rest is filled if it is of this command
 * @text: the file last
 * @command: what was written
 */
void knob_outcome_read(struct knob_outcome *outcome, const struct text *text,
		       const char *command);

/**
 * knob_outcome_free() - give back what knob_write() took
 * @outcome: from knob_write(), or zeroed
 */
void knob_outcome_free(struct knob_outcome *outcome);

#endif /* NBDDIAG_KNOB_H */
