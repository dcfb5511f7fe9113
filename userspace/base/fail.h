/* SPDX-License-Identifier: GPL-2.0 */
/* How the program ends when it cannot do what it was asked for. */
#ifndef NBDDIAG_FAIL_H
#define NBDDIAG_FAIL_H

#include <stdio.h>

/* Exit statuses that all commands share, as in sysexits.h; see nbddiag(8). */
enum exit_status {
	EXIT_USAGE = 64,
	EXIT_DATA = 65,		/* what was read is malformed, or of another format */
	EXIT_NO_SUCH = 66,	/* no such device or process, or it has gone */
	EXIT_NO_MODULE = 69,	/* module not loaded, or debugfs not readable */
	EXIT_SYSTEM = 71,	/* out of memory, cannot write */
};

/* For "check", which says 3 for whatever it cannot tell. */
extern enum exit_status (*fail_status)(enum exit_status status);

/* Who else wants to know of messages and failures, as JSON does; or NULL. */
extern void (*complain_hook)(const char *message);
extern void (*fail_hook)(enum exit_status status, const char *message);

/**
 * fail() - say why, and end the program
 * @status: exit status
 * @format: as of printf(); the message has no newline
 */
__attribute__((noreturn, format(printf, 2, 3)))
void fail(enum exit_status status, const char *format, ...);

/**
 * complain() - say on standard error what went wrong, and go on
 * @format: as of printf(); the message has no newline
 */
__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);

/* Write what is in the buffer of standard output; check_output() says if that fails. */
void flush_output(void);

/* The same, and end the program if not all could be written until now. */
void check_output(void);

/**
 * check_memory() - end the program if an allocation has failed
 * @pointer: what it returned
 *
 * Return: @pointer.
 */
void *check_memory(void *pointer);

#endif /* NBDDIAG_FAIL_H */
