// SPDX-License-Identifier: GPL-2.0
/*
 * Where private members lie on this kernel: from its BTF, else from a mirror
 * that proves itself on a real device. Nothing is guessed: what cannot be had
 * is unavailable, with its reason, and the rest goes on.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/percpu-refcount.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <linux/wait.h>

#include "btf_file.h"
#include "layout.h"
#include "memory.h"
#include "mirror.h"

#define TRIES_FOR_A_BUSY_DEVICE 5
#define STATE_LEN 48

static bool use_btf = true;
module_param(use_btf, bool, 0444);
MODULE_PARM_DESC(use_btf, "Use the kernel's BTF; N is for tests of the mirrors");

MODULE_INFO(features, NBDDIAG_FEATURES);

/* What was found, and where; sources are "btf", "mirror-6.1" or NULL. */
struct layouts {
	struct layout_table table;
	const char *source[LS_NR];
	char vmlinux_state[STATE_LEN];
	char nbd_state[STATE_LEN];
};

/*
 * nbd's part is written only while no nbd device has a file, so that readers
 * of a device need no lock; and by one task at a time, as disks are added so.
 */
static struct layouts now = {
	.vmlinux_state = "-(unresolved)",
	.nbd_state = "-(unresolved)",
};

/*
 * What readers of the file layout get a copy of, so that none of them waits
 * until a layout is found out, or until another one has printed it.
 */
static DEFINE_MUTEX(shown_lock);
static struct layouts shown;

static void publish(void)
{
	mutex_lock(&shown_lock);
	shown = now;
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
	{ LM_AIO_INODE_INFO_VFS_INODE, sizeof(struct inode) },
	{ LM_BLKDEV_DIO_BIO, sizeof(struct bio) },
};

/* ---- taking a layout from BTF ---- */

static void set_state(char state[STATE_LEN], int err)
{
	if (!err)
		strscpy(state, "ok", STATE_LEN);
	else if (err == -ENOENT)
		strscpy(state, "-(absent)", STATE_LEN);
	else
		snprintf(state, STATE_LEN, "-(error%d)", err);
}

/* A member of a public type must have that type's size. */
static void check_public_sizes(enum layout_struct_id st)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(public_sizes); i++) {
		enum layout_member_id m = public_sizes[i].m;

		if (layout_member_specs[m].st == st &&
		    now.table.m[m].status == LAYOUT_OK &&
		    now.table.m[m].size != public_sizes[i].size)
			now.table.m[m].status = LAYOUT_WRONG_SIZE;
	}
}

static void fill_public_sizes(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(public_sizes); i++)
		if (!now.table.m[public_sizes[i].m].size)
			now.table.m[public_sizes[i].m].size = public_sizes[i].size;
}

static void resolve_home(enum layout_home home, const struct btf *btf)
{
	unsigned int st;

	for (st = 0; st < LS_NR; st++) {
		if (layout_struct_specs[st].home != home)
			continue;
		layout_resolve(&now.table, btf, st);
		check_public_sizes(st);
		now.source[st] = now.table.st[st].status == LAYOUT_OK ?
				 "btf" : NULL;
	}
}

static void refuse_struct(enum layout_struct_id st, enum layout_status why)
{
	layout_refuse(&now.table, st, why);
	now.source[st] = NULL;
}

static void refuse_home(enum layout_home home, enum layout_status why)
{
	unsigned int st;

	for (st = 0; st < LS_NR; st++) {
		if (layout_struct_specs[st].home == home)
			refuse_struct(st, why);
	}
}

static int open_vmlinux(struct btf_file *vmlinux)
{
	int err = -ENOENT;

	if (use_btf)
		err = btf_file_open(vmlinux, "vmlinux", NULL);
	set_state(now.vmlinux_state, err);
	return err;
}

/* Whatever BTF says, nothing could be read there; see compat_is_kernel_address(). */
static void refuse_architecture(void)
{
	static const char reason[] = "-(unknown-architecture)";

	pr_warn("foreign memory is not read on this architecture: nothing can be known of devices and AIO; see debugfs nbddiag/layout\n");
	refuse_home(LAYOUT_HOME_CORE, LAYOUT_UNKNOWN_ARCHITECTURE);
	refuse_home(LAYOUT_HOME_NBD, LAYOUT_UNKNOWN_ARCHITECTURE);
	strscpy(now.vmlinux_state, reason, STATE_LEN);
	strscpy(now.nbd_state, reason, STATE_LEN);
	publish();
}

void layout_init(void)
{
	struct btf_file vmlinux;
	int err;

	if (!compat_can_peek()) {
		refuse_architecture();
		return;
	}
	err = open_vmlinux(&vmlinux);
	if (err) {
		/* Without memory for it nobody has looked. */
		refuse_home(LAYOUT_HOME_CORE, err == -ENOENT ?
			    LAYOUT_NO_STRUCT : LAYOUT_UNRESOLVED);
		now.source[LS_BLK_MQ_TAGS] = mirror_fill_tags(&now.table);
	} else {
		resolve_home(LAYOUT_HOME_CORE, &vmlinux.btf);
		btf_file_close(&vmlinux);
	}
	publish();
}

/* nbd's own BTF if it is a module, vmlinux's if it is built in. */
static bool nbd_from_btf(void)
{
	struct btf_file vmlinux, nbd;
	int err;

	if (open_vmlinux(&vmlinux)) {
		set_state(now.nbd_state, -ENOENT);
		return false;
	}

	err = btf_file_open(&nbd, "nbd", &vmlinux.btf);
	set_state(now.nbd_state, err);
	if (!err) {
		resolve_home(LAYOUT_HOME_NBD, &nbd.btf);
		btf_file_close(&nbd);
	} else if (err == -ENOENT &&
		   btf_find_struct(&vmlinux.btf, "nbd_device", 0)) {
		strscpy(now.nbd_state, "builtin", STATE_LEN);
		resolve_home(LAYOUT_HOME_NBD, &vmlinux.btf);
	}
	btf_file_close(&vmlinux);
	return now.table.st[LS_NBD_DEVICE].status == LAYOUT_OK;
}

/* ---- proving a layout ---- */

static bool disk_number(const char *name, int *nr)
{
	return !strncmp(name, "nbd", 3) && !kstrtoint(name + 3, 10, nr);
}

static bool same_disk(struct gendisk *disk)
{
	const void *nbd = disk->private_data;
	struct blk_mq_tag_set *set = disk->queue->tag_set;
	void *its_disk;
	int index, nr;

	return layout_get(&its_disk, nbd, LM_NBD_DEVICE_DISK) &&
	       layout_get(&index, nbd, LM_NBD_DEVICE_INDEX) &&
	       disk_number(disk->disk_name, &nr) &&
	       its_disk == disk && index == nr &&
	       layout_at(nbd, LM_NBD_DEVICE_TAG_SET) == set &&
	       set->driver_data == nbd;
}

enum layout_status layout_check_disk(struct gendisk *disk)
{
	static const enum layout_member_id needed[] = {
		LM_NBD_DEVICE_DISK, LM_NBD_DEVICE_INDEX, LM_NBD_DEVICE_TAG_SET,
	};
	enum layout_status status;

	status = layout_status_of_all(needed, ARRAY_SIZE(needed));
	if (status != LAYOUT_OK)
		return status;
	return same_disk(disk) ? LAYOUT_OK : LAYOUT_DISPROVED;
}

/* nbd tells the block layer how much room its struct nbd_cmd takes. */
static bool cmd_size_fits(struct gendisk *disk)
{
	return disk->queue->tag_set->cmd_size == now.table.st[LS_NBD_CMD].size;
}

static bool list_is_linked(const struct list_head *list)
{
	struct list_head here, next;

	return peek(&here, list) && peek(&next, here.next) && next.prev == list;
}

/* A configuration exists exactly while it has references. */
static bool config_matches_refs(const void *nbd)
{
	void *config;
	int refs;

	return layout_get(&config, nbd, LM_NBD_DEVICE_CONFIG) &&
	       layout_get(&refs, nbd, LM_NBD_DEVICE_CONFIG_REFS) &&
	       !config == !refs;
}

/* More proof, for a mirror: not true at every moment, so with some tries. */
static bool mirror_fits(struct gendisk *disk)
{
	const void *nbd = disk->private_data;
	int i;

	if (layout_check_disk(disk) != LAYOUT_OK || !cmd_size_fits(disk))
		return false;
	for (i = 0; i < TRIES_FOR_A_BUSY_DEVICE; i++) {
		if (list_is_linked(layout_at(nbd, LM_NBD_DEVICE_LIST)) &&
		    config_matches_refs(nbd))
			return true;
		usleep_range(500, 1000);
	}
	return false;
}

static bool nbd_from_mirror(struct gendisk *disk)
{
	unsigned int i, st;

	for (i = 0; i < mirrors_nr; i++) {
		mirror_fill(&now.table, &mirrors[i]);
		fill_public_sizes();
		if (!mirror_fits(disk))
			continue;
		for (st = 0; st < LS_NR; st++)
			if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
				now.source[st] = mirrors[i].name;
		return true;
	}
	return false;
}

void layout_resolve_nbd(struct gendisk *disk)
{
	if (!compat_can_peek())
		return;
	refuse_home(LAYOUT_HOME_NBD, LAYOUT_NO_STRUCT);
	if (nbd_from_btf()) {
		if (layout_check_disk(disk) == LAYOUT_DISPROVED)
			refuse_home(LAYOUT_HOME_NBD, LAYOUT_DISPROVED);
		else if (!cmd_size_fits(disk))
			refuse_struct(LS_NBD_CMD, LAYOUT_DISPROVED);
	} else if (!nbd_from_mirror(disk)) {
		refuse_home(LAYOUT_HOME_NBD, LAYOUT_DISPROVED);
	}
	if (now.table.st[LS_NBD_DEVICE].status != LAYOUT_OK)
		pr_warn("the structures of this nbd are not known: its devices are shown as unknown; see debugfs nbddiag/layout\n");
	publish();
}

enum layout_status layout_check_config(const void *config)
{
	int i;

	if (layout_status_of(LM_NBD_CONFIG_CONN_WAIT) != LAYOUT_OK)
		return layout_status_of(LM_NBD_CONFIG_CONN_WAIT);
	if (layout_status_of(LM_NBD_CONFIG_RECV_WQ) != LAYOUT_OK)
		return layout_status_of(LM_NBD_CONFIG_RECV_WQ);

	/* A waiter may come or go between two reads. */
	for (i = 0; i < TRIES_FOR_A_BUSY_DEVICE; i++) {
		const wait_queue_head_t *conn, *recv;

		conn = layout_at(config, LM_NBD_CONFIG_CONN_WAIT);
		recv = layout_at(config, LM_NBD_CONFIG_RECV_WQ);
		if (list_is_linked(&conn->head) && list_is_linked(&recv->head))
			return LAYOUT_OK;
	}
	return LAYOUT_DISPROVED;
}

/* ---- using a layout ---- */

enum layout_status layout_status_of(enum layout_member_id m)
{
	return now.table.m[m].status;
}

enum layout_status layout_status_of_all(const enum layout_member_id *m,
					unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (layout_status_of(m[i]) != LAYOUT_OK)
			return layout_status_of(m[i]);
	return LAYOUT_OK;
}

const void *layout_at(const void *base, enum layout_member_id m)
{
	return base + now.table.m[m].offset;
}

bool layout_peek(void *dst, size_t size, const void *base,
		 enum layout_member_id m)
{
	if (now.table.m[m].status != LAYOUT_OK || now.table.m[m].size != size ||
	    (unsigned long)base < PAGE_SIZE)
		return false;
	return peek_bytes(dst, layout_at(base, m), size);
}

/* ---- the file layout ---- */

static void show_struct(struct seq_file *m, const struct layouts *view,
			unsigned int st)
{
	seq_printf(m, "struct: name=%s source=%s", layout_struct_specs[st].name,
		   view->source[st] ? view->source[st] : "-");
	if (view->table.st[st].size)
		seq_printf(m, " size_bytes=%u", view->table.st[st].size);
	else
		seq_puts(m, " size_bytes=-");
	seq_printf(m, " status=%s\n", layout_status_text(view->table.st[st].status));
}

static void show_member(struct seq_file *m, const struct layouts *view,
			unsigned int i)
{
	seq_printf(m, "member: struct=%s name=%s",
		   layout_struct_specs[layout_member_specs[i].st].name,
		   layout_member_specs[i].name);
	if (view->table.m[i].status == LAYOUT_OK)
		seq_printf(m, " offset=%u size_bytes=%u", view->table.m[i].offset,
			   view->table.m[i].size);
	else
		seq_puts(m, " offset=- size_bytes=-");
	seq_printf(m, " status=%s\n", layout_status_text(view->table.m[i].status));
}

int layout_show(struct seq_file *m, void *unused)
{
	struct layouts *view = kmalloc(sizeof(*view), GFP_READ);
	unsigned int st, i;

	if (!view)
		return -ENOMEM;
	mutex_lock(&shown_lock);
	*view = shown;
	mutex_unlock(&shown_lock);
	seq_puts(m, "format: 1\n");
	seq_printf(m, "kernel: %s\n", init_utsname()->release);
	seq_printf(m, "module: %s\n", NBDDIAG_VERSION);
	seq_puts(m, "features: " NBDDIAG_FEATURES "\n");
	seq_printf(m, "vmlinux_btf: %s\n", view->vmlinux_state);
	seq_printf(m, "nbd_btf: %s\n", view->nbd_state);
	for (st = 0; st < LS_NR; st++) {
		show_struct(m, view, st);
		for (i = 0; i < LM_NR; i++)
			if (layout_member_specs[i].st == st)
				show_member(m, view, i);
	}
	kfree(view);
	return 0;
}
