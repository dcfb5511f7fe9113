/* SPDX-License-Identifier: GPL-2.0 */
/* What the test programs share: how they give up, numbers, names, time, threads and signals. */
#ifndef TOOL_H
#define TOOL_H

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 64
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Ends without exit handlers: it may be a child or a thread that gives up. */
void __attribute__((noreturn, format(printf, 2, 3)))
quit(int status, const char *format, ...);

#define die_errno(what) quit(1, "%s: %s", what, strerror(errno))
#define bad_usage(...) quit(EXIT_USAGE, __VA_ARGS__)

uint64_t parse_number(const char *text);

/* Decodes %HH in place; returns the length, for a NUL may be in it. */
size_t decode_hex(char *text);

/* Zeroed memory. */
void *allocate(size_t size);

/* Memory for direct I/O, each byte of it as given. */
void *allocate_aligned(size_t size, int byte);

/* Seconds of the monotonic clock. */
double now(void);

/* A line on standard output, at once. */
void say(const char *text);

/* The name of an error; its number if it is not one that tests meet. */
const char *error_name(int error);

/* A descriptor, which no program that is executed gets. */
int open_or_die(const char *path, int flags);

/*
 * A detached thread with a small stack, so that thousands are possible. With a
 * @priority it is a real-time one.
 */
void start_detached(void *(*function)(void *), void *data, int priority);

/* Blocks signals, in this thread and in those that it starts. The list ends with 0. */
sigset_t block_signals(int signo, ...);

/* Has a signal interrupt what is under way, and nothing else. */
void let_interrupt(int signo);

#endif /* TOOL_H */
