/* SPDX-License-Identifier: GPL-2.0 */
/* The file tasks: every task that cannot go on. */
#ifndef NBDDIAG_FACTS_TASKS_H
#define NBDDIAG_FACTS_TASKS_H

#include <sys/types.h>

#include "facts/modfile.h"
#include "facts/text.h"
#include "host/source.h"

/**
 * tasks_read() - read the file
 * @text: filled, for text_free()
 *
 * Ends the program if it cannot be read or lines are missing.
 */
void tasks_read(const struct source *source, struct text *text);

/**
 * tasks_look() - the same, where one can do without it
 * @text: filled, for text_free(); empty if it is not read
 */
enum modfile_found tasks_look(const struct source *source, struct text *text);

/**
 * tasks_line() - the line of a thread
 * @text: the file, or empty
 *
 * Return: NULL if it can go on, or that is not known.
 */
const char *tasks_line(const struct text *text, pid_t tid);

/**
 * tasks_waiting_ns() - for how long a task has waited
 * @line: the task's line
 *
 * One that waits for I/O of its own is woken now and then to look for it, so that it has
 * run. It waits as long as that I/O has been under way.
 *
 * Return: 0 if it is not known.
 */
uint64_t tasks_waiting_ns(const char *line);

/**
 * tasks_say_waiting() - how long a task has waited, for people
 * @line: the task's
 *
 * Return: "for 1m 20s", or "for an unknown time", for free().
 */
char *tasks_say_waiting(const char *line);

/**
 * tasks_is_polling() - has a task waited for longer than tasks_waiting_ns() says?
 * @line: the task's line
 *
 * A worker that is to free a ring of io_uring looks for that again and again, and nothing
 * says since when.
 */
bool tasks_is_polling(const char *line);

/**
 * tasks_holder() - who has what a task waits for
 * @line: the task's line, or NULL
 * @tid: set to the thread
 * @tgid: set to its process
 *
 * Return: false if nobody has it, or that is not known.
 */
bool tasks_holder(const char *line, pid_t *tid, pid_t *tgid);

/**
 * tasks_cycle() - do tasks wait for each other?
 * @text: the file
 * @tid: the thread to begin with
 *
 * Return: whether the way from holder to holder comes back to @tid.
 */
bool tasks_cycle(const struct text *text, pid_t tid);

#endif /* NBDDIAG_FACTS_TASKS_H */
