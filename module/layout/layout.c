// SPDX-License-Identifier: GPL-2.0
/*
 * Uses a layout: where a member lies, reading it, and the invariants which show
 * of a device that its members are there.
 */
#include <linux/blkdev.h>
#include <linux/wait.h>

#include "layout/layout.h"
#include "layout/proof.h"
#include "layout/store.h"

/* A waiter may come or go while a list is looked at. */
#define TRIES_FOR_A_BUSY_DEVICE 5

static bool inflight_seen;

enum layout_status layout_status_of(enum layout_member_id m)
{
	/* Pairs with set_proof() in learn.c. */
	return smp_load_acquire(&layout_now.table.m[m].status);
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

bool layout_may_exist(enum layout_member_id m)
{
	enum layout_status status = layout_status_of(m);

	return status == LAYOUT_OK || status == LAYOUT_UNPROVED;
}

u32 layout_size_of(enum layout_struct_id st)
{
	return layout_now.table.st[st].size;
}

u32 layout_offset(enum layout_member_id m)
{
	return layout_now.table.m[m].offset;
}

const void *layout_at(const void *base, enum layout_member_id m)
{
	return base + layout_offset(m);
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

	if (layout_now.table.m[m].size != size || (unsigned long)base < PAGE_SIZE)
		return false;
	if (status == LAYOUT_UNPROVED)
		return proof_peek(dst, size, base, m);
	if (status != LAYOUT_OK)
		return false;
	return peek_bytes(dst, layout_at(base, m), size);
}

const void *layout_pointer(const void *base, enum layout_member_id m)
{
	const void *pointer;

	return base && layout_get(&pointer, base, m) ? pointer : NULL;
}

/* ---- as numbers ---- */

const char *layout_why(enum layout_member_id m)
{
	enum layout_status status = layout_status_of(m);

	return status == LAYOUT_OK ? "unreadable" : layout_status_text(status);
}

struct known layout_unsigned(const void *base, enum layout_member_id m)
{
	u64 value64;
	u32 value32;
	u8 value8;

	if (layout_get(&value32, base, m))
		return known_value(value32);
	if (layout_get(&value64, base, m))
		return known_value(value64);
	if (layout_get(&value8, base, m))
		return known_value(value8);
	return known_not(layout_why(m));
}

struct known layout_signed(const void *base, enum layout_member_id m)
{
	struct known number = layout_unsigned(base, m);

	if (!number.why_not && layout_now.table.m[m].size == sizeof(s32))
		number.value = (s32)number.value;
	return number;
}

struct known layout_count(const void *base, enum layout_member_id m)
{
	struct known number = layout_signed(base, m);

	return number.why_not ? number : known_count(number.value);
}

struct known layout_truth(const void *base, enum layout_member_id m)
{
	struct known number = layout_unsigned(base, m);

	return known_unless(number.why_not, number.value != 0);
}

/* ---- invariants ---- */

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

static bool list_is_linked(const struct list_head *list)
{
	struct list_head here, next;

	return peek(&here, list) && peek(&next, here.next) && next.prev == list;
}

enum layout_status layout_check_config(const void *config)
{
	unsigned long word;
	int i;

	/* That it looks like one was a rule for the pointer to it. */
	if (READ_ONCE(layout_mirrors_left))
		return peek(&word, (const unsigned long *)config) ?
			LAYOUT_OK : LAYOUT_DISPROVED;
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

/* ---- the flag INFLIGHT ---- */

void layout_saw_inflight(void)
{
	if (!READ_ONCE(inflight_seen))
		WRITE_ONCE(inflight_seen, true);
}

bool layout_has_inflight(void)
{
	return READ_ONCE(inflight_seen);
}

void layout_forget_inflight(void)
{
	inflight_seen = false;
}
