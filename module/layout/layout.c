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

#include "access/lock.h"
#include "access/memory.h"
#include "access/slab_object.h"
#include "layout/btf_file.h"
#include "layout/layout.h"
#include "layout/mirror.h"
#include "layout/proof.h"

#define TRIES_FOR_A_BUSY_DEVICE 5
#define LOOKS 4
#define LOOKS_PER_SECOND 64
#define STATE_LEN 48

static bool use_btf = true;
module_param(use_btf, bool, 0444);
MODULE_PARM_DESC(use_btf, "Use the kernel's BTF; N is for tests of the mirrors");

static char *nbd_btf;
module_param(nbd_btf, charp, 0444);
MODULE_PARM_DESC(nbd_btf, "File with nbd's BTF, for kernels that have none of modules");

MODULE_INFO(features, NBDDIAG_FEATURES);

#define SOURCE_LEN 64

/* What was found, and where; sources are "btf", "mirror-6.1" or empty. */
struct layouts {
	struct layout_table table;
	char source[LS_NR][SOURCE_LEN];
	char vmlinux_state[STATE_LEN];
	char nbd_state[STATE_LEN];
	char file_state[STATE_LEN];
};

/*
 * nbd's part is written only while no nbd device has a file, so that readers
 * of a device need no lock; and by one task at a time, as disks are added so.
 * Where mirrors are used, proofs are added while readers read, under proof_lock:
 * a member's offset before its status.
 */
static struct layouts now = {
	.vmlinux_state = "-(unresolved)",
	.nbd_state = "-(unresolved)",
	.file_state = "-",
};

/*
 * What readers of the file layout get a copy of, so that none of them waits
 * until a layout is found out, or until another one has printed it.
 */
static DEFINE_MUTEX(shown_lock);
static struct layouts shown;

/* Mirrors that no device has disproved, as bits; nobody waits long for the lock. */
static DEFINE_MUTEX(proof_lock);
static unsigned long mirrors_left;

static bool inflight_seen;

/*
 * The file of the parameter nbd_btf, read when the module is loaded: later a disk
 * of nbd may come while its file system hangs. While what it says is used, each
 * device may disprove it.
 */
static void *file_data;
static u32 file_size;
static bool file_used;

static void publish(void)
{
	mutex_lock(&shown_lock);
	shown = now;
	mutex_unlock(&shown_lock);
}

/* The same of one who may hold config_lock: not while somebody copies it. */
static bool shown_is_old;

static void publish_at_once(void)
{
	shown_is_old = !mutex_trylock(&shown_lock);
	if (shown_is_old)
		return;
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

static u32 size_of_member(enum layout_member_id m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(public_sizes); i++)
		if (public_sizes[i].m == m)
			return public_sizes[i].size;
	return layout_member_specs[m].size;
}

static void resolve_home(enum layout_home home, const struct btf *btf,
			 const char *source)
{
	unsigned int st;

	for (st = 0; st < LS_NR; st++) {
		if (layout_struct_specs[st].home != home)
			continue;
		layout_resolve(&now.table, btf, st);
		check_public_sizes(st);
		strscpy(now.source[st], now.table.st[st].status == LAYOUT_OK ?
			source : "", SOURCE_LEN);
	}
}

static void refuse_struct(enum layout_struct_id st, enum layout_status why)
{
	layout_refuse(&now.table, st, why);
	now.source[st][0] = '\0';
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

static void read_nbd_btf(void)
{
	if (!nbd_btf || !*nbd_btf)
		return;
	file_data = btf_file_read(nbd_btf, &file_size);
	if (!IS_ERR(file_data)) {
		strscpy(now.file_state, "-(unresolved)", STATE_LEN);
		return;
	}
	set_state(now.file_state, PTR_ERR(file_data));
	pr_warn("nbd_btf: %s cannot be read: error %ld\n", nbd_btf,
		PTR_ERR(file_data));
	file_data = NULL;
}

void layout_exit(void)
{
	kvfree(file_data);
}

void layout_init(void)
{
	struct btf_file vmlinux;
	int err;

	if (!compat_can_peek()) {
		refuse_architecture();
		return;
	}
	read_nbd_btf();
	object_init();

	err = open_vmlinux(&vmlinux);
	if (err) {
		/* Without memory for it nobody has looked. */
		refuse_home(LAYOUT_HOME_CORE, err == -ENOENT ?
			    LAYOUT_NO_STRUCT : LAYOUT_UNRESOLVED);
		strscpy(now.source[LS_BLK_MQ_TAGS],
			mirror_fill_tags(&now.table), SOURCE_LEN);
	} else {
		resolve_home(LAYOUT_HOME_CORE, &vmlinux.btf, "btf");
		btf_file_close(&vmlinux);
	}
	publish();
}

/* @base may be NULL, and so must have been when the file was made. */
static void nbd_from_file(const struct btf *base)
{
	struct btf_file nbd;
	int err;

	if (!file_data)
		return;
	err = btf_file_open_bytes(&nbd, file_data, file_size, base);
	set_state(now.file_state, err);
	if (err)
		return;
	resolve_home(LAYOUT_HOME_NBD, &nbd.btf, "btf-file");
	btf_file_close(&nbd);
	file_used = now.table.st[LS_NBD_DEVICE].status == LAYOUT_OK;
	if (!file_used)
		strscpy(now.file_state, "-(no-struct)", STATE_LEN);
}

/* nbd's own BTF if it is a module, vmlinux's if it is built in, or a file. */
static bool nbd_from_btf(void)
{
	struct btf_file vmlinux, nbd;
	int err;

	if (open_vmlinux(&vmlinux)) {
		set_state(now.nbd_state, -ENOENT);
		nbd_from_file(NULL);
		return file_used;
	}

	err = btf_file_open(&nbd, "nbd", &vmlinux.btf);
	set_state(now.nbd_state, err);
	if (!err) {
		resolve_home(LAYOUT_HOME_NBD, &nbd.btf, "btf");
		btf_file_close(&nbd);
	} else if (err == -ENOENT &&
		   btf_find_struct(&vmlinux.btf, "nbd_device", 0)) {
		strscpy(now.nbd_state, "builtin", STATE_LEN);
		resolve_home(LAYOUT_HOME_NBD, &vmlinux.btf, "btf");
	} else {
		nbd_from_file(&vmlinux.btf);
	}
	btf_file_close(&vmlinux);
	return now.table.st[LS_NBD_DEVICE].status == LAYOUT_OK;
}

/* ---- proving a layout ---- */

/* Offsets stay, as somebody may just be using one. */
static void disprove_nbd(void)
{
	unsigned int m, st;

	for (m = 0; m < NBD_MEMBERS; m++)
		WRITE_ONCE(now.table.m[m].status, LAYOUT_DISPROVED);
	for (st = 0; st < LS_NR; st++) {
		if (layout_struct_specs[st].home != LAYOUT_HOME_NBD)
			continue;
		WRITE_ONCE(now.table.st[st].status, LAYOUT_DISPROVED);
		now.source[st][0] = '\0';
	}
}

static void refuse_file(void)
{
	pr_warn("nbd_btf: %s is not of this nbd\n", nbd_btf);
	strscpy(now.file_state, "-(disproved)", STATE_LEN);
	disprove_nbd();
	WRITE_ONCE(file_used, false);
}

/* Nothing may be written by it, and no lock taken, that no device can disprove. */
static void refuse_unproved_file(void)
{
	pr_warn("nbd_btf: not used, as devices of this kernel cannot prove it\n");
	strscpy(now.file_state, "-(unproved)", STATE_LEN);
	refuse_home(LAYOUT_HOME_NBD, LAYOUT_UNPROVED);
}

static bool disk_number(const char *name, int *nr)
{
	return !strncmp(name, "nbd", 3) && !kstrtoint(name + 3, 10, nr);
}

enum layout_status layout_check_disk(struct gendisk *disk)
{
	const void *nbd = disk->private_data;
	struct blk_mq_tag_set *set = disk->queue->tag_set;
	enum layout_status status;
	void *its_disk;
	int index, nr;

	status = layout_status_of(LM_NBD_DEVICE_TAG_SET);
	if (status != LAYOUT_OK)
		return status;
	if (!layout_get(&its_disk, nbd, LM_NBD_DEVICE_DISK))
		return layout_status_of(LM_NBD_DEVICE_DISK);
	if (!layout_get(&index, nbd, LM_NBD_DEVICE_INDEX))
		return layout_status_of(LM_NBD_DEVICE_INDEX);
	return disk_number(disk->disk_name, &nr) && its_disk == disk &&
	       index == nr && set->driver_data == nbd &&
	       layout_at(nbd, LM_NBD_DEVICE_TAG_SET) == set ?
	       LAYOUT_OK : LAYOUT_DISPROVED;
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

/* What a mirror must have right of any device in any state. */
static bool mirror_fits(const struct mirror *mirror, struct gendisk *disk)
{
	const struct blk_mq_tag_set *set = disk->queue->tag_set;
	const void *nbd = disk->private_data;
	struct gendisk *its_disk;
	u32 tag_set, at;

	return mirror_offset(&tag_set, mirror, LM_NBD_DEVICE_TAG_SET) &&
	       nbd + tag_set == set && set->driver_data == nbd &&
	       mirror_offset(&at, mirror, LM_NBD_DEVICE_DISK) &&
	       peek_bytes(&its_disk, nbd + at, sizeof(its_disk)) &&
	       its_disk == disk &&
	       set->cmd_size == mirror_size(mirror, LS_NBD_CMD);
}

static bool mirror_is_possible(const struct mirror *mirror)
{
	unsigned int m;
	u32 at;

	for (m = 0; m < NBD_MEMBERS; m++)
		if (m != LM_NBD_DEVICE_TAG_SET &&
		    mirror_offset(&at, mirror, m) && !proof_is_possible(m, at))
			return false;
	return true;
}

/* "mirror-5.10+olk-5.10" while two are left. */
static void name_sources(void)
{
	char text[SOURCE_LEN] = "mirror";
	const char *sign = "-";
	unsigned int i, st;

	for_each_set_bit(i, &mirrors_left, MIRRORS) {
		strlcat(text, sign, sizeof(text));
		strlcat(text, mirrors[i].name, sizeof(text));
		sign = "+";
	}
	for (st = 0; st < LS_NR; st++)
		if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
			strscpy(now.source[st], text, SOURCE_LEN);
}

/* What all mirrors that are left say; 0 where they differ. */
static u32 common_size(enum layout_struct_id st)
{
	u32 size = 0;
	unsigned int i;

	for_each_set_bit(i, &mirrors_left, MIRRORS) {
		u32 its_size = mirror_size(&mirrors[i], st);

		if (size && its_size != size)
			return 0;
		size = its_size;
	}
	return size;
}

/* How many of the mirrors that are left have a member, and any have it there? */
static unsigned int mirrors_with(enum layout_member_id m, u32 offset,
				 bool *there)
{
	unsigned int i, nr = 0;
	u32 at;

	*there = false;
	for_each_set_bit(i, &mirrors_left, MIRRORS) {
		if (!mirror_offset(&at, &mirrors[i], m))
			continue;
		nr++;
		*there |= at == offset;
	}
	return nr;
}

/* A place at which a mirror has a member, and at which it was seen. */
static void accept_claims(enum layout_member_id m)
{
	unsigned int i;
	u32 at;

	for_each_set_bit(i, &mirrors_left, MIRRORS)
		if (mirror_offset(&at, &mirrors[i], m) && proof_claims(m, at) &&
		    proof_is_possible(m, at))
			proof_accept(m, at);
}

static void set_proof(enum layout_member_id m, enum layout_status status,
		      u32 offset)
{
	now.table.m[m].size = size_of_member(m);
	/* One who read the status before may be using the offset. */
	if (status == LAYOUT_OK)
		now.table.m[m].offset = offset;
	/* Pairs with layout_status_of(), which is asked before the offset. */
	smp_store_release(&now.table.m[m].status, status);
}

/* Return: true if it follows that others are not there. */
static bool conclude(enum layout_member_id m)
{
	unsigned int nr, with;
	bool there;
	u32 at = 0;

	if (m == LM_NBD_DEVICE_TAG_SET)
		return false;
	accept_claims(m);
	nr = proof_places(m, &at);
	with = mirrors_with(m, at, &there);
	if (!with)
		set_proof(m, LAYOUT_NO_MEMBER, 0);
	else if (nr == 1 && there)
		set_proof(m, LAYOUT_OK, at);
	else
		set_proof(m, LAYOUT_UNPROVED, 0);
	return with == hweight_long(mirrors_left) && proof_settle(m);
}

static void drop_mirrors(void)
{
	unsigned int i;

	for_each_set_bit(i, &mirrors_left, MIRRORS)
		if (!mirror_is_possible(&mirrors[i]))
			__clear_bit(i, &mirrors_left);
}

/* Under proof_lock: what follows from the places that are left. */
static void conclude_all(void)
{
	bool changed = true;
	unsigned int m, st;

	while (changed) {
		changed = false;
		drop_mirrors();
		if (!mirrors_left) {
			disprove_nbd();
			break;
		}
		for (m = 0; m < NBD_MEMBERS; m++)
			changed |= conclude(m);
	}
	if (mirrors_left) {
		for (st = 0; st < LS_NR; st++)
			if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
				now.table.st[st].size = common_size(st);
		name_sources();
	}
	publish_at_once();
}

/* One place that cannot be is enough: it is the BTF of another nbd. */
static void check_file(void)
{
	unsigned int m;

	for (m = 0; m < NBD_MEMBERS; m++) {
		if (m == LM_NBD_DEVICE_TAG_SET ||
		    now.table.m[m].status != LAYOUT_OK ||
		    proof_is_possible(m, now.table.m[m].offset))
			continue;
		refuse_file();
		publish_at_once();
		return;
	}
}

/* Under proof_lock. */
static bool may_look(void)
{
	static unsigned long second;
	static unsigned int looks;

	if (!looks || time_after(jiffies, second + HZ)) {
		second = jiffies;
		looks = 0;
	}
	return looks++ < LOOKS_PER_SECOND;
}

/* Without config_lock only a few can be proved. */
static bool can_prove(bool locked)
{
	static const enum layout_member_id always[] = {
		LM_NBD_DEVICE_DISK, LM_NBD_DEVICE_INDEX,
		LM_NBD_DEVICE_CONFIG_LOCK, LM_NBD_CMD_NBD,
	};
	unsigned int m;

	if (!locked)
		return layout_status_of_all(always, ARRAY_SIZE(always)) !=
		       LAYOUT_OK;
	if (hweight_long(mirrors_left) > 1)
		return true;
	for (m = 0; m < NBD_MEMBERS; m++)
		if (layout_status_of(m) == LAYOUT_UNPROVED)
			return true;
	return false;
}

/* Under config_lock one look only; what follows from it, the next one uses. */
static void learn(struct gendisk *disk, bool locked)
{
	int i, looks = locked ? 1 : LOOKS;

	if (!mirrors_left) {
		if (file_used && may_look() && proof_look(disk, locked))
			check_file();
		return;
	}
	if (!can_prove(locked) || !may_look())
		return;
	for (i = 0; i < looks && mirrors_left; i++) {
		if (!proof_look(disk, locked))
			break;
		conclude_all();
	}
}

void layout_learn(struct gendisk *disk, bool locked)
{
	if (!READ_ONCE(mirrors_left) && !READ_ONCE(file_used))
		return;
	/* Who has config_lock waits for nobody. Another read will learn it. */
	if (!mutex_trylock(&proof_lock))
		return;
	if (shown_is_old)
		publish_at_once();
	learn(disk, locked);
	mutex_unlock(&proof_lock);
}

void layout_learn_at_once(struct gendisk *disk)
{
	struct lock_hold hold;
	struct mutex *lock; /* nbd's config_lock */

	layout_learn(disk, false);
	lock = layout_config_lock(disk);
	if ((!READ_ONCE(mirrors_left) && !READ_ONCE(file_used)) || !lock)
		return;
	if (lock_try(&hold, lock, false) == LOCK_MINE)
		layout_learn(disk, true);
	lock_give_back(&hold);
}

bool layout_may_exist(enum layout_member_id m)
{
	enum layout_status status = layout_status_of(m);

	return status == LAYOUT_OK || status == LAYOUT_UNPROVED;
}

static enum layout_status nbd_from_mirror(struct gendisk *disk)
{
	unsigned int i, st;

	if (!proof_begin(disk, false))
		return LAYOUT_UNPROVED;
	for (i = 0; i < MIRRORS; i++)
		if (mirror_fits(&mirrors[i], disk))
			__set_bit(i, &mirrors_left);
	if (!mirrors_left)
		return LAYOUT_DISPROVED;
	for (st = 0; st < LS_NR; st++)
		if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
			now.table.st[st].status = LAYOUT_OK;
	set_proof(LM_NBD_DEVICE_TAG_SET, LAYOUT_OK,
		  (const void *)disk->queue->tag_set - disk->private_data);
	mutex_lock(&proof_lock);
	conclude_all();
	mutex_unlock(&proof_lock);
	return LAYOUT_OK;
}

/* The places that it names are those that devices may strike out. */
static void begin_to_check_file(struct gendisk *disk)
{
	unsigned int m;

	file_used = proof_begin(disk, true);
	if (!file_used) {
		refuse_unproved_file();
		return;
	}
	for (m = 0; m < NBD_MEMBERS; m++)
		if (now.table.m[m].status == LAYOUT_OK)
			proof_accept(m, now.table.m[m].offset);
}

/* A file that is of another nbd is wrong as a whole. */
static void check_btf(struct gendisk *disk)
{
	if (file_used && (layout_check_disk(disk) != LAYOUT_OK ||
			  !cmd_size_fits(disk)))
		refuse_file();
	else if (file_used)
		begin_to_check_file(disk);
	else if (layout_check_disk(disk) == LAYOUT_DISPROVED)
		refuse_home(LAYOUT_HOME_NBD, LAYOUT_DISPROVED);
	else if (!cmd_size_fits(disk))
		refuse_struct(LS_NBD_CMD, LAYOUT_DISPROVED);
}

void layout_resolve_nbd(struct gendisk *disk)
{
	enum layout_status status;

	if (!compat_can_peek())
		return;
	mirrors_left = 0;
	inflight_seen = false;
	file_used = false;
	refuse_home(LAYOUT_HOME_NBD, LAYOUT_NO_STRUCT);
	if (nbd_from_btf()) {
		check_btf(disk);
	} else {
		status = nbd_from_mirror(disk);
		if (status != LAYOUT_OK)
			refuse_home(LAYOUT_HOME_NBD, status);
	}
	if (now.table.st[LS_NBD_DEVICE].status != LAYOUT_OK)
		pr_warn("the structures of this nbd are not known: its devices are shown as unknown; see debugfs nbddiag/layout\n");
	publish();
}

enum layout_status layout_check_config(const void *config)
{
	int i;

	/* That it looks like one was a rule for the pointer to it. */
	if (READ_ONCE(mirrors_left))
		return LAYOUT_OK;
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

void layout_saw_inflight(void)
{
	if (!READ_ONCE(inflight_seen))
		WRITE_ONCE(inflight_seen, true);
}

bool layout_has_inflight(void)
{
	return READ_ONCE(inflight_seen);
}

enum layout_status layout_status_of(enum layout_member_id m)
{
	/* Pairs with set_proof(). */
	return smp_load_acquire(&now.table.m[m].status);
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

struct mutex *layout_config_lock(struct gendisk *disk)
{
	if (layout_status_of(LM_NBD_DEVICE_CONFIG_LOCK) != LAYOUT_OK)
		return NULL;
	return (struct mutex *)layout_at(disk->private_data,
					 LM_NBD_DEVICE_CONFIG_LOCK);
}

bool layout_peek(void *dst, size_t size, const void *base,
		 enum layout_member_id m)
{
	enum layout_status status = layout_status_of(m);

	if (now.table.m[m].size != size || (unsigned long)base < PAGE_SIZE)
		return false;
	if (status == LAYOUT_UNPROVED)
		return proof_peek(dst, size, base, m);
	if (status != LAYOUT_OK)
		return false;
	return peek_bytes(dst, layout_at(base, m), size);
}

/* ---- the file layout ---- */

static void show_struct(struct seq_file *m, const struct layouts *view,
			unsigned int st)
{
	seq_printf(m, "struct: name=%s source=%s", layout_struct_specs[st].name,
		   view->source[st][0] ? view->source[st] : "-");
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
	seq_printf(m, "nbd_btf_file: %s\n", view->file_state);
	for (st = 0; st < LS_NR; st++) {
		show_struct(m, view, st);
		for (i = 0; i < LM_NR; i++)
			if (layout_member_specs[i].st == st)
				show_member(m, view, i);
	}
	kfree(view);
	return 0;
}
