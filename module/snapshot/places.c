// SPDX-License-Identifier: GPL-2.0
/* Finds the objects of all disks, so that an address in one of them tells the disk. */
#include <linux/backing-dev-defs.h>
#include <linux/blkdev.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "access/memory.h"
#include "access/sound.h"
#include "access/symbols.h"
#include "layout/layout.h"
#include "object/mapped.h"
#include "object/tags.h"
#include "snapshot/all_disks.h"
#include "snapshot/device_copy.h"
#include "snapshot/places.h"

#define PLACES_A_DISK 8
#define PLACES_AT_LEAST 256
#define PLACES_MAX 4194304
#define MAX_QOS 16

/* The hardware queues of a disk may have the same tags, and the same of a scheduler. */
#define LOOK_BACK 4

/* ---- finding ---- */

struct taking {
	struct places *places;
	const struct gendisk *disk;
};

static void add_place(struct taking *taking, enum place_kind kind,
		      const void *start, u32 size)
{
	struct places *places = taking->places;
	u32 i;

	if (!start || !size)
		return;
	for (i = places->nr; i && places->nr - i < LOOK_BACK; i--)
		if (places->of[i - 1].start == start &&
		    places->of[i - 1].disk == taking->disk)
			return;
	if (places->nr == places->room) {
		places->full = true;
		return;
	}
	places->of[places->nr++] = (struct place){
		.start = start,
		.size = size,
		.kind = kind,
		.disk = taking->disk,
	};
}

static void add_tags(const void *tags, void *data)
{
	add_place(data, PLACE_TAGS, tags, layout_size_of(LS_BLK_MQ_TAGS));
}

/* Each knows the next one of the queue. */
static void add_writeback(struct taking *taking, const struct request_queue *q)
{
	const void *qos, *ops;
	int i;

	if (layout_status_of(LM_RQ_WB_RQOS) != LAYOUT_OK ||
	    !layout_get(&qos, q, LM_REQUEST_QUEUE_RQ_QOS))
		return;
	for (i = 0; qos && i < MAX_QOS; i++) {
		if (layout_get(&ops, qos, LM_RQ_QOS_OPS) &&
		    symbol_is(ops, "wbt_rqos_ops"))
			add_place(taking, PLACE_WRITEBACK,
				  qos - layout_offset(LM_RQ_WB_RQOS),
				  layout_size_of(LS_RQ_WB));
		if (!layout_get(&qos, qos, LM_RQ_QOS_NEXT))
			return;
	}
}

static void add_mapped(struct taking *taking, const struct gendisk *disk)
{
	struct mapped mapped;

	mapped_take(&mapped, disk);
	add_place(taking, PLACE_MAPPED, mapped.md,
		  layout_size_of(LS_MAPPED_DEVICE));
}

static bool add_socket(const void *nsock, void *data)
{
	if (nsock)
		add_place(data, PLACE_TX_LOCK,
			  layout_at(nsock, LM_NBD_SOCK_TX_LOCK),
			  sizeof(struct mutex));
	return true;
}

static bool find_sockets(const void **config, const void **socks,
			 const struct gendisk *disk)
{
	return layout_get(config, disk->private_data, LM_NBD_DEVICE_CONFIG) &&
	       layout_get(socks, *config, LM_NBD_CONFIG_SOCKS) &&
	       is_sound(*socks);
}

/* Without config_lock they may go meanwhile: then all that was seen is dropped. */
static void add_sockets(struct taking *taking, struct gendisk *disk)
{
	const void *config, *its_config, *socks, *its_socks;
	u32 before = taking->places->nr;

	if (layout_status_of(LM_NBD_SOCK_TX_LOCK) != LAYOUT_OK ||
	    !find_sockets(&config, &socks, disk))
		return;
	nbd_each_socket(config, nbd_sockets_now(disk), add_socket, taking);
	if (!find_sockets(&its_config, &its_socks, disk) ||
	    its_config != config || its_socks != socks)
		taking->places->nr = before;
}

static void add_nbd(struct taking *taking, struct gendisk *disk)
{
	if (MAJOR(disk_devt(disk)) != NBD_MAJOR ||
	    layout_check_disk(disk) != LAYOUT_OK)
		return;
	add_place(taking, PLACE_CONFIG_LOCK, layout_config_lock(disk),
		  sizeof(struct mutex));
	add_sockets(taking, disk);
}

/* Up to 5.14 the queue had it. */
static void add_bdi(struct taking *taking, const struct gendisk *disk)
{
	const void *bdi = layout_pointer(disk, LM_GENDISK_BDI);

	if (!bdi)
		bdi = layout_pointer(disk->queue,
				     LM_REQUEST_QUEUE_BACKING_DEV_INFO);
	add_place(taking, PLACE_BDI, bdi, sizeof(struct backing_dev_info));
}

static void add_disk_places(struct gendisk *disk, void *data)
{
	struct taking *taking = data;

	taking->disk = disk;
	add_place(taking, PLACE_DISK, disk, sizeof(*disk));
	add_place(taking, PLACE_QUEUE, disk->queue, sizeof(*disk->queue));
	if (disk->queue->mq_ops)
		tags_each_table(disk->queue, add_tags, taking);
	add_writeback(taking, disk->queue);
	if (mapped_is(disk))
		add_mapped(taking, disk);
	add_nbd(taking, disk);
	add_bdi(taking, disk);
}

static int by_start(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return 0;
}

/* Disks may share their tags. */
static void sort_places(struct places *places)
{
	u32 i, nr = 0;

	sort(places->of, places->nr, sizeof(*places->of), by_start, NULL);
	for (i = 0; i < places->nr; i++) {
		struct place *last = nr ? &places->of[nr - 1] : NULL;

		if (!last || last->start != places->of[i].start)
			places->of[nr++] = places->of[i];
		else if (last->disk != places->of[i].disk)
			last->several = true;
	}
	places->nr = nr;
}

static struct places *take_into(u32 room)
{
	struct places *places = kvzalloc(struct_size(places, of, room),
					 GFP_READ);
	struct taking taking = { .places = places };
	unsigned long at = 0;

	if (!places)
		return NULL;
	places->room = room;
	while (all_disks_call(&at, add_disk_places, &taking))
		cond_resched();
	sort_places(places);
	return places;
}

struct places *places_take(const struct disk_names *names)
{
	u32 room = names->nr * PLACES_A_DISK + PLACES_AT_LEAST;
	struct places *places;

	for (;;) {
		places = take_into(room);
		if (!places || !places->full || room > PLACES_MAX / 4)
			return places;
		kvfree(places);
		room *= 4;
	}
}

/* ---- looking up ---- */

const struct place *places_find(const struct places *places,
				const void *address)
{
	u32 low = 0, high = places->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (places->of[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - places->of[low - 1].start >=
	    places->of[low - 1].size)
		return NULL;
	return &places->of[low - 1];
}

static const struct {
	enum place_kind kind;
	enum layout_member_id member;
	const char *name;
} members[] = {
	{ PLACE_DISK, LM_GENDISK_OPEN_MUTEX, "open_mutex" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_SYSFS_LOCK, "sysfs_lock" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_SYSFS_DIR_LOCK, "sysfs_dir_lock" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_LIMITS_LOCK, "limits_lock" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_ELEVATOR_LOCK, "elevator_lock" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_RQ_QOS_MUTEX, "rq_qos_mutex" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_BLKCG_MUTEX, "blkcg_mutex" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_DEBUGFS_MUTEX, "debugfs_mutex" },
	{ PLACE_QUEUE, LM_REQUEST_QUEUE_MQ_FREEZE_LOCK, "mq_freeze_lock" },
	{ PLACE_MAPPED, LM_MAPPED_DEVICE_SUSPEND_LOCK, "suspend_lock" },
	{ PLACE_MAPPED, LM_MAPPED_DEVICE_TYPE_LOCK, "type_lock" },
	{ PLACE_MAPPED, LM_MAPPED_DEVICE_TABLE_DEVICES_LOCK,
	  "table_devices_lock" },
	{ PLACE_MAPPED, LM_MAPPED_DEVICE_WAIT, "wait" },
};

const char *place_member(const struct place *place, const void *address)
{
	u32 at = address - place->start, i;

	if (place->kind == PLACE_TAGS)
		return tags_has_bitmap_at(at) ? "bitmap_tags" : NULL;
	if (place->kind == PLACE_CONFIG_LOCK)
		return at ? NULL : "config_lock";
	if (place->kind == PLACE_TX_LOCK)
		return at ? NULL : "tx_lock";
	if (place->kind == PLACE_BDI)
		return at == offsetof(struct backing_dev_info, wb_waitq) ?
			"wb_waitq" : NULL;
	if (place->kind == PLACE_QUEUE &&
	    at == offsetof(struct request_queue, mq_freeze_wq))
		return "mq_freeze_wq";
	for (i = 0; i < ARRAY_SIZE(members); i++)
		if (members[i].kind == place->kind &&
		    layout_status_of(members[i].member) == LAYOUT_OK &&
		    layout_offset(members[i].member) == at)
			return members[i].name;
	return NULL;
}
