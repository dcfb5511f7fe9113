// SPDX-License-Identifier: GPL-2.0
/* What is known of the layout, and the copy of it that readers of its file are shown. */
#include <linux/aio_abi.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "layout/mirror.h"
#include "layout/proof.h"
#include "layout/store.h"

/*
 * nbd's part is written only while no nbd device has a file, so that readers
 * of a device need no lock; and by one task at a time, as disks are added so.
 * Where mirrors are used, proofs are added while readers read, under the lock of
 * learn.c: a member's offset before its status.
 */
struct layout_store layout_now = {
	.vmlinux_state = "-(unresolved)",
	.nbd_state = "-(unresolved)",
	.file_state = "-",
};

char *layout_file_path;
bool layout_file_used;
unsigned long layout_mirrors_left;

/*
 * What readers of the file layout get a copy of, so that none of them waits
 * until a layout is found out, or until another one has printed it.
 */
static DEFINE_MUTEX(shown_lock);
static struct layout_store shown;

/* The last change could not be copied, as somebody was reading. */
static bool shown_is_old;

void store_publish(void)
{
	mutex_lock(&shown_lock);
	shown = layout_now;
	mutex_unlock(&shown_lock);
}

void store_publish_at_once(void)
{
	shown_is_old = !mutex_trylock(&shown_lock);
	if (shown_is_old)
		return;
	shown = layout_now;
	mutex_unlock(&shown_lock);
}

void store_publish_late(void)
{
	if (shown_is_old)
		store_publish_at_once();
}

void store_copy_shown(struct layout_store *copy)
{
	mutex_lock(&shown_lock);
	*copy = shown;
	mutex_unlock(&shown_lock);
}

/* Members of public types: their size is known from the headers. */
static const struct {
	enum layout_member_id m;
	u32 size;
} public_sizes[] = {
	{ LM_NBD_DEVICE_TAG_SET, sizeof(struct blk_mq_tag_set) },
	{ LM_NBD_DEVICE_CONFIG_LOCK, sizeof(struct mutex) },
	{ LM_NBD_SOCK_TX_LOCK, sizeof(struct mutex) },
	{ LM_NBD_CMD_LOCK, sizeof(struct mutex) },
	{ LM_NBD_CONFIG_CONN_WAIT, sizeof(wait_queue_head_t) },
	{ LM_NBD_CONFIG_RECV_WQ, sizeof(wait_queue_head_t) },
	{ LM_KIOCTX_REQS, sizeof(struct percpu_ref) },
	{ LM_CTX_RQ_WAIT_COMP, sizeof(struct completion) },
	{ LM_AIO_KIOCB_RW, sizeof(struct kiocb) },
	{ LM_AIO_KIOCB_KI_RES, sizeof(struct io_event) },
	{ LM_FSYNC_IOCB_WORK, sizeof(struct work_struct) },
	{ LM_POLL_IOCB_WAIT, sizeof(struct wait_queue_entry) },
	{ LM_AIO_INODE_INFO_VFS_INODE, sizeof(struct inode) },
	{ LM_BLKDEV_DIO_BIO, sizeof(struct bio) },
	{ LM_IOMAP_DIO_SIMPLE_BIO, sizeof(struct bio) },
	{ LM_DM_TARGET_IO_CLONE, sizeof(struct bio) },
	{ LM_DM_RQ_CLONE_BIO_INFO_CLONE, sizeof(struct bio) },
	{ LM_MD_IO_CLONE_BIO_CLONE, sizeof(struct bio) },
	{ LM_MD_IO_ACCT_BIO_CLONE, sizeof(struct bio) },
	{ LM_LOOP_CMD_IOCB, sizeof(struct kiocb) },
};

u32 store_public_size(enum layout_member_id m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(public_sizes); i++)
		if (public_sizes[i].m == m)
			return public_sizes[i].size;
	return 0;
}

void store_set_state(char state[LAYOUT_STATE_LEN], int err)
{
	if (!err)
		strscpy(state, "ok", LAYOUT_STATE_LEN);
	else if (err == -ENOENT)
		strscpy(state, "-(absent)", LAYOUT_STATE_LEN);
	else
		snprintf(state, LAYOUT_STATE_LEN, "-(error%d)", err);
}

void store_refuse_struct(enum layout_struct_id st, enum layout_status why)
{
	layout_refuse(&layout_now.table, st, why);
	layout_now.source[st][0] = '\0';
}

void store_refuse_home(enum layout_home home, enum layout_status why)
{
	unsigned int st;

	for (st = 0; st < LS_NR; st++) {
		if (layout_struct_specs[st].home == home)
			store_refuse_struct(st, why);
	}
}

void store_put_mirror(enum layout_home home, const char *source,
		      const struct mirror_member *members, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		enum layout_member_id m = members[i].m;
		enum layout_struct_id st = layout_member_specs[m].st;

		if (layout_struct_specs[st].home != home)
			continue;
		if (!layout_now.source[st][0]) {
			layout_refuse(&layout_now.table, st, LAYOUT_NO_MEMBER);
			layout_now.table.st[st].status = LAYOUT_OK;
			strscpy(layout_now.source[st], source, LAYOUT_SOURCE_LEN);
		}
		layout_now.table.m[m].offset = members[i].offset;
		layout_now.table.m[m].size = layout_member_specs[m].size ?:
			store_public_size(m);
		layout_now.table.m[m].status = LAYOUT_OK;
	}
}

/* Offsets stay, as somebody may just be using one. */
void store_disprove_nbd(void)
{
	unsigned int m, st;

	for (m = 0; m < NBD_MEMBERS; m++)
		WRITE_ONCE(layout_now.table.m[m].status, LAYOUT_DISPROVED);
	for (st = 0; st < LS_NR; st++) {
		if (layout_struct_specs[st].home != LAYOUT_HOME_NBD)
			continue;
		WRITE_ONCE(layout_now.table.st[st].status, LAYOUT_DISPROVED);
		layout_now.source[st][0] = '\0';
	}
}

void store_refuse_file(void)
{
	pr_warn("nbd_btf: %s is not of this nbd\n", layout_file_path);
	strscpy(layout_now.file_state, "-(disproved)", LAYOUT_STATE_LEN);
	store_disprove_nbd();
	WRITE_ONCE(layout_file_used, false);
}
