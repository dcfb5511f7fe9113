// SPDX-License-Identifier: GPL-2.0
/*
 * Mirrors of nbd's private structures. Only the members' order and types
 * matter. A further form of the structures is a further mirror here.
 */
#include <linux/blk-mq.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/sbitmap.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "layout/mirror.h"

/* Grows at its end from kernel to kernel, which moves no member. */
struct mirror_sock {
	struct socket *sock;
	struct mutex tx_lock; /* for sending */
	struct request *pending;
	int sent;
	bool dead;
	int fallback_index;
	int cookie;
};

struct mirror_cmd {
	void *nbd;
	struct mutex lock; /* for the request */
	int index;
	int cookie;
	int retries;
	blk_status_t status;
	unsigned long flags;
	u32 cmd_cookie;
};

/* As in 5.10: the receiving task, and a block size in bytes. */
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
	void *dbg_dir;
};

/* What all forms of nbd_device begin with. */
#define DEVICE_HEAD \
	struct blk_mq_tag_set tag_set; \
	int index; \
	refcount_t config_refs; \
	refcount_t refs; \
	void *config; \
	struct mutex config_lock; /* only for its size */ \
	struct gendisk *disk; \
	struct workqueue_struct *recv_workq

struct mirror_device_5_10 {
	DEVICE_HEAD;
	struct list_head list;
	struct task_struct *task_recv;
	struct task_struct *task_setup;
	struct completion *destroy_complete;
	unsigned long flags;
};

/* openEuler's 5.10: a pid instead of the receiving task, in the same room. */
struct mirror_device_olk_5_10 {
	DEVICE_HEAD;
	struct list_head list;
	struct task_struct *task_setup;
	struct completion *destroy_complete;
	unsigned long flags;
	pid_t pid;
};

/* As in 5.15. */
struct mirror_device_5_15 {
	DEVICE_HEAD;
	struct work_struct remove_work;
	struct list_head list;
	struct task_struct *task_recv;
	struct task_struct *task_setup;
	unsigned long flags;
	char *backend;
};

/* As in 6.1 to 7.3: a pid, and the block size as a power of two. */
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
	void *dbg_dir;
};

struct mirror_device_6_1 {
	DEVICE_HEAD;
	struct work_struct remove_work;
	struct list_head list;
	struct task_struct *task_setup;
	unsigned long flags;
	pid_t pid;
	char *backend;
};

#define AT(id, type, member) { LM_##id, offsetof(struct type, member) }

static const struct mirror_member members_common[] = {
	AT(NBD_SOCK_SOCK, mirror_sock, sock),
	AT(NBD_SOCK_TX_LOCK, mirror_sock, tx_lock),
	AT(NBD_SOCK_PENDING, mirror_sock, pending),
	AT(NBD_SOCK_SENT, mirror_sock, sent),
	AT(NBD_SOCK_DEAD, mirror_sock, dead),
	AT(NBD_SOCK_FALLBACK_INDEX, mirror_sock, fallback_index),
	AT(NBD_SOCK_COOKIE, mirror_sock, cookie),
	AT(NBD_CMD_NBD, mirror_cmd, nbd),
	AT(NBD_CMD_LOCK, mirror_cmd, lock),
	AT(NBD_CMD_INDEX, mirror_cmd, index),
	AT(NBD_CMD_COOKIE, mirror_cmd, cookie),
	AT(NBD_CMD_RETRIES, mirror_cmd, retries),
	AT(NBD_CMD_STATUS, mirror_cmd, status),
	AT(NBD_CMD_FLAGS, mirror_cmd, flags),
};

static const struct mirror_member device_5_10[] = {
	AT(NBD_DEVICE_TAG_SET, mirror_device_5_10, tag_set),
	AT(NBD_DEVICE_INDEX, mirror_device_5_10, index),
	AT(NBD_DEVICE_CONFIG_REFS, mirror_device_5_10, config_refs),
	AT(NBD_DEVICE_REFS, mirror_device_5_10, refs),
	AT(NBD_DEVICE_CONFIG, mirror_device_5_10, config),
	AT(NBD_DEVICE_CONFIG_LOCK, mirror_device_5_10, config_lock),
	AT(NBD_DEVICE_DISK, mirror_device_5_10, disk),
	AT(NBD_DEVICE_LIST, mirror_device_5_10, list),
	AT(NBD_DEVICE_TASK_SETUP, mirror_device_5_10, task_setup),
	AT(NBD_DEVICE_FLAGS, mirror_device_5_10, flags),
	AT(NBD_DEVICE_TASK_RECV, mirror_device_5_10, task_recv),
};

static const struct mirror_member device_olk_5_10[] = {
	AT(NBD_DEVICE_TAG_SET, mirror_device_olk_5_10, tag_set),
	AT(NBD_DEVICE_INDEX, mirror_device_olk_5_10, index),
	AT(NBD_DEVICE_CONFIG_REFS, mirror_device_olk_5_10, config_refs),
	AT(NBD_DEVICE_REFS, mirror_device_olk_5_10, refs),
	AT(NBD_DEVICE_CONFIG, mirror_device_olk_5_10, config),
	AT(NBD_DEVICE_CONFIG_LOCK, mirror_device_olk_5_10, config_lock),
	AT(NBD_DEVICE_DISK, mirror_device_olk_5_10, disk),
	AT(NBD_DEVICE_LIST, mirror_device_olk_5_10, list),
	AT(NBD_DEVICE_TASK_SETUP, mirror_device_olk_5_10, task_setup),
	AT(NBD_DEVICE_FLAGS, mirror_device_olk_5_10, flags),
	AT(NBD_DEVICE_PID, mirror_device_olk_5_10, pid),
};

static const struct mirror_member device_5_15[] = {
	AT(NBD_DEVICE_TAG_SET, mirror_device_5_15, tag_set),
	AT(NBD_DEVICE_INDEX, mirror_device_5_15, index),
	AT(NBD_DEVICE_CONFIG_REFS, mirror_device_5_15, config_refs),
	AT(NBD_DEVICE_REFS, mirror_device_5_15, refs),
	AT(NBD_DEVICE_CONFIG, mirror_device_5_15, config),
	AT(NBD_DEVICE_CONFIG_LOCK, mirror_device_5_15, config_lock),
	AT(NBD_DEVICE_DISK, mirror_device_5_15, disk),
	AT(NBD_DEVICE_LIST, mirror_device_5_15, list),
	AT(NBD_DEVICE_TASK_SETUP, mirror_device_5_15, task_setup),
	AT(NBD_DEVICE_FLAGS, mirror_device_5_15, flags),
	AT(NBD_DEVICE_TASK_RECV, mirror_device_5_15, task_recv),
	AT(NBD_DEVICE_BACKEND, mirror_device_5_15, backend),
};

static const struct mirror_member device_6_1[] = {
	AT(NBD_DEVICE_TAG_SET, mirror_device_6_1, tag_set),
	AT(NBD_DEVICE_INDEX, mirror_device_6_1, index),
	AT(NBD_DEVICE_CONFIG_REFS, mirror_device_6_1, config_refs),
	AT(NBD_DEVICE_REFS, mirror_device_6_1, refs),
	AT(NBD_DEVICE_CONFIG, mirror_device_6_1, config),
	AT(NBD_DEVICE_CONFIG_LOCK, mirror_device_6_1, config_lock),
	AT(NBD_DEVICE_DISK, mirror_device_6_1, disk),
	AT(NBD_DEVICE_LIST, mirror_device_6_1, list),
	AT(NBD_DEVICE_TASK_SETUP, mirror_device_6_1, task_setup),
	AT(NBD_DEVICE_FLAGS, mirror_device_6_1, flags),
	AT(NBD_DEVICE_PID, mirror_device_6_1, pid),
	AT(NBD_DEVICE_BACKEND, mirror_device_6_1, backend),
};

static const struct mirror_member config_5_10[] = {
	AT(NBD_CONFIG_FLAGS, mirror_config_5_10, flags),
	AT(NBD_CONFIG_RUNTIME_FLAGS, mirror_config_5_10, runtime_flags),
	AT(NBD_CONFIG_DEAD_CONN_TIMEOUT, mirror_config_5_10, dead_conn_timeout),
	AT(NBD_CONFIG_SOCKS, mirror_config_5_10, socks),
	AT(NBD_CONFIG_NUM_CONNECTIONS, mirror_config_5_10, num_connections),
	AT(NBD_CONFIG_LIVE_CONNECTIONS, mirror_config_5_10, live_connections),
	AT(NBD_CONFIG_CONN_WAIT, mirror_config_5_10, conn_wait),
	AT(NBD_CONFIG_RECV_THREADS, mirror_config_5_10, recv_threads),
	AT(NBD_CONFIG_RECV_WQ, mirror_config_5_10, recv_wq),
	AT(NBD_CONFIG_BYTESIZE, mirror_config_5_10, bytesize),
	AT(NBD_CONFIG_BLKSIZE, mirror_config_5_10, blksize),
};

static const struct mirror_member config_6_1[] = {
	AT(NBD_CONFIG_FLAGS, mirror_config_6_1, flags),
	AT(NBD_CONFIG_RUNTIME_FLAGS, mirror_config_6_1, runtime_flags),
	AT(NBD_CONFIG_DEAD_CONN_TIMEOUT, mirror_config_6_1, dead_conn_timeout),
	AT(NBD_CONFIG_SOCKS, mirror_config_6_1, socks),
	AT(NBD_CONFIG_NUM_CONNECTIONS, mirror_config_6_1, num_connections),
	AT(NBD_CONFIG_LIVE_CONNECTIONS, mirror_config_6_1, live_connections),
	AT(NBD_CONFIG_CONN_WAIT, mirror_config_6_1, conn_wait),
	AT(NBD_CONFIG_RECV_THREADS, mirror_config_6_1, recv_threads),
	AT(NBD_CONFIG_RECV_WQ, mirror_config_6_1, recv_wq),
	AT(NBD_CONFIG_BYTESIZE, mirror_config_6_1, bytesize),
	AT(NBD_CONFIG_BLKSIZE_BITS, mirror_config_6_1, blksize_bits),
};

#define MIRROR(text, device_form, config_form) \
	{ \
		.name = text, \
		.device = device_##device_form, \
		.device_nr = ARRAY_SIZE(device_##device_form), \
		.config = config_##config_form, \
		.config_nr = ARRAY_SIZE(config_##config_form), \
		.device_size = sizeof(struct mirror_device_##device_form), \
		.config_size = sizeof(struct mirror_config_##config_form), \
	}

/* "bytes" has a block size in bytes. */
const struct mirror mirrors[MIRRORS] = {
	MIRROR("6.1", 6_1, 6_1),
	MIRROR("5.15", 5_15, 6_1),
	MIRROR("5.15-bytes", 5_15, 5_10),
	MIRROR("5.10", 5_10, 5_10),
	MIRROR("olk-5.10", olk_5_10, 5_10),
};

static bool find_in(u32 *offset, enum layout_member_id m,
		    const struct mirror_member *members, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (members[i].m == m) {
			*offset = members[i].offset;
			return true;
		}
	}
	return false;
}

bool mirror_offset(u32 *offset, const struct mirror *mirror,
		   enum layout_member_id m)
{
	return find_in(offset, m, mirror->device, mirror->device_nr) ||
	       find_in(offset, m, mirror->config, mirror->config_nr) ||
	       find_in(offset, m, members_common, ARRAY_SIZE(members_common));
}

u32 mirror_size(const struct mirror *mirror, enum layout_struct_id st)
{
	switch (st) {
	case LS_NBD_DEVICE:
		return mirror->device_size;
	case LS_NBD_CONFIG:
		return mirror->config_size;
	case LS_NBD_CMD:
		return sizeof(struct mirror_cmd);
	default:
		/* How far nbd_sock goes on after the members here differs. */
		return 0;
	}
}

#ifdef HAVE_BLK_MQ_TAGS
#define TAGS_SOURCE "headers"
#define mirror_tags blk_mq_tags
#else
#define TAGS_SOURCE "mirror-5.10"
struct mirror_tags {
	unsigned int nr_tags;
	unsigned int nr_reserved_tags;
	atomic_t active_queues;
	struct sbitmap_queue *bitmap_tags;
	struct sbitmap_queue *breserved_tags;
	struct sbitmap_queue own_bitmap_tags;
	struct sbitmap_queue own_breserved_tags;
	struct request **rqs;
	struct request **static_rqs;
};
#endif

static const struct mirror_member members_of_tags[] = {
	AT(BLK_MQ_TAGS_NR_TAGS, mirror_tags, nr_tags),
	AT(BLK_MQ_TAGS_RQS, mirror_tags, rqs),
	AT(BLK_MQ_TAGS_STATIC_RQS, mirror_tags, static_rqs),
};

const char *mirror_fill_tags(struct layout_table *table)
{
	unsigned int i;

	layout_refuse(table, LS_BLK_MQ_TAGS, LAYOUT_NO_MEMBER);
	table->st[LS_BLK_MQ_TAGS].status = LAYOUT_OK;
	for (i = 0; i < ARRAY_SIZE(members_of_tags); i++) {
		enum layout_member_id m = members_of_tags[i].m;

		table->m[m].status = LAYOUT_OK;
		table->m[m].offset = members_of_tags[i].offset;
		table->m[m].size = layout_member_specs[m].size;
	}
	return TAGS_SOURCE;
}
