/* SPDX-License-Identifier: GPL-2.0 */
/* The files of the module, see nbddiag(4). */
#ifndef NBDDIAG_MODFILE_H
#define NBDDIAG_MODFILE_H

#include "base/fail.h"
#include "facts/text.h"
#include "host/source.h"

/* Where they are, below the root. */
#define MODFILE_DIR "sys/kernel/debug/nbddiag"

/**
 * modfile_read() - read one of the module's files
 * @text: filled, for text_free()
 * @name: the file's name, for instance "aio"
 *
 * Ends the program with a message and a documented exit status if that is not
 * possible.
 */
void modfile_read(const struct source *source, struct text *text,
		  const char *name);

/**
 * modfile_try_read() - read one of the module's files, if it is there
 * @text: filled, for text_free()
 * @name: the file's name
 *
 * For devices, which come and go.
 *
 * Return: false if there is no such file. Ends the program for other errors.
 */
bool modfile_try_read(const struct source *source, struct text *text,
		      const char *name);

/**
 * modfile_read_or_say() - read one of the module's files, or say what is wrong
 * @text: filled, for text_free(); empty if it is not read
 * @name: the file's name
 * @status: why it is not read; EXIT_NO_SUCH if there is none
 *
 * Return: NULL if it was read; otherwise a message for free().
 */
char *modfile_read_or_say(const struct source *source, struct text *text,
			  const char *name, enum exit_status *status);

/**
 * modfile_is_no_module() - is the module not loaded?
 *
 * If it is, and its files are not there, that is to be said: debugfs is not mounted.
 */
bool modfile_is_no_module(const struct source *source);

enum modfile_found {
	MODFILE_READ,
	MODFILE_ABSENT,		/* an older module has none, nor has an old capture */
	MODFILE_BROKEN,		/* unreadable, malformed, cut off, of another format */
};

/**
 * modfile_look() - read one of the module's files that one can do without
 * @text: filled, for text_free(); empty if it is not read
 * @name: the file's name
 *
 * Nothing ends the program.
 */
enum modfile_found modfile_look(const struct source *source, struct text *text,
				const char *name);

/*
 * The same two, of a file whose head says how many lines there are: one that was
 * cut off ends the program, or is MODFILE_BROKEN.
 */
void modfile_read_whole(const struct source *source, struct text *text,
			const char *name, bool (*is_whole)(const struct text *text));
enum modfile_found modfile_look_whole(const struct source *source, struct text *text,
				      const char *name,
				      bool (*is_whole)(const struct text *text));

#endif /* NBDDIAG_MODFILE_H */
