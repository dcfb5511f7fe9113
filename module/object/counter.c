// SPDX-License-Identifier: GPL-2.0
/* Adds up what the processors have counted, each for itself. */
#include <linux/blkdev.h>
#include <linux/part_stat.h>
#include <linux/percpu-refcount.h>

#include "access/peek.h"
#include "object/counter.h"

bool counter_sum(s64 *sum, const unsigned long __percpu *counter)
{
	unsigned long one;
	u64 all = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (!peek(&one, per_cpu_ptr(counter, cpu)))
			return false;
		all += one;
	}
	*sum = all;
	return true;
}

/*
 * The word of a percpu_ref has the base of its counters and two flags. The other
 * one has the rest of the count, and is biased as long as processors count.
 */
struct known counter_refs(const struct percpu_ref *ref)
{
	const unsigned long bias = 1UL << (BITS_PER_LONG - 1);
	struct percpu_ref_data *data;
	unsigned long word, count;
	atomic_long_t atomic;
	s64 percpu = 0;
	bool dead;

	if (!peek(&word, &ref->percpu_count_ptr) || !peek(&data, &ref->data) ||
	    !peek(&atomic, &data->count))
		return known_not("unreadable");
	dead = word & __PERCPU_REF_DEAD;
	count = atomic_long_read(&atomic);
	if (!(count & bias))
		return known_count((s64)count - !dead);
	word &= ~(unsigned long)__PERCPU_REF_ATOMIC_DEAD;
	if (!counter_sum(&percpu, (const unsigned long __percpu *)word))
		return known_not("unreadable");
	/*
	 * The reference of its own goes when the count has left the processors.
	 * One processor may have counted down what another one counted up
	 * after it was looked at.
	 */
	return known_value(max_t(s64, (s64)(count - bias) + percpu - 1, 0));
}

static const struct disk_stats __percpu *stats_of(const struct gendisk *disk)
{
#ifdef HAVE_PART0_POINTER
	return disk->part0->bd_stats;
#else
	return disk->part0.dkstats;
#endif
}

struct known counter_disk_inflight(const struct gendisk *disk)
{
	const struct disk_stats __percpu *stats = stats_of(disk);
	const struct disk_stats *here;
	local_t one[2];
	s64 all = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(stats, cpu);
		if (!peek(&one, &here->in_flight))
			return known_not("unreadable");
		all += local_read(&one[0]) + local_read(&one[1]);
	}
	return known_value(max_t(s64, all, 0));
}

bool counter_disk_done(u64 *nr, const struct gendisk *disk)
{
	const struct disk_stats __percpu *stats = stats_of(disk);
	unsigned long ios[NR_STAT_GROUPS];
	const struct disk_stats *here;
	int cpu, group;

	*nr = 0;
	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(stats, cpu);
		if (!peek(&ios, &here->ios))
			return false;
		for (group = 0; group < NR_STAT_GROUPS; group++)
			*nr += ios[group];
	}
	return true;
}
