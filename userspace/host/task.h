/* SPDX-License-Identifier: GPL-2.0 */
/* Threads of the host, as /proc shows them. */
#ifndef NBDDIAG_TASK_H
#define NBDDIAG_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/source.h"
#include "host/task_call.h"

/* How a thread that was in D is found a tenth of a second later. */
enum task_later {
	TASK_NOT_ASKED,
	TASK_STAYS,		/* it has not run */
	TASK_AGAIN,		/* in D, and it has run */
	TASK_IN_D,		/* whether it has run is not known */
	TASK_LEFT,		/* not in D */
	TASK_GONE,		/* it has ended, or cannot be read */
};

/**
 * struct task - a thread
 * @tgid: its process
 * @tid: itself
 * @comm: its name, escaped as strings are in nbddiag(4)
 * @state: the letter that ps(1) shows
 * @later: TASK_NOT_ASKED before task_look_twice()
 * @is_exiting: it ends, and has left whatever system call it was in; false
 *	before task_read_sleep()
 * @function: where it sleeps, escaped; NULL if not known, or before
 *	task_read_sleep()
 * @call: empty before task_read_sleep(), and if @state is not D
 */
struct task {
	pid_t tgid;
	pid_t tid;
	char *comm;
	char state;
	enum task_later later;
	bool is_exiting;
	char *function;
	struct task_call call;
};

struct task_id {
	pid_t tgid;
	pid_t tid;
};

/**
 * task_list() - all threads of the host
 * @nr: set to how many there are
 *
 * Return: in the order of processes, and in them of threads, for free(). Ends
 * the program if /proc cannot be listed.
 */
struct task_id *task_list(const struct source *source, size_t *nr);

/**
 * task_read() - what is quickly known about a thread
 * @task: filled, for task_free(), if true is returned
 *
 * Return: false if it is no more, or its files cannot be understood.
 */
bool task_read(const struct source *source, struct task *task, pid_t tgid,
	       pid_t tid);

/**
 * task_look_twice() - do threads of this host stay in D?
 * @tasks: from task_read(), in D; their @later is set
 * @nr: how many; of all of them together this takes a tenth of a second
 */
void task_look_twice(const struct source *source, struct task *const *tasks,
		     size_t nr);

/**
 * task_read_sleep() - find out where a thread sleeps and, if it is in D, in what call
 * @task: from task_read()
 */
void task_read_sleep(const struct source *source, struct task *task);

/**
 * task_free() - give back what task_read() and task_read_sleep() took
 * @task: from task_read(), or zeroed
 */
void task_free(struct task *task);

#endif /* NBDDIAG_TASK_H */
