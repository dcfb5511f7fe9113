/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a command prints with --json: one object, also if it fails. It is kept
 * in memory until it is whole.
 */
#ifndef NBDDIAG_DOCUMENT_H
#define NBDDIAG_DOCUMENT_H

#include "base/json.h"

/* Of nbddiag.schema.json; it changes if a key goes or changes its meaning. */
#define DOCUMENT_SCHEMA 1

/* Is JSON asked for? From then on a failure prints it too. */
void document_ask(void);

/**
 * document_start() - begin one, if JSON is asked for
 * @command: name of the command, NULL if it is not known
 */
void document_start(const char *command);

/**
 * document_always() - what else is in every document, also in that of a failure
 * @put: called after "command" was written
 * @data: for @put; must stay
 */
void document_always(void (*put)(struct json *json, const void *data),
		     const void *data);

/**
 * document() - what is being written
 *
 * Return: the object, for further members; NULL without --json.
 */
struct json *document(void);

/**
 * document_incomplete() - something may be missing
 * @why: a word or sentence; the first one counts
 */
void document_incomplete(const char *why);

/**
 * document_end() - end it, and print it
 * @status: exit status of the program
 */
void document_end(int status);

#endif /* NBDDIAG_DOCUMENT_H */
