// SPDX-License-Identifier: GPL-2.0
/*
 * Mirrors of nbd's private structures. Only the members' order and types
 * matter. A further form of the structures is a further mirror here.
 */
#include <linux/blk-mq.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "mirror.h"

/* The same in 5.10 and 6.1; 7.2 appends to it, which no member here sees. */
struct mirror_sock {
	struct socket *sock;
	struct mutex tx_lock;
	struct request *pending;
	int sent;
	bool dead;
	int fallback_index;
	int cookie;
};

struct mirror_cmd {
	void *nbd;
	struct mutex lock;
	int index;
	int cookie;
	int retries;
	blk_status_t status;
	unsigned long flags;
	u32 cmd_cookie;
};

/* Up to 5.13: the receiving task, and a block size in bytes. */
struct mirror_config_5_10 {
	u32 flags;
	unsigned long runtime_flags;
	u64 dead_conn_timeout;
	struct nbd_sock **socks;
	int num_connections;
	atomic_t live_connections;
	wait_queue_head_t conn_wait;
	atomic_t recv_threads;
	wait_queue_head_t recv_wq;
	loff_t blksize;
	loff_t bytesize;
};

struct mirror_device_5_10 {
	struct blk_mq_tag_set tag_set;
	int index;
	refcount_t config_refs;
	refcount_t refs;
	void *config;
	struct mutex config_lock;
	struct gendisk *disk;
	struct workqueue_struct *recv_workq;
	struct list_head list;
	struct task_struct *task_recv;
	struct task_struct *task_setup;
	struct completion *destroy_complete;
	unsigned long flags;
};

/* From 5.19: a pid, and the block size as a power of two. */
struct mirror_config_6_1 {
	u32 flags;
	unsigned long runtime_flags;
	u64 dead_conn_timeout;
	struct nbd_sock **socks;
	int num_connections;
	atomic_t live_connections;
	wait_queue_head_t conn_wait;
	atomic_t recv_threads;
	wait_queue_head_t recv_wq;
	unsigned int blksize_bits;
	loff_t bytesize;
};

struct mirror_device_6_1 {
	struct blk_mq_tag_set tag_set;
	int index;
	refcount_t config_refs;
	refcount_t refs;
	void *config;
	struct mutex config_lock;
	struct gendisk *disk;
	struct workqueue_struct *recv_workq;
	struct work_struct remove_work;
	struct list_head list;
	struct task_struct *task_setup;
	unsigned long flags;
	pid_t pid;
	char *backend;
};

static void set_struct(struct layout_table *table, enum layout_struct_id st,
		       u32 size)
{
	layout_refuse(table, st, LAYOUT_NO_MEMBER);
	table->st[st].status = LAYOUT_OK;
	table->st[st].size = size;
}

#define SET_STRUCT(table, st, type) \
	set_struct(table, LS_##st, sizeof(struct type))

#define SET_MEMBER(table, st, id, type, member) \
	do { \
		(table)->m[LM_##st##_##id].status = LAYOUT_OK; \
		(table)->m[LM_##st##_##id].offset = \
			offsetof(struct type, member); \
		(table)->m[LM_##st##_##id].size = \
			sizeof_field(struct type, member); \
	} while (0)

static void fill_sock(struct layout_table *table)
{
	SET_STRUCT(table, NBD_SOCK, mirror_sock);
	SET_MEMBER(table, NBD_SOCK, SOCK, mirror_sock, sock);
	SET_MEMBER(table, NBD_SOCK, PENDING, mirror_sock, pending);
	SET_MEMBER(table, NBD_SOCK, SENT, mirror_sock, sent);
	SET_MEMBER(table, NBD_SOCK, DEAD, mirror_sock, dead);
	SET_MEMBER(table, NBD_SOCK, FALLBACK_INDEX, mirror_sock, fallback_index);
	SET_MEMBER(table, NBD_SOCK, COOKIE, mirror_sock, cookie);
}

static void fill_cmd(struct layout_table *table)
{
	SET_STRUCT(table, NBD_CMD, mirror_cmd);
	SET_MEMBER(table, NBD_CMD, NBD, mirror_cmd, nbd);
	SET_MEMBER(table, NBD_CMD, INDEX, mirror_cmd, index);
	SET_MEMBER(table, NBD_CMD, COOKIE, mirror_cmd, cookie);
	SET_MEMBER(table, NBD_CMD, RETRIES, mirror_cmd, retries);
	SET_MEMBER(table, NBD_CMD, FLAGS, mirror_cmd, flags);
}

/* What all mirrored forms of two structures share. */
#define FILL_DEVICE(table, type) \
	do { \
		SET_STRUCT(table, NBD_DEVICE, type); \
		SET_MEMBER(table, NBD_DEVICE, TAG_SET, type, tag_set); \
		SET_MEMBER(table, NBD_DEVICE, INDEX, type, index); \
		SET_MEMBER(table, NBD_DEVICE, CONFIG_REFS, type, config_refs); \
		SET_MEMBER(table, NBD_DEVICE, REFS, type, refs); \
		SET_MEMBER(table, NBD_DEVICE, CONFIG, type, config); \
		SET_MEMBER(table, NBD_DEVICE, CONFIG_LOCK, type, config_lock); \
		SET_MEMBER(table, NBD_DEVICE, DISK, type, disk); \
		SET_MEMBER(table, NBD_DEVICE, LIST, type, list); \
		SET_MEMBER(table, NBD_DEVICE, TASK_SETUP, type, task_setup); \
		SET_MEMBER(table, NBD_DEVICE, FLAGS, type, flags); \
	} while (0)

#define FILL_CONFIG(table, type) \
	do { \
		SET_STRUCT(table, NBD_CONFIG, type); \
		SET_MEMBER(table, NBD_CONFIG, FLAGS, type, flags); \
		SET_MEMBER(table, NBD_CONFIG, RUNTIME_FLAGS, type, \
			   runtime_flags); \
		SET_MEMBER(table, NBD_CONFIG, DEAD_CONN_TIMEOUT, type, \
			   dead_conn_timeout); \
		SET_MEMBER(table, NBD_CONFIG, SOCKS, type, socks); \
		SET_MEMBER(table, NBD_CONFIG, NUM_CONNECTIONS, type, \
			   num_connections); \
		SET_MEMBER(table, NBD_CONFIG, LIVE_CONNECTIONS, type, \
			   live_connections); \
		SET_MEMBER(table, NBD_CONFIG, CONN_WAIT, type, conn_wait); \
		SET_MEMBER(table, NBD_CONFIG, RECV_THREADS, type, \
			   recv_threads); \
		SET_MEMBER(table, NBD_CONFIG, RECV_WQ, type, recv_wq); \
		SET_MEMBER(table, NBD_CONFIG, BYTESIZE, type, bytesize); \
	} while (0)

static void fill_5_10(struct layout_table *table)
{
	FILL_DEVICE(table, mirror_device_5_10);
	SET_MEMBER(table, NBD_DEVICE, TASK_RECV, mirror_device_5_10, task_recv);
	FILL_CONFIG(table, mirror_config_5_10);
	SET_MEMBER(table, NBD_CONFIG, BLKSIZE, mirror_config_5_10, blksize);
	fill_sock(table);
	fill_cmd(table);
}

static void fill_6_1(struct layout_table *table)
{
	FILL_DEVICE(table, mirror_device_6_1);
	SET_MEMBER(table, NBD_DEVICE, PID, mirror_device_6_1, pid);
	SET_MEMBER(table, NBD_DEVICE, BACKEND, mirror_device_6_1, backend);
	FILL_CONFIG(table, mirror_config_6_1);
	SET_MEMBER(table, NBD_CONFIG, BLKSIZE_BITS, mirror_config_6_1,
		   blksize_bits);
	fill_sock(table);
	fill_cmd(table);
}

const struct mirror mirrors[] = {
	{ "6.1", fill_6_1 },
	{ "5.10", fill_5_10 },
};

const unsigned int mirrors_nr = ARRAY_SIZE(mirrors);
