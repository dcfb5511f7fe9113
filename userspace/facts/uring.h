/* SPDX-License-Identifier: GPL-2.0 */
/* The file uring: every io_uring, and who owes its requests. */
#ifndef NBDDIAG_FACTS_URING_H
#define NBDDIAG_FACTS_URING_H

#include <sys/types.h>

#include "facts/modfile.h"
#include "facts/rest.h"
#include "facts/text.h"
#include "host/source.h"

/**
 * struct uring_ring - a ring
 * @line: value of its line
 * @number: its number in the file
 * @at: where the next one is looked for
 * @owed: where the lines of its requests begin
 */
struct uring_ring {
	const char *line;
	uint64_t number;
	size_t at;
	size_t owed;
};

/**
 * uring_read() - read the file
 * @text: filled, for text_free()
 *
 * Ends the program if it cannot be read or lines are missing.
 */
void uring_read(const struct source *source, struct text *text);

/**
 * uring_look() - the same, where one can do without it
 * @text: filled, for text_free(); empty if it is not read
 */
enum modfile_found uring_look(const struct source *source, struct text *text);

/**
 * uring_next() - the next ring
 * @text: the file, or empty
 * @ring: zeroed at first; filled
 *
 * Return: false at the end.
 */
bool uring_next(const struct text *text, struct uring_ring *ring);

/**
 * uring_owed() - the next request of a ring that was found at a disk
 * @at: @ring->owed at first
 *
 * Return: value of its line, NULL at the end.
 */
const char *uring_owed(const struct text *text, const struct uring_ring *ring,
		       size_t *at);

/**
 * uring_rests() - where the requests of a ring rest
 * @rests: filled
 */
void uring_rests(const struct text *text, const struct uring_ring *ring,
		 struct rests *rests);

/* How many of its requests rest at a device or came by way of it. */
unsigned int uring_count_at(const struct text *text,
			    const struct uring_ring *ring, const char *device);

/* Has no process a ring any more? Its process has ended, or has closed it. */
bool uring_is_unowned(const struct uring_ring *ring);

/* Has no process a ring any more, though its process has not ended? */
bool uring_is_closed(const struct uring_ring *ring);

/* The process that has a ring, or had it; 0 if it is not known. */
pid_t uring_pid(const struct uring_ring *ring);

/**
 * uring_waits_for() - how many requests of a ring the kernel owes
 *
 * Those that wait for a file to be ready, or for a time, are none of them. What
 * was found at disks counts if the ring's own number is not known.
 */
uint64_t uring_waits_for(const struct uring_ring *ring);

/**
 * uring_name() - whose a ring is, for people
 *
 * Return: "fio[2101]" or "a process that is not known", for free(); safe to print.
 */
char *uring_name(const struct uring_ring *ring);

/**
 * uring_name_unowned() - the same of a ring that no process has any more
 *
 * Return: "ring of fio[2101], which is gone,", "ring that fio[2101] has closed" or
 *	"ring that no process has open", for free(); safe to print. The sentence goes
 *	on behind it.
 */
char *uring_name_unowned(const struct uring_ring *ring);

#endif /* NBDDIAG_FACTS_URING_H */
