/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Just enough of the kernel's public types for core.c and nbd.c; KERNEL is the
 * version whose layout is described, such as 510 for 5.10.
 */
#ifndef SEEDS_KERNEL_H
#define SEEDS_KERNEL_H

typedef _Bool bool;
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long loff_t;
typedef int pid_t;
typedef u8 blk_status_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long long counter;
} atomic64_t;

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	u32 slock;
} spinlock_t;

struct mutex {
	atomic64_t owner;
	spinlock_t wait_lock;
#if KERNEL < 700
	struct list_head wait_list;
#else
	void *first_waiter;
#endif
};

typedef struct {
	spinlock_t lock;
	struct list_head head;
} wait_queue_head_t;

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};

struct work_struct {
	atomic64_t data;
	struct list_head entry;
	void (*func)(struct work_struct *work);
};

struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *head);
};

struct percpu_ref {
	unsigned long percpu_count_ptr;
	void *data;
};

struct blk_mq_tag_set {
	void *ops;
#if KERNEL < 600
	struct {
		unsigned int *mq_map;
		unsigned int nr_queues, queue_offset;
	} map[3];
	unsigned int nr_maps;
#endif
	unsigned int nr_hw_queues, queue_depth, cmd_size;
	int numa_node;
	void *driver_data;
	struct mutex tag_list_lock;
	struct list_head tag_list;
};

/* Bitfields and enums as real BTF has them everywhere. */
enum level {
	LOW, HIGH = 7
};

struct bits {
	unsigned int one:1, two:5;
	enum level level:4;
	unsigned int :7;
	bool flag:1;
	const volatile enum level whole;
};

#endif /* SEEDS_KERNEL_H */
