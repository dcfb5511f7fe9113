// SPDX-License-Identifier: GPL-2.0
/*
 * Learns from devices, on kernels without BTF of nbd: which mirrors are left,
 * what follows from the places that proof.c has left, and whether a file is of
 * this nbd.
 */
#include <linux/blk-mq.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>

#include "access/lock.h"
#include "layout/layout.h"
#include "layout/learn.h"
#include "layout/mirror.h"
#include "layout/proof.h"
#include "layout/store.h"

#define LOOKS 4
#define LOOKS_AT_ONCE 16
#define DOUBTS 3
#define LOOKS_PER_SECOND 64
#define IDLE_LOOKS_PER_SECOND 32

/* Of what is learned from devices; nobody waits long for it. */
static DEFINE_MUTEX(proof_lock);

/* ---- mirrors ---- */

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
	char text[LAYOUT_SOURCE_LEN] = "mirror";
	const char *sign = "-";
	unsigned int i, st;

	for_each_set_bit(i, &layout_mirrors_left, MIRRORS) {
		strlcat(text, sign, sizeof(text));
		strlcat(text, mirrors[i].name, sizeof(text));
		sign = "+";
	}
	for (st = 0; st < LS_NR; st++)
		if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
			strscpy(layout_now.source[st], text, LAYOUT_SOURCE_LEN);
}

/* What all mirrors that are left say; 0 where they differ. */
static u32 common_size(enum layout_struct_id st)
{
	u32 size = 0;
	unsigned int i;

	for_each_set_bit(i, &layout_mirrors_left, MIRRORS) {
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
	for_each_set_bit(i, &layout_mirrors_left, MIRRORS) {
		if (!mirror_offset(&at, &mirrors[i], m))
			continue;
		nr++;
		*there |= at == offset;
	}
	return nr;
}

/* ---- what follows ---- */

/* A place at which a mirror has a member, and at which it was seen. */
static void accept_claims(enum layout_member_id m)
{
	unsigned int i;
	u32 at;

	for_each_set_bit(i, &layout_mirrors_left, MIRRORS)
		if (mirror_offset(&at, &mirrors[i], m) && proof_claims(m, at) &&
		    proof_is_possible(m, at))
			proof_accept(m, at);
}

static u32 size_of_member(enum layout_member_id m)
{
	u32 size = store_public_size(m);

	return size ? size : layout_member_specs[m].size;
}

static void set_proof(enum layout_member_id m, enum layout_status status,
		      u32 offset)
{
	layout_now.table.m[m].size = size_of_member(m);
	/* One who read the status before may be using the offset. */
	if (status == LAYOUT_OK)
		layout_now.table.m[m].offset = offset;
	/* Pairs with layout_status_of(), which is asked before the offset. */
	smp_store_release(&layout_now.table.m[m].status, status);
}

/* Return: true if it follows that others are not there. */
static bool conclude_member(enum layout_member_id m)
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
	return with == hweight_long(layout_mirrors_left) && proof_settle(m);
}

static void drop_mirrors(void)
{
	unsigned int i;

	for_each_set_bit(i, &layout_mirrors_left, MIRRORS)
		if (!mirror_is_possible(&mirrors[i]))
			__clear_bit(i, &layout_mirrors_left);
}

/* Under proof_lock: what follows from the places that are left. */
static void conclude_all(void)
{
	bool changed = true;
	unsigned int m, st;

	while (changed) {
		changed = false;
		drop_mirrors();
		if (!layout_mirrors_left) {
			store_disprove_nbd();
			break;
		}
		for (m = 0; m < NBD_MEMBERS; m++)
			changed |= conclude_member(m);
	}
	if (layout_mirrors_left) {
		for (st = 0; st < LS_NR; st++)
			if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
				layout_now.table.st[st].size = common_size(st);
		name_sources();
	}
	store_publish_at_once();
}

static bool file_is_possible(void)
{
	unsigned int m;

	for (m = 0; m < NBD_MEMBERS; m++)
		if (m != LM_NBD_DEVICE_TAG_SET &&
		    layout_now.table.m[m].status == LAYOUT_OK &&
		    !proof_is_possible(m, layout_now.table.m[m].offset))
			return false;
	return true;
}

/*
 * One place that cannot be is enough: it is the BTF of another nbd. But a file is
 * judged for as long as it is used, so that a rule that some race has broken must
 * be broken again and again.
 */
static bool check_file(struct gendisk *disk)
{
	static unsigned int doubts;

	if (file_is_possible()) {
		doubts = 0;
		return false;
	}
	if (++doubts < DOUBTS) {
		layout_learn_file(disk);
		return true;
	}
	doubts = 0;
	store_refuse_file();
	store_publish_at_once();
	return false;
}

/* ---- from a device ---- */

static bool is_in_use(struct gendisk *disk)
{
	return compat_disk_openers(disk) > 0 || get_capacity(disk);
}

/*
 * Under proof_lock. Of many devices that are in no use, some tell what all of
 * them tell.
 */
static bool may_look(struct gendisk *disk)
{
	static unsigned long second = INITIAL_JIFFIES;
	static unsigned int looks[2];
	bool in_use = is_in_use(disk);

	if (time_after(jiffies, second + HZ)) {
		second = jiffies;
		memset(looks, 0, sizeof(looks));
	}
	return looks[in_use]++ < (in_use ? LOOKS_PER_SECOND :
				  IDLE_LOOKS_PER_SECOND);
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
	if (hweight_long(layout_mirrors_left) > 1)
		return true;
	for (m = 0; m < NBD_MEMBERS; m++)
		if (layout_status_of(m) == LAYOUT_UNPROVED)
			return true;
	return false;
}

/*
 * Under config_lock one look only; what follows from it, the next one uses.
 * Return: true if the next one may tell more.
 */
static bool learn_from(struct gendisk *disk, bool locked)
{
	int i, looks = locked ? 1 : LOOKS;

	if (!layout_mirrors_left) {
		if (!layout_file_used)
			return false;
		proof_look(disk, locked);
		return check_file(disk);
	}
	if (!can_prove(locked))
		return false;
	for (i = 0; i < looks && layout_mirrors_left; i++) {
		if (!proof_look(disk, locked))
			return false;
		conclude_all();
	}
	return layout_mirrors_left;
}

static bool can_learn(void)
{
	return READ_ONCE(layout_mirrors_left) || READ_ONCE(layout_file_used);
}

static bool try_to_learn(struct gendisk *disk, bool locked, bool often)
{
	bool more;

	/* While config_lock is held, wait for nobody. Another read will learn it. */
	if (!can_learn() || !mutex_trylock(&proof_lock))
		return false;
	store_publish_late();
	more = (often || may_look(disk)) && learn_from(disk, locked);
	mutex_unlock(&proof_lock);
	return more;
}

void layout_learn(struct gendisk *disk, bool locked)
{
	try_to_learn(disk, locked, false);
}

void layout_learn_at_once(struct gendisk *disk, bool often)
{
	struct lock_hold hold;
	struct mutex *lock; /* nbd's config_lock */
	bool more = true;
	int i;

	often = often && is_in_use(disk);
	try_to_learn(disk, false, often);
	for (i = 0; i < LOOKS_AT_ONCE && more && can_learn(); i++) {
		lock = layout_config_lock(disk);
		if (!lock)
			break;
		more = lock_try(&hold, lock, false) == LOCK_MINE &&
		       try_to_learn(disk, true, often);
		lock_give_back(&hold);
	}
}

/* ---- the first device ---- */

enum layout_status layout_learn_mirrors(struct gendisk *disk)
{
	unsigned int i, st;

	if (!proof_begin(disk, false))
		return LAYOUT_UNPROVED;
	for (i = 0; i < MIRRORS; i++)
		if (mirror_fits(&mirrors[i], disk))
			__set_bit(i, &layout_mirrors_left);
	if (!layout_mirrors_left)
		return LAYOUT_DISPROVED;
	for (st = 0; st < LS_NR; st++)
		if (layout_struct_specs[st].home == LAYOUT_HOME_NBD)
			layout_now.table.st[st].status = LAYOUT_OK;
	set_proof(LM_NBD_DEVICE_TAG_SET, LAYOUT_OK,
		  (const void *)disk->queue->tag_set - disk->private_data);
	mutex_lock(&proof_lock);
	conclude_all();
	mutex_unlock(&proof_lock);
	return LAYOUT_OK;
}

/* Nothing may be written by it, and no lock taken, that no device can disprove. */
static void refuse_unproved_file(void)
{
	pr_warn("nbd_btf: not used, as devices of this kernel cannot prove it\n");
	strscpy(layout_now.file_state, "-(unproved)", LAYOUT_STATE_LEN);
	store_refuse_home(LAYOUT_HOME_NBD, LAYOUT_UNPROVED);
}

/* The places that it names are those that devices may strike out. */
void layout_learn_file(struct gendisk *disk)
{
	unsigned int m;

	layout_file_used = proof_begin(disk, true);
	if (!layout_file_used) {
		refuse_unproved_file();
		return;
	}
	for (m = 0; m < NBD_MEMBERS; m++)
		if (layout_now.table.m[m].status == LAYOUT_OK)
			proof_accept(m, layout_now.table.m[m].offset);
}
