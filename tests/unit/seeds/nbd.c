// SPDX-License-Identifier: GPL-2.0
/* The structs of nbd's own; never run, only described. */
#include "kernel.h"

struct socket;
struct request;
struct dentry;
struct gendisk;
struct workqueue_struct;
struct task_struct;

struct nbd_sock {
	struct socket *sock;
	struct mutex tx_lock;
	struct request *pending;
	int sent;
	bool dead;
	int fallback_index;
	int cookie;
#if KERNEL >= 700
	struct work_struct work;
#endif
};

struct nbd_config {
	u32 flags;
	unsigned long runtime_flags;
	u64 dead_conn_timeout;
	struct nbd_sock **socks;
	int num_connections;
	atomic_t live_connections;
	wait_queue_head_t conn_wait;
	atomic_t recv_threads;
	wait_queue_head_t recv_wq;
#if KERNEL < 600
	loff_t blksize;
#else
	unsigned int blksize_bits;
#endif
	loff_t bytesize;
	struct dentry *dbg_dir;
};

struct nbd_device {
	struct blk_mq_tag_set tag_set;
	int index;
	refcount_t config_refs;
	refcount_t refs;
	struct nbd_config *config;
	struct mutex config_lock;
	struct gendisk *disk;
	struct workqueue_struct *recv_workq;
#if KERNEL >= 600
	struct work_struct remove_work;
#endif
	struct list_head list;
#if KERNEL < 600
	struct task_struct *task_recv;
#endif
	struct task_struct *task_setup;
#if KERNEL < 600
	struct completion *destroy_complete;
#endif
	unsigned long flags;
#if KERNEL >= 600
	pid_t pid;
	char *backend;
#endif
};

struct nbd_cmd {
	struct nbd_device *nbd;
	struct mutex lock;
	int index;
	int cookie;
	int retries;
	blk_status_t status;
	unsigned long flags;
	u32 cmd_cookie;
};

struct nbd_device use_nbd_device;
struct nbd_config use_nbd_config;
struct nbd_sock use_nbd_sock;
struct nbd_cmd use_nbd_cmd;

const char *use_function(struct nbd_device *nbd, const volatile int *restrict p);
const char *use_function(struct nbd_device *nbd, const volatile int *restrict p)
{
	return *p ? nbd->disk ? "disk" : "none" : 0;
}
