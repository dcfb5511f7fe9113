/* SPDX-License-Identifier: GPL-2.0 */
/* What a kernel worker does at the moment. */
#ifndef NBDDIAG_WORKER_H
#define NBDDIAG_WORKER_H

#include <linux/types.h>

struct task_struct;

/**
 * struct worker_job - a worker, and the item of work that it does
 * @worker: address of its struct worker
 * @fn: the function, or NULL if it does nothing
 * @work: the item of work, or NULL
 */
struct worker_job {
	const void *worker;
	const void *fn;
	const void *work;
};

/*
 * Is a task a kernel worker, and what does it do?
 *
 * @job: filled
 *
 * Context: under rcu_read_lock(), which keeps @task. Does not sleep.
 * Return: false if it is none.
 */
bool worker_take(struct worker_job *job, struct task_struct *task);

/* Are workers known on this kernel, and what they do? Return: NULL, or why not. */
const char *worker_why_unknown(void);

/* Where its list of the works begins that it does next. Return: NULL if not known. */
const void *worker_works(const struct worker_job *job);

/*
 * Who waits until all works of its queue are done that were there when that began?
 *
 * @colours: set to a bit for each generation of works that this one may be of; who
 *	waits does so for one of them
 *
 * Return: address of a struct wq_flusher, or NULL.
 */
const void *worker_flusher(const struct worker_job *job, u32 *colours);

/*
 * What it writes back, if its function is one that does.
 *
 * Return: address of a struct backing_dev_info; of another function anything.
 */
const void *worker_bdi(const struct worker_job *job);

#endif /* NBDDIAG_WORKER_H */
