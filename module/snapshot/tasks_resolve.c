// SPDX-License-Identifier: GPL-2.0
/*
 * From the record on a task's stack to what it waits for: the object, whether it
 * proves itself, and which device it belongs to.
 */
#include <linux/buffer_head.h>
#include <linux/jbd2.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/page-flags.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "object/opened.h"
#include "snapshot/places.h"
#include "snapshot/tasks_collect.h"

struct resolving {
	struct tasks_snap *snap;
	struct places *places;
	struct by_address *stacks;
};

static void set(struct task_wait *wait, enum task_awaits awaits)
{
	wait->awaits = awaits;
	wait->why_not = NULL;
	wait->proof = TASK_PROOF_RECORD;
	wait->has_origin = wait->origin.opened.disk;
}

static void unknown(struct task_wait *wait, const char *why_not)
{
	wait->awaits = TASK_AWAITS_UNKNOWN;
	wait->why_not = why_not;
	memset(&wait->origin, 0, sizeof(wait->origin));
}

static void name(struct task_wait *wait, const char *text)
{
	strscpy(wait->lock, text, sizeof(wait->lock));
}

/* ---- objects of disks ---- */

static void of_disk(struct task_wait *wait, const struct place *place)
{
	memset(&wait->origin, 0, sizeof(wait->origin));
	wait->origin.opened.disk = place->several ? NULL : place->disk;
	wait->origin.opened.part = 0;
	wait->disk = wait->origin.opened.disk;
}

static bool is_known_disk(const struct resolving *resolving,
			  const struct gendisk *disk)
{
	return disk_names_find(resolving->snap->names, disk);
}

static bool is_of_device(const struct resolving *resolving,
			 struct task_wait *wait,
			 const struct block_device *bdev)
{
	if (opened_by_device(&wait->origin.opened, bdev) &&
	    is_known_disk(resolving, wait->origin.opened.disk))
		return true;
	memset(&wait->origin, 0, sizeof(wait->origin));
	return false;
}

/* ---- pages and buffers ---- */

static void resolve_page(struct resolving *resolving, struct task_wait *wait)
{
	opened_by_page(&wait->origin.opened, wait->record.object);
	set(wait, wait->record.bit == PG_writeback ? TASK_AWAITS_WRITEBACK :
						     TASK_AWAITS_PAGE);
}

/* Its state comes first; that its device is one, of a known disk, proves it. */
static bool is_buffer(struct resolving *resolving, struct task_wait *wait)
{
	const struct buffer_head *bh = wait->record.object;
	const struct block_device *bdev;
	const struct page *page;

	BUILD_BUG_ON(offsetof(struct buffer_head, b_state));
	if (!is_sound(bh) ||
	    !peek(&bdev, (const struct block_device **)&bh->b_bdev) ||
	    !peek(&page, (const struct page **)&bh->b_page) ||
	    !sound_page(page) || !is_of_device(resolving, wait, bdev))
		return false;
	set(wait, TASK_AWAITS_BUFFER);
	return true;
}

/* Since 6.12 the address is that of a byte in the state, or after it. */
static bool is_inode(struct task_wait *wait)
{
	const void *state = wait->record.object;
	unsigned long at = (unsigned long)state & ~(sizeof(u32) - 1);
	const struct inode *inode;

	inode = container_of((const void *)at, struct inode, i_state);
	if (!opened_by_inode(&wait->origin.opened, inode))
		return false;
	set(wait, TASK_AWAITS_INODE);
	return true;
}

static bool is_superblock(struct task_wait *wait)
{
	const struct super_block *sb;

	sb = container_of(wait->record.object, struct super_block, s_flags);
	if (!opened_by_super(&wait->origin.opened, sb))
		return false;
	set(wait, TASK_AWAITS_SUPERBLOCK);
	return true;
}

/* From 7.x on; before, the list is on the stack of whoever looks the name up. */
static bool is_lookup(struct task_wait *wait)
{
	const struct super_block *sb;
	const struct dentry *dentry;
	unsigned int flags;

	dentry = container_of(wait->record.object, struct dentry, d_flags);
	if (!is_sound(dentry) || !peek(&flags, &dentry->d_flags) ||
	    !(flags & DCACHE_PAR_LOOKUP) ||
	    !peek(&sb, (const struct super_block **)&dentry->d_sb) ||
	    !opened_by_super(&wait->origin.opened, sb))
		return false;
	set(wait, TASK_AWAITS_LOOKUP);
	return true;
}

static void resolve_bit(struct resolving *resolving, struct task_wait *wait)
{
	if (!is_buffer(resolving, wait) && !is_inode(wait) &&
	    !is_superblock(wait))
		unknown(wait, "unknown-object");
}

static void resolve_variable(struct resolving *resolving,
			     struct task_wait *wait)
{
	if (!is_inode(wait) && !is_superblock(wait) && !is_lookup(wait))
		unknown(wait, "unknown-object");
}

/* ---- wait queues ---- */

static void resolve_qos(struct resolving *resolving, struct task_wait *wait)
{
	const struct place *place = places_find(resolving->places,
						wait->record.object);

	if (!place || place->kind != PLACE_WRITEBACK) {
		unknown(wait, "unknown-object");
		return;
	}
	of_disk(wait, place);
	set(wait, TASK_AWAITS_THROTTLE);
}

/* What lies before the record says so, and the record is in none of the queues below. */
static bool is_tag(struct resolving *resolving, struct task_wait *wait)
{
	const void *sbq = wait->record.sbq;
	const struct place *place = places_find(resolving->places, sbq);

	if (!place || place->kind != PLACE_TAGS || !place_member(place, sbq))
		return false;
	of_disk(wait, place);
	set(wait, TASK_AWAITS_TAG);
	return true;
}

static bool is_of_disk(struct resolving *resolving, struct task_wait *wait)
{
	const void *queue = wait->record.object;
	const struct place *place = places_find(resolving->places, queue);
	const char *member;

	if (!place || (place->kind != PLACE_QUEUE && place->kind != PLACE_MAPPED))
		return false;
	member = place_member(place, queue);
	if (!member)
		return false;
	of_disk(wait, place);
	name(wait, member);
	set(wait, place->kind == PLACE_QUEUE ? TASK_AWAITS_FREEZE :
					       TASK_AWAITS_MAPPED);
	return true;
}

/* A worker writes, and this task waits until it is done with that. */
static bool is_writeback(struct resolving *resolving, struct task_wait *wait)
{
	const void *queue = wait->record.object;
	const struct place *place = places_find(resolving->places, queue);

	if (!place || place->kind != PLACE_BDI || !place_member(place, queue))
		return false;
	wait->origin.opened.disk = place->several ? NULL : place->disk;
	wait->bdi = place->start;
	name(wait, "wb_workfn");
	set(wait, TASK_AWAITS_WORK);
	return true;
}

static const struct {
	size_t at;
	const char *name;
	bool of_commit;		/* woken by the journal's own task */
} journal_queues[] = {
	{ offsetof(struct journal_s, j_wait_transaction_locked),
	  "j_wait_transaction_locked", true },
	{ offsetof(struct journal_s, j_wait_done_commit),
	  "j_wait_done_commit", true },
	{ offsetof(struct journal_s, j_wait_commit), "j_wait_commit" },
	{ offsetof(struct journal_s, j_wait_updates), "j_wait_updates" },
	{ offsetof(struct journal_s, j_wait_reserved), "j_wait_reserved" },
	{ offsetof(struct journal_s, j_fc_wait), "j_fc_wait" },
};

/* Its owner is a filesystem, and on the same device as the journal says. */
static bool is_one_journal(struct resolving *resolving, struct task_wait *wait,
			   const struct journal_s *journal)
{
	const struct block_device *bdev, *its_bdev;
	const struct super_block *sb;
	struct opened opened;

	if (!is_sound(journal) ||
	    !peek(&sb, (const struct super_block **)&journal->j_private) ||
	    !peek(&bdev, (const struct block_device **)&journal->j_fs_dev) ||
	    !opened_by_super(&opened, sb) ||
	    !peek(&its_bdev, (const struct block_device **)&sb->s_bdev) ||
	    its_bdev != bdev || !is_known_disk(resolving, opened.disk))
		return false;
	wait->origin.opened = opened;
	return true;
}

static bool is_journal(struct resolving *resolving, struct task_wait *wait)
{
	const struct journal_s *journal;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(journal_queues); i++) {
		journal = wait->record.object - journal_queues[i].at;
		if (!is_one_journal(resolving, wait, journal))
			continue;
		if (!journal_queues[i].of_commit ||
		    !peek(&wait->committer, (const void **)&journal->j_task))
			wait->committer = NULL;
		name(wait, journal_queues[i].name);
		set(wait, TASK_AWAITS_JOURNAL);
		return true;
	}
	return false;
}

/* Whoever wants to write to it waits in one of these. */
static bool is_frozen(struct task_wait *wait)
{
	const void *sem, *sb;
	int level;

	sem = container_of((const wait_queue_head_t *)wait->record.object,
			   struct percpu_rw_semaphore, waiters);
	for (level = 0; level < SB_FREEZE_LEVELS; level++) {
		sb = sem - offsetof(struct super_block, s_writers.rw_sem) -
			level * sizeof(struct percpu_rw_semaphore);
		if (!opened_by_super(&wait->origin.opened, sb))
			continue;
		name(wait, "s_writers");
		set(wait, TASK_AWAITS_THAW);
		return true;
	}
	return false;
}

/* Whoever has the queue or completion on its stack will wake who waits for it. */
static bool is_of_task(struct resolving *resolving, struct task_wait *wait)
{
	u32 at = tasks_on_stack(resolving->stacks, wait->record.object);

	if (at == TASKS_NONE || &resolving->snap->of[at] == wait)
		return false;
	wait->next = at;
	set(wait, TASK_AWAITS_TASK);
	return true;
}

static void resolve_queue(struct resolving *resolving, struct task_wait *wait)
{
	if (wait->record.object &&
	    (is_of_disk(resolving, wait) || is_writeback(resolving, wait) ||
	     is_journal(resolving, wait) || is_frozen(wait) ||
	     is_of_task(resolving, wait)))
		return;
	if (!is_tag(resolving, wait))
		unknown(wait, wait->record.object ? "unknown-object" :
						    "list-incomplete");
}

/* ---- completions ---- */

static void resolve_completion(struct resolving *resolving,
			       struct task_wait *wait)
{
	if (wait->in_aio)
		set(wait, TASK_AWAITS_AIO);
	else if (wait->barrier || wait->flusher)
		set(wait, TASK_AWAITS_WORK);
	else if (wait->child)
		set(wait, TASK_AWAITS_TASK);
	else if (!is_of_task(resolving, wait))
		unknown(wait, wait->record.object ? "unknown-object" :
						    "list-incomplete");
}

/* ---- locks ---- */

struct lock_of_object {
	enum wait_kind kind;
	size_t at;
	const char *name;
};

static bool is_kind(const struct task_wait *wait, enum wait_kind kind)
{
	if (kind == WAIT_RWSEM_READ)
		return wait->record.kind == WAIT_RWSEM_READ ||
		       wait->record.kind == WAIT_RWSEM_WRITE;
	return wait->record.kind == kind;
}

static bool is_lock_of_disk(struct resolving *resolving, struct task_wait *wait)
{
	const void *lock = wait->record.object;
	const struct place *place = places_find(resolving->places, lock);
	const char *member;

	if (!place)
		return false;
	member = place_member(place, lock);
	if (!member)
		return false;
	wait->origin.opened.disk = place->several ? NULL : place->disk;
	name(wait, member);
	return true;
}

static bool is_lock_of_inode(struct task_wait *wait)
{
	const struct inode *inode = wait->record.object -
		offsetof(struct inode, i_rwsem);
	const struct address_space *mapping;

	if (!is_kind(wait, WAIT_RWSEM_READ))
		return false;
	if (opened_by_inode(&wait->origin.opened, inode)) {
		name(wait, "i_rwsem");
		return true;
	}
	mapping = wait->record.object - offsetof(struct address_space,
						 i_mmap_rwsem);
	if (opened_by_mapping(&wait->origin.opened, mapping)) {
		name(wait, "i_mmap_rwsem");
		return true;
	}
	if (layout_status_of(LM_ADDRESS_SPACE_INVALIDATE_LOCK) != LAYOUT_OK)
		return false;
	mapping = wait->record.object -
		layout_offset(LM_ADDRESS_SPACE_INVALIDATE_LOCK);
	if (opened_by_mapping(&wait->origin.opened, mapping)) {
		name(wait, "invalidate_lock");
		return true;
	}
	return false;
}

static bool is_lock_of_super(struct task_wait *wait)
{
	static const struct lock_of_object locks[] = {
		{ WAIT_RWSEM_READ, offsetof(struct super_block, s_umount),
		  "s_umount" },
		{ WAIT_MUTEX, offsetof(struct super_block, s_vfs_rename_mutex),
		  "s_vfs_rename_mutex" },
		{ WAIT_MUTEX, offsetof(struct super_block, s_sync_lock),
		  "s_sync_lock" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(locks); i++) {
		if (!is_kind(wait, locks[i].kind) ||
		    !opened_by_super(&wait->origin.opened,
				     wait->record.object - locks[i].at))
			continue;
		name(wait, locks[i].name);
		return true;
	}
	return false;
}

/* Of a block device, whose disk is known. */
static bool is_lock_of_bdev(struct resolving *resolving, struct task_wait *wait)
{
	static const struct {
		enum layout_member_id member;
		const char *name;
	} locks[] = {
		{ LM_BLOCK_DEVICE_BD_MUTEX, "bd_mutex" },
		{ LM_BLOCK_DEVICE_BD_HOLDER_LOCK, "bd_holder_lock" },
		{ LM_BLOCK_DEVICE_BD_FSFREEZE_MUTEX, "bd_fsfreeze_mutex" },
	};
	const struct block_device *bdev;
	u32 i;

	for (i = 0; is_kind(wait, WAIT_MUTEX) && i < ARRAY_SIZE(locks); i++) {
		if (layout_status_of(locks[i].member) != LAYOUT_OK)
			continue;
		bdev = wait->record.object - layout_offset(locks[i].member);
		if (is_of_device(resolving, wait, bdev)) {
			name(wait, locks[i].name);
			return true;
		}
	}
	return false;
}

/* Only compared: the address space may be gone. */
static bool is_lock_of_mm(struct task_wait *wait)
{
	const struct mm_struct *mm = wait->mm;

	if (!mm || wait->record.object != &mm->mmap_lock)
		return false;
	name(wait, "mmap_lock");
	return true;
}

/* A variable of the kernel, or of a module. */
static bool is_static_lock(struct task_wait *wait)
{
	char text[WAIT_NAME_LEN];

	memset(&wait->origin, 0, sizeof(wait->origin));
	symbol_name(text, sizeof(text), wait->record.object);
	text[strcspn(text, " ")] = '\0';
	if (strstarts(text, "0x"))
		return false;
	name(wait, text);
	return true;
}

static void resolve_lock(struct resolving *resolving, struct task_wait *wait)
{
	if (!wait->record.object) {
		unknown(wait, "list-incomplete");
		return;
	}
	if (!is_lock_of_disk(resolving, wait) && !is_lock_of_mm(wait) &&
	    !is_lock_of_inode(wait) && !is_lock_of_super(wait) &&
	    !is_lock_of_bdev(resolving, wait))
		is_static_lock(wait);
	set(wait, TASK_AWAITS_LOCK);
	if (!wait->record.head)
		wait->proof = TASK_PROOF_NOTED;
}

/* ---- all of them ---- */

static void resolve(struct resolving *resolving, struct task_wait *wait)
{
	static void (* const by_kind[])(struct resolving *resolving,
					struct task_wait *wait) = {
		[WAIT_PAGE] = resolve_page,
		[WAIT_BIT] = resolve_bit,
		[WAIT_VARIABLE] = resolve_variable,
		[WAIT_QOS] = resolve_qos,
		[WAIT_QUEUE] = resolve_queue,
	};

	if (wait->frozen) {
		set(wait, TASK_AWAITS_FREEZER);
		wait->proof = TASK_PROOF_STATE;
		return;
	}
	if (wait->record.kind == WAIT_NOTHING)
		unknown(wait, wait->why_not ? wait->why_not : "no-record");
	else if (!wait->proved)
		unknown(wait, "unproved");
	else if (wait->record.kind == WAIT_COMPLETION)
		resolve_completion(resolving, wait);
	else if (wait_is_lock(&wait->record))
		resolve_lock(resolving, wait);
	else
		by_kind[wait->record.kind](resolving, wait);
}

/* What the kernel keeps of the task itself says more than a record. */
static void resolve_ring(struct task_wait *wait)
{
	if (wait->frees_ring) {
		set(wait, TASK_AWAITS_RING);
		wait->proof = TASK_PROOF_WORKER;
	} else if (wait->cancelling) {
		set(wait, TASK_AWAITS_RING);
		wait->proof = TASK_PROOF_STATE;
	}
}

int tasks_resolve(struct tasks_snap *snap)
{
	struct resolving resolving = { .snap = snap };
	bool enough;
	u32 i;

	resolving.places = places_take(snap->names);
	resolving.stacks = by_address_of_stacks(snap);
	enough = resolving.places && resolving.stacks;
	if (enough && resolving.places->full)
		snap->incomplete = "too-many";
	for (i = 0; enough && i < snap->nr; i++) {
		resolve(&resolving, &snap->of[i]);
		resolve_ring(&snap->of[i]);
		cond_resched();
	}
	kvfree(resolving.places);
	kvfree(resolving.stacks);
	return enough ? 0 : -ENOMEM;
}
