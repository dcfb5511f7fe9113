// SPDX-License-Identifier: GPL-2.0
/* Adds up what the processors have counted, each for itself. */
#include <linux/blkdev.h>
#include <linux/part_stat.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>
#include <linux/xarray.h>

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

static struct known inflight_of(const struct disk_stats __percpu *stats)
{
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

#ifdef HAVE_BIO_BI_DISK
/* Up to 5.11 a disk's own statistics have what came by way of its partitions. */
static s64 inflight_of_partitions(const struct gendisk *disk)
{
	return 0;
}
#else
/* RCU keeps a partition, and is left after each: there may be many processors. */
static s64 inflight_of_partitions(const struct gendisk *disk)
{
	struct xarray *partitions = (struct xarray *)&disk->part_tbl;
	struct block_device *part;
	unsigned long at = 0;
	s64 all = 0;

	do {
		rcu_read_lock();
		part = xa_find_after(partitions, &at, ULONG_MAX, XA_PRESENT);
		if (part)
			all += max_t(s64, inflight_of(part->bd_stats).value, 0);
		rcu_read_unlock();
	} while (part);
	return all;
}
#endif

/*
 * Some kernels count what came by way of a partition at that only, newer ones at
 * the disk too, and nothing but the numbers tells which.
 */
struct known counter_disk_inflight(const struct gendisk *disk)
{
	struct known whole = inflight_of(stats_of(disk));

	if (!whole.why_not)
		whole.value = max(whole.value, inflight_of_partitions(disk));
	return whole;
}

bool counter_disk_counts(struct disk_counts *counts, const struct gendisk *disk)
{
	const struct disk_stats __percpu *stats = stats_of(disk);
	struct known inflight = counter_disk_inflight(disk);
	unsigned long ios[NR_STAT_GROUPS];
	const struct disk_stats *here;
	int cpu, group;

	counts->inflight = inflight.value;
	counts->ios = 0;
	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(stats, cpu);
		if (!peek(&ios, &here->ios))
			return false;
		for (group = 0; group < NR_STAT_GROUPS; group++)
			counts->ios += ios[group];
	}
	return !inflight.why_not;
}

/*
 * Of a driver of bios older kernels (6.1) count in @ios what begins, so that
 * @inflight grows by as much if nothing ends; newer ones (6.12) what ends.
 */
bool counter_disk_answered(const struct disk_counts *before,
			   const struct disk_counts *after)
{
	s64 ios = after->ios - before->ios;
	s64 more = after->inflight - before->inflight;

	return ios != more && (ios || more < 0);
}
