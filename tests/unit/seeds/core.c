// SPDX-License-Identifier: GPL-2.0
/* The structs that nbddiag looks for in vmlinux; never run, only described. */
#include "kernel.h"
#include "block.h"

struct kioctx;

struct aio_ring {
	unsigned int id, nr, head, tail, magic, compat_features,
		     incompat_features, header_length;
	struct { u64 data, obj; long long res, res2; } io_events[];
};

struct kioctx_table {
	struct callback_head rcu;
	unsigned int nr;
	struct kioctx *table[];
};

struct kioctx_cpu {
	unsigned int reqs_available;
};

struct ctx_rq_wait {
	struct completion comp;
	atomic_t count;
};

#define ALIGNED __attribute__((__aligned__(64)))

struct kioctx {
	struct percpu_ref users;
	atomic_t dead;
	struct percpu_ref reqs;
	unsigned long user_id;
	struct kioctx_cpu *cpu;
	unsigned int req_batch, max_reqs, nr_events;
	unsigned long mmap_base, mmap_size;
#if KERNEL < 612
	void **ring_pages;
#else
	void **ring_folios;
#endif
	long nr_pages;
	struct {
		struct work_struct work;
		struct callback_head rcu;
		void *wq;
	} free_rwork;
	struct ctx_rq_wait *rq_wait;
	struct {
		atomic_t reqs_available;
	} ALIGNED;
	struct {
		spinlock_t ctx_lock;
		struct list_head active_reqs;
	} ALIGNED;
	struct {
		struct mutex ring_lock;
		wait_queue_head_t wait;
	} ALIGNED;
	struct {
		unsigned int tail, completed_events;
		spinlock_t completion_lock;
	} ALIGNED;
	void *internal_pages[8];
	void *aio_ring_file;
	unsigned int id;
};

struct fsync_iocb {
	void *file;
	struct work_struct work;
	_Bool datasync;
	void *creds;
};

struct poll_iocb {
	void *file;
	wait_queue_head_t *head;
	unsigned int events;
	_Bool cancelled, work_scheduled, work_need_resched;
	struct {
		unsigned int flags;
		void *private;
		int (*func)(void *wait);
		struct list_head entry;
	} wait;
	struct work_struct work;
};

struct aio_kiocb {
	union {
		void *ki_filp;
		struct { void *a[6]; } rw;
		struct fsync_iocb fsync;
		struct poll_iocb poll;
	};
	struct kioctx *ki_ctx;
	int (*ki_cancel)(struct aio_kiocb *iocb);
	struct { u64 data, obj; long long res, res2; } ki_res;
	struct list_head ki_list;
	refcount_t ki_refcnt;
};

struct blkdev_dio {
	union {
		void *iocb;
		void *waiter;
	};
	u64 size;
	int ref;
	unsigned int flags;
	struct { void *a[17]; } bio ALIGNED;
};

#if KERNEL >= 702
struct aio_inode_info {
	struct { void *a[75]; } vfs_inode;
	spinlock_t migrate_lock;
	struct kioctx *ctx;
};
#endif

struct dio {
	int flags;
	void *inode;
	void *waiter;
	void *iocb;
	union {
		void *pages[4];
		struct { long data; void *func; } complete_work;
	};
};

struct iomap_dio {
	void *iocb;
	u64 size;
	union {
		struct { void *iter; void *waiter; } submit;
		struct { void *a[4]; } aio;
	};
};

#if KERNEL >= 702
struct iomap_dio_simple {
	void *iocb;
	u64 size;
	struct { void *a[17]; } bio ALIGNED;
};
#endif

struct io_uring_task {
	int cached_refs;
#if KERNEL >= 702
	void *task;
#endif
#if KERNEL >= 600
	void *registered_rings[16];
#endif
#if KERNEL >= 610
	atomic_t in_cancel;
#else
	atomic_t in_idle;
#endif
	void *io_wq;
};

struct io_kiocb {
	void *file;
	void *ctx;
#if KERNEL >= 702
	struct io_uring_task *tctx;
#else
	void *task;
#endif
};

struct throtl_data {
	void *queue;
	unsigned int nr_queued[2];
};

struct throtl_qnode {
	struct list_head node;
#if KERNEL < 700
	struct { void *head, *tail; } bios;
#else
	struct { void *head, *tail; } bios_bps, bios_iops;
#endif
	void *tg;
};

struct throtl_grp {
	struct { void *blkg; int plid; } pd;
	struct throtl_data *td;
	struct throtl_qnode qnode_on_self[2], qnode_on_parent[2];
};

struct blkcg_gq {
	void *q;
	struct list_head q_node;
	void *pd[6];
};

struct blk_mq_alloc_data {
	void *q;
	unsigned int flags;
	void *ctx, *hctx;
};

struct rq_qos {
	void *ops, *q;
	int id;
	struct rq_qos *next;
};

struct rq_wait {
	struct { int lock; struct list_head head; } wait;
	atomic_t inflight;
};

struct rq_wb {
	unsigned int wb_background;
	struct rq_qos rqos;
	struct rq_wait rq_wait[3];
};

struct rq_qos_wait_data {
	struct { unsigned int flags; void *private; } wq;
#if KERNEL < 702
	void *task;
#endif
	struct rq_wait *rqw;
};

struct workqueue_struct {
	struct list_head pwqs, list;
	struct wq_flusher *first_flusher;
};

struct worker_pool {
	int lock, cpu;
	struct list_head worklist, workers;
};

struct pool_workqueue {
	struct worker_pool *pool;
	struct workqueue_struct *wq;
	int nr_in_flight[16];
	struct list_head inactive_works;
	struct list_head pwqs_node;
};

struct worker {
	void *current_work, *current_func;
	struct pool_workqueue *current_pwq;
	struct list_head scheduled;
	void *task;
#if KERNEL >= 515
	unsigned int current_color;
#endif
	struct worker_pool *pool;
	struct list_head node;
};

struct blk_mq_tags {
	unsigned int nr_tags, nr_reserved_tags;
#if KERNEL < 600
	atomic_t active_queues;
	void *bitmap_tags, *breserved_tags;
	struct { void *map; u32 depth; } __bitmap_tags, __breserved_tags;
#else
	unsigned int active_queues;
	struct { void *map; u32 depth; } bitmap_tags, breserved_tags;
#endif
	void **rqs, **static_rqs;
	struct list_head page_list;
};

#if KERNEL >= 517
struct slab {
	unsigned long flags;
	struct kmem_cache *slab_cache;
	union {
		struct {
			struct list_head slab_list;
			struct {
				void *freelist;
				unsigned long counters;
			};
		};
		struct callback_head rcu_head;
	};
	unsigned int __page_type;
	atomic_t __page_refcount;
};
#endif

#if KERNEL < 700
struct kmem_cache_cpu {
	void **freelist;
	unsigned long tid;
	struct slab *slab;
};
#else
struct slab_sheaf {
	union {
		struct callback_head rcu_head;
		struct list_head barn_list;
	};
	struct kmem_cache *cache;
	unsigned int size;
	int node;
	void *objects[];
};

struct slub_percpu_sheaves {
	spinlock_t lock;
	struct slab_sheaf *main, *spare, *rcu_free;
};

struct node_barn {
	spinlock_t lock;
	struct list_head sheaves_full, sheaves_empty;
	unsigned int nr_full, nr_empty;
};

struct kmem_cache_per_node_ptrs {
	struct node_barn *barn;
	void *node;
};
#endif

struct kmem_cache {
#if KERNEL < 700
	struct kmem_cache_cpu *cpu_slab;
#else
	struct slub_percpu_sheaves *cpu_sheaves;
#endif
	unsigned int flags;
	unsigned long min_partial;
	unsigned int size, object_size;
	u64 reciprocal_size;
	unsigned int offset;
	unsigned int oo, min, allocflags;
	int refcount;
	void (*ctor)(void *object);
	unsigned int inuse, align, red_left_pad;
	const char *name;
	struct list_head list;
	unsigned long random;
#if KERNEL < 700
	void *node[64];
#else
	struct kmem_cache_per_node_ptrs per_node[64];
#endif
};

struct aio_ring *use_aio_ring;
struct kioctx_table *use_kioctx_table;
struct kioctx_cpu use_kioctx_cpu;
struct kioctx use_kioctx;
struct aio_kiocb use_aio_kiocb;
struct blkdev_dio use_blkdev_dio;
struct kmem_cache use_kmem_cache;
#if KERNEL >= 517
struct slab use_slab;
#endif
#if KERNEL < 700
struct kmem_cache_cpu use_kmem_cache_cpu;
#else
struct slab_sheaf *use_slab_sheaf;
struct slub_percpu_sheaves use_slub_percpu_sheaves;
struct node_barn use_node_barn;
#endif
#if KERNEL >= 702
struct aio_inode_info use_aio_inode_info;
#endif
struct dio use_dio;
struct iomap_dio use_iomap_dio;
#if KERNEL >= 702
struct iomap_dio_simple use_iomap_dio_simple;
#endif
struct io_kiocb use_io_kiocb;
struct io_uring_task use_io_uring_task;
struct throtl_data use_throtl_data;
struct throtl_qnode use_throtl_qnode;
struct throtl_grp use_throtl_grp;
struct blkcg_gq use_blkcg_gq;
struct blk_mq_alloc_data use_blk_mq_alloc_data;
struct rq_qos use_rq_qos;
struct rq_wait use_rq_wait;
struct rq_wb use_rq_wb;
struct rq_qos_wait_data use_rq_qos_wait_data;
struct workqueue_struct use_workqueue_struct;
struct worker_pool use_worker_pool;
struct pool_workqueue use_pool_workqueue;
struct worker use_worker;
struct ctx_rq_wait use_ctx_rq_wait;
struct blk_mq_tags use_blk_mq_tags;
struct blk_mq_tag_set use_blk_mq_tag_set;
struct bits use_bits;
float use_float;
