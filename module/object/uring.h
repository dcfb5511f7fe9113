/* SPDX-License-Identifier: GPL-2.0 */
/* One io_uring: a struct io_ring_ctx. */
#ifndef NBDDIAG_URING_H
#define NBDDIAG_URING_H

#include "access/known.h"
#include "access/symbols.h"

struct file;
struct kiocb;
struct task_struct;

/**
 * struct uring_figures - what a ring holds at one moment
 * @flags: IORING_SETUP_*
 * @sq_entries: how many requests its first queue has room for
 * @cq_entries: and the one of what is completed
 * @inflight: requests that were taken and have no result, but for the next two
 * @polls: of these, those that wait until a file is ready
 * @timeouts: and those that wait for a time
 * @unreaped: results that the process has not taken
 * @overflow: there are results that had no room
 * @exiting: nobody has it any more
 */
struct uring_figures {
	struct known flags;
	struct known sq_entries;
	struct known cq_entries;
	struct known inflight;
	struct known polls;
	struct known timeouts;
	struct known unreaped;
	struct known overflow;
	struct known exiting;
};

/* Can rings be recognized on this kernel? Return: NULL, or why not. */
const char *uring_why_unknown(void);

/**
 * struct uring_file - a file that may be a ring
 * @release: what is called when it is closed
 * @ring: the ring, if it is one
 */
struct uring_file {
	const void *release;
	const void *ring;
};

/*
 * May a file be a ring, by its name?
 *
 * @file: any address
 *
 * Cheap; looks no function up, so it may be called with a lock.
 */
bool uring_may_be(const struct file *file);

/* Copy what tells whether a file is a ring. Return: false if it cannot be read. */
bool uring_file_take(struct uring_file *to, const struct file *file);

/**
 * uring_functions() - have a cache tell whose files are rings
 * @cache: zeroed
 */
void uring_functions(struct symbol_cache *cache);

/* Have a cache tell which work of a worker frees a ring. @cache: zeroed */
void uring_exit_functions(struct symbol_cache *cache);

/* Is it one? Looks a name up, so not to be called with a lock. */
bool uring_is(const struct uring_file *file, struct symbol_cache *functions);

/*
 * Which rings has a task registered, so that it needs no descriptor for them?
 *
 * @files: receives those that may be rings
 * @nr: entries of @files
 *
 * Context: under rcu_read_lock(), which keeps @task.
 * Return: how many.
 */
u32 uring_registered(struct uring_file *files, u32 nr,
		     const struct task_struct *task);

/* The ring that a worker frees by an item of work. Return: the ring, or NULL. */
const void *uring_of_exit_work(const void *work);

/* The ring of a request, which is at the address of its kiocb. */
const void *uring_of_kiocb(const struct kiocb *kiocb);

/*
 * Whose it is: the task that sent it, or the ring's own thread that took it.
 *
 * Return: an address that has yet to be proved, or NULL.
 */
const void *uring_sender_of_kiocb(const struct kiocb *kiocb);

/**
 * uring_take() - look at a ring
 * @figures: filled
 * @ring: any address; only true of a ring if it was one before and after
 *
 * Context: any; does not sleep. Takes some microseconds.
 */
void uring_take(struct uring_figures *figures, const void *ring);

#endif /* NBDDIAG_URING_H */
