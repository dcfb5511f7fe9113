/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be written to the knob, and when it is refused. No kernel API, so
 * that the host tests every combination.
 */
#ifndef NBDDIAG_RULES_H
#define NBDDIAG_RULES_H

#include "snapshot/state.h"

/* The longest command, and more than the longest name of a device. */
#define CLEANUP_COMMAND_MAX 64
#define CLEANUP_NAME_MAX 32

enum cleanup_action {
	CLEANUP_SOCKETS,	/* shut the sockets that nobody serves */
	CLEANUP_FAIL_IO,	/* complete requests with an error */
};

/* What a command comes to, see words.h: for example CLEANUP_IN_USE. */
enum cleanup_verdict {
#define WORD_ANSWER(id, ...) CLEANUP_##id,
#include "access/words.h"
	CLEANUP_VERDICTS
};

/**
 * struct cleanup_command - a command, taken apart
 * @device: name of the disk
 * @action: what to do
 * @generation: of the configuration that it was meant for
 */
struct cleanup_command {
	char device[CLEANUP_NAME_MAX];
	enum cleanup_action action;
	u64 generation;
};

/**
 * struct cleanup_meaning - a verdict for people and programs
 * @word: a fixed word
 * @error: a positive error number, 0 for success
 * @sentence: what it means
 */
struct cleanup_meaning {
	const char *word;
	int error;
	const char *sentence;
};

/*
 * Take a command apart.
 *
 * @command: filled if it is one
 * @text: what was written, any bytes
 *
 * Return: true if it has the form "nbdN ACTION GENERATION".
 */
bool cleanup_parse(struct cleanup_command *command, const char *text,
		   size_t len);

/*
 * May the action be taken on a device?
 *
 * @facts: of the device; for %CLEANUP_FAIL_IO they need not be locked, it is
 *	then for the caller to prove that they cannot change
 *
 * Return: CLEANUP_OK, or why not.
 */
enum cleanup_verdict cleanup_judge(enum cleanup_action action,
				   const struct nbd_facts *facts);

/* A verdict in words. */
const struct cleanup_meaning *cleanup_meaning(enum cleanup_verdict verdict);

/* The word for an action. */
const char *cleanup_action_text(enum cleanup_action action);

/* Sockets that are neither dead nor held by a process. */
u32 cleanup_strays(const struct nbd_facts *facts);

#endif /* NBDDIAG_RULES_H */
