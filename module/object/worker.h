/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's workers, and what they do. */
#ifndef NBDDIAG_WORKER_H
#define NBDDIAG_WORKER_H

struct task_struct;

/**
 * worker_of_task() - the worker that a task is
 * @task: the task
 * @fn: set to the function that it does now, or NULL
 *
 * Context: under rcu_read_lock(), which keeps @task. Does not sleep.
 * Return: its struct worker; NULL if it is none, or that is not known.
 */
const void *worker_of_task(struct task_struct *task, const void **fn);

#endif /* NBDDIAG_WORKER_H */
