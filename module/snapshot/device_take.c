// SPDX-License-Identifier: GPL-2.0
/*
 * Takes a snapshot of one nbd device: under the device's config_lock if it is
 * free, which is given to others now and then, and again if they changed
 * something meanwhile.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "layout/learn.h"
#include "object/kiocb.h"
#include "object/task_files.h"
#include "snapshot/device_copy.h"

/* Room for sockets that come while we allocate; more with each try. */
#define ROOM_TO_GROW 16U
#define ROOM_TRIES 4

/*
 * Sockets that are copied in one hold of config_lock: some 20 us. Others may
 * have the lock in between; if they changed something, all is copied again, and
 * in the end in one go.
 */
#define SOCKETS_AT_ONCE 16U
#define WHOLE_TRIES 3

/* ---- config_lock ---- */

/*
 * If the lock is taken, record its holder and copy without it. A snapshot asks
 * only once where the lock is, as a layout may be disproved meanwhile.
 */
static void try_lock(struct nbd_snap *snap, struct mutex *lock, bool patient)
{
	enum lock_got got = lock_try(&snap->hold, lock, patient);

	snap->facts.locked = got == LOCK_MINE;
	snap->facts.reader = got == LOCK_READERS;
	if (got == LOCK_OTHERS)
		task_snap_address(&snap->lock_holder, snap->hold.owner);
}

/* Gives the lock to others for a moment, if they give it back. */
static bool let_others(struct nbd_snap *snap, struct gendisk *disk,
		       const void *config, bool patient)
{
	lock_give_back(&snap->hold);
	cond_resched();
	try_lock(snap, snap->hold.lock, patient);
	return nbd_is_same_config(snap, disk->private_data, config);
}

/* ---- what the tasks have open ---- */

/* To remember more than one answer takes memory: not while we have the lock. */
static void ask_about(const struct nbd_snap *snap, struct task_snap *task,
		      struct open_devices *opens)
{
	dev_t devt = snap->device.devt;

	if (task->found != TASK_ALIVE)
		return;
	if (opens)
		task->has_device = open_devices_ask(opens, task->pid,
						    task->task, devt);
	else
		task->has_device = task_has_device(task->pid, task->task, devt);
}

static void ask_about_all(struct nbd_snap *snap, struct open_devices *opens)
{
	struct task_snap *starter = &snap->device.setup_task;
	struct nbd_facts *f = &snap->facts;

	ask_about(snap, starter, opens);
	if (snap->sockets)
		ask_about(snap, &snap->device.attached_task, opens);
	if (f->starter != STARTER_ALIVE)
		return;
	if (starter->has_device == YES)
		f->starter = STARTER_HAS_DEVICE;
	else if (starter->has_device == NO)
		f->starter = STARTER_NOT_OPEN;
	else
		f->starter = STARTER_UNKNOWN;
}

/*
 * A table of files may be large, so it is looked at without the lock. If then
 * the device is still the same, all was true while we looked.
 */
static bool ask_unlocked(struct nbd_snap *snap, struct gendisk *disk,
			 const void *config, bool patient)
{
	lock_give_back(&snap->hold);
	ask_about_all(snap, snap->opens);
	try_lock(snap, snap->hold.lock, patient);
	return nbd_is_same_config(snap, disk->private_data, config) &&
	       nbd_is_same_starter(snap, disk->private_data);
}

/* Return: false if something was changed meanwhile; never if all at once. */
static bool snap_open_files(struct nbd_snap *snap, struct gendisk *disk,
			    const void *config, bool patient, bool at_once)
{
	const struct nbd_device_snap *d = &snap->device;

	if (snap->opens && !nbd_state_needs_starter(&snap->facts))
		return true;
	if (d->setup_task.found != TASK_ALIVE &&
	    (!snap->sockets || d->attached_task.found != TASK_ALIVE))
		return true;
	if (snap->facts.locked && !at_once)
		return ask_unlocked(snap, disk, config, patient);
	ask_about_all(snap, snap->facts.locked ? NULL : snap->opens);
	return true;
}

/* ---- all together ---- */

/* Return: false if something was changed meanwhile; never if all at once. */
static bool copy_all(struct nbd_snap *snap, struct gendisk *disk,
		     bool patient, bool at_once)
{
	const void *config = nbd_copy(snap, disk);
	u32 at = 0, nr = snap->facts.sockets, step = SOCKETS_AT_ONCE;

	if (at_once || !snap->facts.locked)
		step = nr;
	for (; at < nr; at += step) {
		if (at && snap->facts.locked &&
		    !let_others(snap, disk, config, patient))
			return false;
		if (!nbd_copy_sockets(snap, config, at, min(at + step, nr))) {
			snap->facts.why_unknown =
				nbd_reason_text(NBD_REASON_UNREADABLE);
			break;
		}
	}
	return snap_open_files(snap, disk, config, patient, at_once);
}

static bool take_once(struct nbd_snap *snap, struct gendisk *disk,
		      struct mutex *lock, bool patient, bool at_once)
{
	bool unchanged;

	try_lock(snap, lock, patient);
	if (snap->facts.locked)
		layout_learn(disk, true);
	unchanged = copy_all(snap, disk, patient, at_once);
	lock_give_back(&snap->hold);
	return unchanged;
}

static void take_until_whole(struct nbd_snap *snap, struct gendisk *disk,
			     bool patient, struct symbol_cache *functions)
{
	struct mutex *lock; /* nbd's config_lock */
	bool done = false;
	int tries;

	layout_learn_at_once(disk, patient);
	for (tries = 1; !done; tries++) {
		nbd_snap_clear(snap, disk);
		layout_learn(disk, false);
		lock = nbd_proved_lock(snap, disk);
		if (!lock)
			return;
		done = take_once(snap, disk, lock, patient,
				 tries == WHOLE_TRIES);
	}
	nbd_copy_requests(snap, disk, functions);
}

void nbd_snap_held(struct nbd_snap *snap, struct gendisk *disk, bool locked)
{
	snap->opens = NULL;
	snap->with_peers = false;
	snap->sockets = NULL;
	snap->room = 0;
	nbd_snap_clear(snap, disk);
	layout_learn(disk, locked);
	if (!nbd_proved_lock(snap, disk))
		return;
	snap->facts.locked = locked;
	copy_all(snap, disk, false, true);
	nbd_copy_requests(snap, disk, NULL);
}

void nbd_snap_brief(struct nbd_snap *snap, struct gendisk *disk,
		    struct open_devices *opens)
{
	snap->opens = opens;
	snap->with_peers = true;
	snap->sockets = NULL;
	snap->room = 0;
	take_until_whole(snap, disk, false, NULL);
}

/* If too many sockets come each time, the last ones are not shown. */
static int take_all_sockets(struct nbd_snap *snap, struct gendisk *disk,
			    struct symbol_cache *functions)
{
	u32 room = nbd_sockets_now(disk), more = ROOM_TO_GROW;
	int tries;

	for (tries = 0; tries < ROOM_TRIES; tries++, more *= 4) {
		kvfree(snap->sockets);
		room = min(room + more, nbd_socket_limit());
		snap->room = room;
		snap->sockets = kvcalloc(room, sizeof(*snap->sockets),
					 GFP_READ);
		if (!snap->sockets)
			return -ENOMEM;
		take_until_whole(snap, disk, true, functions);
		if (snap->facts.sockets <= room)
			break;
		room = snap->facts.sockets;
	}
	return 0;
}

struct nbd_snap *nbd_snap_full(struct gendisk *disk)
{
	struct nbd_snap *snap = kzalloc(sizeof(*snap), GFP_READ);
	struct symbol_cache *functions = kiocb_functions_alloc();
	int err = -ENOMEM;

	if (snap && functions)
		err = take_all_sockets(snap, disk, functions);
	kvfree(functions);
	if (err) {
		nbd_snap_free(snap);
		return ERR_PTR(err);
	}
	return snap;
}

void nbd_snap_free(struct nbd_snap *snap)
{
	if (!snap)
		return;
	kvfree(snap->sockets);
	kfree(snap);
}
