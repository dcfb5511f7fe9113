/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of the kernel that each processor has a part of. */
#ifndef NBDDIAG_COUNTER_H
#define NBDDIAG_COUNTER_H

#include "access/known.h"

struct gendisk;
struct percpu_ref;

/**
 * counter_sum() - the sum of a counter over all processors
 * @sum: receives it
 * @counter: one long for each processor
 *
 * Context: any; does not sleep.
 * Return: false if it cannot be read.
 */
bool counter_sum(s64 *sum, const unsigned long __percpu *counter);

/*
 * How many references do others hold?
 *
 * @ref: may be gone
 *
 * One that has not been killed has a reference of its own, which is not counted.
 *
 * Context: any; does not sleep.
 */
struct known counter_refs(const struct percpu_ref *ref);

/*
 * What is in flight by a disk's own statistics?
 *
 * @disk: a disk that cannot go away
 *
 * Of a disk with request queue this leaves out what is not started. If both the
 * disk itself and its partitions are used it may be too few on some kernels.
 */
struct known counter_disk_inflight(const struct gendisk *disk);

/**
 * struct disk_counts - a disk's own statistics at one moment
 * @ios: requests since it came, in whatever way that wraps around
 * @inflight: see counter_disk_inflight()
 */
struct disk_counts {
	u64 ios;
	s64 inflight;
};

/**
 * counter_disk_counts() - copy the statistics of a disk
 * @counts: filled
 * @disk: a disk that cannot go away
 *
 * Return: false if they cannot be read.
 */
bool counter_disk_counts(struct disk_counts *counts, const struct gendisk *disk);

/* Has a disk answered requests between two moments? */
bool counter_disk_answered(const struct disk_counts *before,
			   const struct disk_counts *after);

#endif /* NBDDIAG_COUNTER_H */
