/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between kernels that nbddiag knows, and nothing else. The
 * HAVE_ macros come from the compile probes in module/probes, which name the
 * commit and version of each change. Included before every source file.
 */
#ifndef NBDDIAG_COMPAT_H
#define NBDDIAG_COMPAT_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#ifdef CONFIG_KFENCE
#include <linux/kfence.h>
#endif
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <linux/timer.h>

static inline struct file *compat_open_below(struct vfsmount *mnt,
					     const char *name)
{
#ifdef HAVE_FILE_OPEN_ROOT_PATH
	return file_open_root_mnt(mnt, name, O_RDONLY, 0);
#else
	return file_open_root(mnt->mnt_root, mnt, name, O_RDONLY, 0);
#endif
}

/*
 * The task that holds a mutex, from the owner word which kernel/locking/mutex.c
 * keeps: a task's address with three flag bits. An rt_mutex, which a mutex is
 * under PREEMPT_RT, has one flag bit.
 */
#ifdef CONFIG_PREEMPT_RT
#define COMPAT_MUTEX_OWNER_FLAGS 1UL
#else
#define COMPAT_MUTEX_OWNER_FLAGS 7UL
#endif

static inline const void *compat_mutex_owner_word(const struct mutex *lock)
{
#if !defined(CONFIG_PREEMPT_RT)
	return &lock->owner;
#elif defined(HAVE_MUTEX_RTMUTEX)
	return &lock->rtmutex.owner;
#else
	return &lock->lock.owner;
#endif
}

/*
 * Where a word of a stack returns to, if it is a return address: on arm64 it
 * may be signed in the bits which are all ones in addresses of kernel text.
 */
static inline unsigned long compat_return_address(unsigned long word)
{
#ifdef CONFIG_ARM64
	if (word & BIT_ULL(55))
		word |= GENMASK_ULL(63, VA_BITS_MIN);
#endif
	return word;
}

/* How far the stack of a task that sleeps is in use; 0 if that is not known. */
static inline unsigned long compat_saved_sp(const struct task_struct *task)
{
#if defined(CONFIG_X86_64)
	return READ_ONCE(task->thread.sp);
#elif defined(CONFIG_ARM64)
	return READ_ONCE(task->thread.cpu_context.sp);
#else
	return 0;
#endif
}

/* Has a task a CPU? If so, what was saved of its registers is old. */
static inline bool compat_is_running(const struct task_struct *task)
{
#ifdef CONFIG_SMP
	return READ_ONCE(task->on_cpu);
#else
	return task == current;
#endif
}

#define COMPAT_RAN_IS_KEPT \
	((IS_ENABLED(CONFIG_IRQ_TIME_ACCOUNTING) || \
	  IS_ENABLED(CONFIG_PARAVIRT_TIME_ACCOUNTING)) && \
	 !IS_ENABLED(CONFIG_SCHED_CLASS_EXT))

/*
 * When a task that has no CPU gave it up, by sched_clock_cpu(); 0 if not recorded.
 *
 * The kernel notes when the task got the CPU, and when it last accounted for it, which
 * is when the task gave it up. Where that leaves interrupts or a hypervisor's time out,
 * its clock is behind, and how long a task of the fair class ran says more. Other
 * classes do not begin that sum anew, so what leads past @now is of such a one.
 */
static inline u64 compat_gave_up_cpu_ns(const struct task_struct *task, u64 now)
{
#ifdef CONFIG_SCHED_INFO
	u64 got = READ_ONCE(task->sched_info.last_arrival);
	u64 left = max(got, READ_ONCE(task->se.exec_start));
	u64 before = READ_ONCE(task->se.prev_sum_exec_runtime);
	u64 ran = READ_ONCE(task->se.sum_exec_runtime) - before;

	if (COMPAT_RAN_IS_KEPT && before && now > got && ran <= now - got &&
	    READ_ONCE(task->prio) >= MAX_RT_PRIO)
		left = max(left, got + ran);
	if (!got)
		return 0;
	return READ_ONCE(task->sched_info.last_arrival) == got ? left : now;
#else
	return 0;
#endif
}

/* Is a task in the freezer, by a cgroup of version 1 or as the host suspends? */
static inline bool compat_is_frozen(const struct task_struct *task)
{
#ifdef TASK_FROZEN
	return READ_ONCE(task->__state) & TASK_FROZEN;
#else
	return READ_ONCE(task->flags) & PF_FROZEN;
#endif
}

/* Stop a timer, and wait until its function is done. May sleep. */
static inline void compat_timer_delete_sync(struct timer_list *timer)
{
#ifdef HAVE_TIMER_DELETE_SYNC
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

/*
 * The lock that a task sleeps for, and in the lowest bits of which kind; or 0. Those
 * of a mutex are 0; it is noted, too, where the others are not. With PREEMPT_RT: the
 * struct rt_mutex_waiter on its stack. Who waits for a semaphore has none, nor who waits
 * until the readers of a lock are gone.
 */
static inline unsigned long compat_blocker(const struct task_struct *task)
{
#ifdef CONFIG_PREEMPT_RT
	unsigned long waiter = (unsigned long)READ_ONCE(task->pi_blocked_on);

	if (waiter)
		return waiter;
#endif
#if defined(HAVE_TASK_BLOCKER)
	return READ_ONCE(task->blocker);
#elif defined(HAVE_MUTEX_BLOCKED_ON)
	return (unsigned long)READ_ONCE(task->blocked_on);
#else
	return 0;
#endif
}

/*
 * The operations of a binary file in sysfs: from 6.16 on its attribute is
 * constant there.
 */
#ifdef HAVE_BIN_ATTRIBUTE_CONST
#define COMPAT_BIN_ATTRIBUTE const struct bin_attribute
#else
#define COMPAT_BIN_ATTRIBUTE struct bin_attribute
#endif

/* Was the block layer told that a queue's device has a cache to be flushed? */
static inline bool compat_write_cache(struct request_queue *q)
{
#ifdef QUEUE_FLAG_WC
	return test_bit(QUEUE_FLAG_WC, &q->queue_flags);
#else
	return (__force unsigned int)q->limits.features &
	       (__force unsigned int)BLK_FEAT_WRITE_CACHE;
#endif
}

/*
 * Whose slab a page is: until 5.16 its description says so itself, later a struct
 * slab does, which lies over it and is private to the allocator.
 */
#ifdef HAVE_PAGE_SLAB_CACHE
#define COMPAT_SLAB_IN_PAGE true
#define compat_slab_cache(page) ((const void *)(page)->slab_cache)
#define compat_slab_freelist(page) ((const void *)(page)->freelist)
#else
#define COMPAT_SLAB_IN_PAGE false
#define compat_slab_cache(page) ((const void *)NULL)
#define compat_slab_freelist(page) ((const void *)NULL)
#endif

/* KFENCE, from 5.12 on, gives each of its objects a page. */
#ifdef CONFIG_KFENCE
#define compat_is_kfence(address) is_kfence_address(address)
#else
#define compat_is_kfence(address) false
#endif

/*
 * Which partition is a block device?
 *
 * @bdev: any address
 *
 * Context: any; does not sleep.
 * Return: its number, 0 for the whole disk, -1 if it cannot be read.
 */
int compat_bdev_partno(const struct block_device *bdev);

/**
 * compat_mapping_private() - what the owner of an inode's mapping keeps there
 * @inode: any address
 *
 * Context: any; does not sleep.
 * Return: the pointer, or NULL.
 */
const void *compat_mapping_private(const struct inode *inode);

/*
 * Call a function for what looks like each mapping.
 *
 * @mm: an address space that may be torn down or gone
 * @fn: the function; @vma may be no mapping, or one of others; it returns
 *	false to end the walk
 *
 * Context: may sleep, as it lets others run between steps.
 */
void compat_each_vma(const struct mm_struct *mm,
		     bool (*fn)(const struct vm_area_struct *vma, void *data),
		     void *data);

/**
 * compat_watch_block_class() - be told of all block devices, now and in future
 * @add: called for each that exists and each that comes
 * @remove: called for each that goes, before its driver frees it
 *
 * Context: may sleep. The callbacks are called with the class's mutex held.
 * Return: 0 or a negative error.
 */
int compat_watch_block_class(int (*add)(struct device *dev),
			     void (*remove)(struct device *dev));

/* Calls @remove for all devices, then no more. */
void compat_unwatch_block_class(void);

/**
 * compat_disk_openers() - how often a disk is open, as the block layer counts
 * @disk: a disk that cannot go away
 *
 * Takes no reference on a block device, since to drop the last one may wait
 * for I/O.
 *
 * Context: may take inode_hash_lock, a spinlock.
 */
long compat_disk_openers(struct gendisk *disk);

#endif /* NBDDIAG_COMPAT_H */
