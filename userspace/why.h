/* SPDX-License-Identifier: GPL-2.0 */
/* The chain from what hangs to what it waits for, hop by hop. */
#ifndef NBDDIAG_WHY_H
#define NBDDIAG_WHY_H

#include "aio.h"
#include "task.h"

#define WHY_MAX_HOPS 32
#define WHY_NAME_LEN 32

/**
 * struct why - how far we have come
 * @source: where to look
 * @aio: the file aio
 * @device: devices that were explained
 * @nr_devices: how many
 * @task: threads that were explained
 * @nr_tasks: how many
 * @process: processes whose locks were explained
 * @nr_processes: how many
 */
struct why {
	const struct source *source;
	struct text aio;
	char device[WHY_MAX_HOPS][WHY_NAME_LEN];
	size_t nr_devices;
	pid_t task[WHY_MAX_HOPS];
	size_t nr_tasks;
	pid_t process[WHY_MAX_HOPS];
	size_t nr_processes;
};

/* What was found of the locks of a process. */
enum why_locks {
	WHY_LOCKS_NONE,		/* nothing waits for one */
	WHY_LOCKS_WAIT,		/* something does, or that is not known */
	WHY_LOCKS_DEADLOCK,
};

/**
 * why_device() - what state a device is in, what it waits for, who keeps it
 * @why: the chain; devices that were explained are not explained again
 * @name: its name
 */
void why_device(struct why *why, const char *name);

/**
 * why_task() - what a thread waits for
 * @why: the chain; threads that were explained are not explained again
 * @task: the thread, as task_look() fills it
 */
void why_task(struct why *why, const struct task *task);

/**
 * why_locks() - which threads of a process wait for which, by its own locks
 * @why: the chain; processes that were explained are not explained again
 * @tgid: the process
 * @tid: only what this thread waits for, 0 for all
 *
 * Return: what was found.
 */
enum why_locks why_locks(struct why *why, pid_t tgid, pid_t tid);

/**
 * why_deadlocks() - only the deadlocks among them
 * @why: the chain
 * @tgid: the process
 */
void why_deadlocks(struct why *why, pid_t tgid);

/* ---- sentences ---- */

/**
 * why_say() - a part of a sentence
 * @format: as of printf()
 */
__attribute__((format(printf, 1, 2)))
void why_say(const char *format, ...);

/**
 * why_from() - the end of a sentence: which file says so
 * @format: as of printf()
 */
__attribute__((format(printf, 1, 2)))
void why_from(const char *format, ...);

/**
 * why_say_value() - a value in a sentence
 * @value: the value
 */
void why_say_value(struct value value);

/**
 * why_say_age() - an age in a sentence
 * @value: nanoseconds
 */
void why_say_age(struct value value);

/**
 * why_say_task() - a thread in a sentence
 * @task: the thread
 */
void why_say_task(const struct task *task);

/**
 * why_number() - a number, 0 if it is not given
 * @value: the value
 */
uint64_t why_number(struct value value);

#endif /* NBDDIAG_WHY_H */
