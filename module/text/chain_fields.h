/* SPDX-License-Identifier: GPL-2.0 */
/* Fields about what is above a request, which several files have. */
#ifndef NBDDIAG_CHAIN_FIELDS_H
#define NBDDIAG_CHAIN_FIELDS_H

#include "snapshot/all_disks.h"
#include "snapshot/outstanding.h"

struct seq_file;

/* The name of what was opened; @opened has a disk. */
void put_opened(struct seq_file *m, const struct disk_names *names,
		const struct opened *opened);

/*
 * The fields asked, fs and via. @rests_at: the disk where the request rests, or
 * is to be submitted to; @why_not: NULL, or why the way up was lost
 */
void put_asked(struct seq_file *m, const struct disk_names *names,
	       const struct chain_origin *origin,
	       const struct gendisk *rests_at, enum rest_state state,
	       const char *why_not);

/* Why it is not known who waits for a @bio; NULL if it is, or without one. */
const char *why_lost(const struct chain *chain, const struct bio *bio);

/* The fields sector and bytes. */
void put_place(struct seq_file *m, enum rest_state state, u64 sector, u32 bytes);

/* The field waits_for. */
void put_waits_for(struct seq_file *m, enum submit_wait wait);

/* The field who. @bio: the bio that was followed, or NULL if there was none */
void put_waiter(struct seq_file *m, const struct chain *chain,
		const struct bio *bio);

/* The field end_io. @end_io: a function of the kernel, or NULL */
void put_end_io(struct seq_file *m, const void *end_io);

/* A state in a word. */
const char *rest_state_name(enum rest_state state);

#endif /* NBDDIAG_CHAIN_FIELDS_H */
