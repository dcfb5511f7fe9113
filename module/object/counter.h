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
 * Of a disk with request queue this leaves out what is not started.
 */
struct known counter_disk_inflight(const struct gendisk *disk);

/**
 * counter_disk_done() - how many requests a disk has answered since it came
 * @nr: receives the number, in whatever way it wraps around
 * @disk: a disk that cannot go away
 *
 * Return: false if it cannot be read.
 */
bool counter_disk_done(u64 *nr, const struct gendisk *disk);

#endif /* NBDDIAG_COUNTER_H */
