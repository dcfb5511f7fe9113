/* SPDX-License-Identifier: GPL-2.0 */
/* What core.c describes of disks, of who waits for workers and locks, and of io_uring. */
#ifndef SEEDS_BLOCK_H
#define SEEDS_BLOCK_H

struct rw_semaphore {
	atomic64_t count, owner;
	spinlock_t wait_lock;
	struct list_head wait_list;
};

/* ---- disks ---- */

struct gendisk {
	int major;
#if KERNEL >= 515
	struct mutex open_mutex;
	void *bdi;
#endif
};

struct request_queue {
#if KERNEL < 515
	void *backing_dev_info;
#endif
	struct rq_qos *rq_qos;
	struct mutex sysfs_lock, debugfs_mutex, mq_freeze_lock;
#if KERNEL < 700
	struct mutex sysfs_dir_lock;
#else
	struct mutex limits_lock, elevator_lock;
#endif
#if KERNEL >= 600
	struct mutex blkcg_mutex, rq_qos_mutex;
#endif
};

struct block_device {
#if KERNEL < 515
	struct mutex bd_mutex;
#else
	struct mutex bd_holder_lock;
#endif
	struct mutex bd_fsfreeze_mutex;
};

struct address_space {
	void *host;
#if KERNEL >= 515
	struct rw_semaphore invalidate_lock;
#endif
};

/* ---- workers ---- */

struct wq_flusher {
	struct list_head list;
	int flush_color;
	struct completion done;
};

struct wq_barrier {
	struct work_struct work;
	struct completion done;
	void *task;
};

/* ---- who waits for locks ---- */

struct mutex_waiter {
	struct list_head list;
	void *task;
};

struct rwsem_waiter {
	struct list_head list;
	void *task;
	int type;
};

struct semaphore_waiter {
	struct list_head list;
	void *task;
	bool up;
};

struct rt_mutex_waiter {
	struct list_head tree_entry;
	void *task;
	void *lock;
};

/* ---- io_uring ---- */

struct io_uring {
	u32 head, tail;
};

struct io_rings {
	struct io_uring sq, cq;
};

#if KERNEL >= 600
struct io_hash_bucket {
	struct { void *first; } list;
};

struct io_hash_table {
	struct io_hash_bucket *hbs;
	unsigned int hash_bits;
};
#endif

#if KERNEL >= 700
struct io_submit_state {
	struct { void *next; } free_list;
};
#endif

struct io_ring_ctx {
	unsigned int flags;
	struct io_rings *rings;
	struct percpu_ref refs;
	unsigned int cached_sq_head, sq_entries, cached_cq_tail, cq_entries;
#if KERNEL < 700
	unsigned int cq_extra;
#else
	struct io_submit_state submit_state;
	unsigned int nr_req_allocated;
#endif
#if KERNEL < 600
	void *cancel_hash;
	unsigned int cancel_hash_bits;
#else
	struct io_hash_table cancel_table;
#if KERNEL < 610
	struct io_hash_table cancel_table_locked;
#endif
#endif
	struct list_head timeout_list, cq_overflow_list;
	struct work_struct exit_work;
};

struct gendisk use_gendisk;
struct request_queue use_request_queue;
struct block_device use_block_device;
struct address_space use_address_space;
struct wq_barrier use_wq_barrier;
struct mutex_waiter use_mutex_waiter;
struct rwsem_waiter use_rwsem_waiter;
struct semaphore_waiter use_semaphore_waiter;
struct rt_mutex_waiter use_rt_mutex_waiter;
struct io_ring_ctx use_io_ring_ctx;
struct io_rings use_io_rings;
struct wq_flusher use_wq_flusher;
#if KERNEL >= 600
struct io_hash_bucket use_io_hash_bucket;
#endif

#endif /* SEEDS_BLOCK_H */
