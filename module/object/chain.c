// SPDX-License-Identifier: GPL-2.0
/*
 * Follows a bio upward: each layer that makes bios of bios has a function that
 * is called when they are done, and that function finds its own object in a way
 * of its own. The table below is all that is known of them.
 */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/swait.h>

#include "access/memory.h"
#include "access/sound.h"
#include "access/task.h"
#include "layout/layout.h"
#include "object/aio_request.h"
#include "object/chain.h"
#include "object/opened.h"
#include "object/tags.h"
#include "object/uring.h"

/*
 * A chain that is longer was cut loose, and may be a ring. The bios are those of
 * all loop devices together, as each of them could multiply what the next has.
 */
#define MAX_STEPS 64
#define MAX_LOOPS 4
#define MAX_BIOS 4096

/* Magic numbers of drivers/md/dm-core.h; in 5.10 they are others, and longer. */
#ifdef HAVE_BIO_BI_DISK
typedef u32 dm_magic_t;
#define DM_TIO_MAGIC 7282014
#define DM_IO_MAGIC 5191977
#else
typedef u16 dm_magic_t;
#define DM_TIO_MAGIC 28714
#define DM_IO_MAGIC 19577
#endif

/* What a step comes to. */
enum step {
	STEP_UP,	/* walk.bio is the next one */
	STEP_LOOP,	/* walk.above is a request whose bios are the next ones */
	STEP_END,	/* the waiter is known */
	STEP_LOST,	/* chain.why_not says why */
};

struct walk {
	struct symbol_cache *known;
	void (*fn)(const struct chain *chain, void *data);
	void *data;
	struct chain chain;
	const struct bio *bio;
	const void *part; /* the device mapper's record of a part of @bio */
	const struct request *above;
	u32 steps;
	u32 loops;
	u32 *bios_left;
};

static enum step lost(struct walk *walk, const char *why_not)
{
	walk->chain.why_not = why_not;
	return STEP_LOST;
}

static enum step end(struct walk *walk, enum chain_waiter waiter)
{
	walk->chain.waiter = waiter;
	return STEP_END;
}

static enum step step_up(struct walk *walk, const struct bio *bio)
{
	if (!bio)
		return lost(walk, "unreadable");
	walk->bio = bio;
	return STEP_UP;
}

static void passed(struct walk *walk, const struct request *rq)
{
	if (rq && walk->chain.nr_passed < CHAIN_PASSED)
		walk->chain.passed[walk->chain.nr_passed++] = rq;
}

static const void *private_of(const struct bio *bio)
{
	const void *private;

	return peek(&private, (const void **)&bio->bi_private) ? private : NULL;
}

/*
 * The same where an object of the slab allocator has to be. A bio that was freed
 * may have anything there.
 */
static const void *object_of(const struct bio *bio)
{
	const void *object = private_of(bio);

	return object && sound_address(object, sizeof(long)) ? object : NULL;
}

/* The structure that has a bio as a member. */
static const void *around(const struct bio *bio, enum layout_member_id m)
{
	if (layout_status_of(m) != LAYOUT_OK)
		return NULL;
	return (const void *)bio - layout_offset(m);
}

/* ---- the end of a chain: whoever waits for a kiocb ---- */

static enum step aio(struct walk *walk, const struct kiocb *kiocb)
{
	const void *aio = (const void *)kiocb - layout_offset(LM_AIO_KIOCB_RW);

	/* One that is done has no reference any more, as long as it is free. */
	if (layout_status_of(LM_AIO_KIOCB_RW) != LAYOUT_OK ||
	    !sound_address(aio, sizeof(long)) ||
	    !layout_get(&walk->chain.ctx, aio, LM_AIO_KIOCB_KI_CTX) ||
	    !aio_request_may_be(aio))
		return lost(walk, "no-context");
	walk->chain.kiocb = kiocb;
	return end(walk, CHAIN_AIO);
}

static enum step uring(struct walk *walk, const struct kiocb *kiocb)
{
	walk->chain.kiocb = kiocb;
	walk->chain.task = uring_sender_of_kiocb(kiocb);
	return end(walk, CHAIN_URING);
}

/* A loop device has its request in front of its own data. */
static enum step loop_request(struct walk *walk, const struct kiocb *kiocb)
{
	const struct request *rq;
	struct request_queue *q;

	if (layout_status_of(LM_LOOP_CMD_IOCB) != LAYOUT_OK)
		return lost(walk, "loop-unknown");
	rq = (const void *)kiocb - layout_offset(LM_LOOP_CMD_IOCB) -
		sizeof(*rq);
	if (!peek(&q, &rq->q) || !tags_is_in_use(rq, q))
		return lost(walk, "loop-unproved");
	walk->above = rq;
	return STEP_LOOP;
}

/* First those of kiocbs, and of bios that were split. */
enum function {
	AIO_END,
	URING_END,
	URING_POLL_END,
	LOOP_END,
	LOOP_BUILT_IN_END,
	SPLIT_END,
	LAST_NAMED = SPLIT_END,
#define FUNCTION(id, ...) F_##id,
#include "object/chain_table.h"
	NR_FUNCTIONS
};

static enum step kiocb_end(struct walk *walk, const void *object,
			   const struct kiocb *kiocb,
			   const void *(*task_of)(const void *object));

/* ---- direct I/O ---- */

static const void *task_of_blkdev(const void *dio)
{
	return layout_pointer(dio, LM_BLKDEV_DIO_IOCB);
}

static const void *task_of_dio(const void *dio)
{
	return layout_pointer(dio, LM_DIO_WAITER);
}

/* In struct iomap_dio a struct without a name, of an iterator and a task. */
static const void *task_of_iomap(const void *dio)
{
	const void *task;

	return layout_status_of(LM_IOMAP_DIO_SUBMIT) == LAYOUT_OK &&
	       peek(&task, (const void **)layout_at(dio, LM_IOMAP_DIO_SUBMIT) +
			   1) ? task : NULL;
}

static enum step blkdev_async(struct walk *walk)
{
	const void *dio = around(walk->bio, LM_BLKDEV_DIO_BIO);

	return kiocb_end(walk, dio, layout_pointer(dio, LM_BLKDEV_DIO_IOCB),
			 NULL);
}

static enum step blkdev(struct walk *walk)
{
	const void *dio = object_of(walk->bio);

	return kiocb_end(walk, dio, layout_pointer(dio, LM_BLKDEV_DIO_IOCB),
			 task_of_blkdev);
}

static enum step iomap(struct walk *walk)
{
	const void *dio = object_of(walk->bio);

	return kiocb_end(walk, dio, layout_pointer(dio, LM_IOMAP_DIO_IOCB),
			 task_of_iomap);
}

static enum step iomap_simple(struct walk *walk)
{
	const void *dio = around(walk->bio, LM_IOMAP_DIO_SIMPLE_BIO);

	return kiocb_end(walk, dio,
			 layout_pointer(dio, LM_IOMAP_DIO_SIMPLE_IOCB), NULL);
}

static enum step dio(struct walk *walk)
{
	const void *dio = object_of(walk->bio);

	return kiocb_end(walk, dio, layout_pointer(dio, LM_DIO_IOCB),
			 task_of_dio);
}

/* ---- a task that sleeps ---- */

static enum step private_task(struct walk *walk)
{
	walk->chain.task = private_of(walk->bio);
	return end(walk, CHAIN_TASK);
}

/* On the stack of the task, which queues itself there when it sleeps. */
static enum step completion(struct walk *walk)
{
	const struct completion *done = private_of(walk->bio);
	const struct list_head *head, *first;
	const struct swait_queue *entry;
	struct list_head links;

	walk->chain.waiter = CHAIN_TASK;
	if (!done)
		return lost(walk, "unreadable");
	head = &done->wait.task_list;
	if (!peek(&first, (const struct list_head **)&head->next) ||
	    first == head)
		return STEP_END;
	entry = container_of(first, struct swait_queue, task_list);
	if (!peek(&links, first) || links.prev != head ||
	    !peek(&walk->chain.task, (const void **)&entry->task))
		walk->chain.task = NULL;
	return STEP_END;
}

/* ---- bios of bios ---- */

static enum step split(struct walk *walk)
{
	return step_up(walk, private_of(walk->bio));
}

static bool has_magic(const void *object, enum layout_member_id m,
		      dm_magic_t magic)
{
	dm_magic_t its_magic;

	return object && layout_status_of(m) == LAYOUT_OK &&
	       peek(&its_magic, (const dm_magic_t *)layout_at(object, m)) &&
	       its_magic == magic;
}

static enum step dm_clone(struct walk *walk)
{
	const void *tio = around(walk->bio, LM_DM_TARGET_IO_CLONE), *io;

	if (!tio)
		return lost(walk, "device-mapper-unknown");
	io = layout_pointer(tio, LM_DM_TARGET_IO_IO);
	if (!has_magic(tio, LM_DM_TARGET_IO_MAGIC, DM_TIO_MAGIC) ||
	    !has_magic(io, LM_DM_IO_MAGIC, DM_IO_MAGIC))
		return lost(walk, "device-mapper-unproved");
	layout_get(&walk->chain.began, io, LM_DM_IO_START_TIME);
	walk->part = io;
	return step_up(walk, layout_pointer(io, LM_DM_IO_ORIG_BIO));
}

static enum step dm_rq_clone(struct walk *walk)
{
	const void *info = around(walk->bio, LM_DM_RQ_CLONE_BIO_INFO_CLONE);
	const void *tio;

	if (!info)
		return lost(walk, "device-mapper-unknown");
	tio = layout_pointer(info, LM_DM_RQ_CLONE_BIO_INFO_TIO);
	passed(walk, layout_pointer(tio, LM_DM_RQ_TARGET_IO_ORIG));
	return step_up(walk,
		       layout_pointer(info, LM_DM_RQ_CLONE_BIO_INFO_ORIG));
}

static enum step by_member(struct walk *walk, const void *object,
			   enum layout_member_id m, const char *unknown)
{
	if (layout_status_of(m) != LAYOUT_OK)
		return lost(walk, unknown);
	return step_up(walk, layout_pointer(object, m));
}

/* What dm-crypt gets is always a clone of the device mapper's. */
static enum step crypt_io(struct walk *walk)
{
	const void *io = object_of(walk->bio);

	if (layout_status_of(LM_DM_CRYPT_IO_BASE_BIO) != LAYOUT_OK)
		return lost(walk, "crypt-unknown");
	walk->bio = layout_pointer(io, LM_DM_CRYPT_IO_BASE_BIO);
	return walk->bio ? dm_clone(walk) : lost(walk, "unreadable");
}

static enum step md_clone(struct walk *walk)
{
	return by_member(walk, around(walk->bio, LM_MD_IO_CLONE_BIO_CLONE),
			 LM_MD_IO_CLONE_ORIG_BIO, "md-unknown");
}

static enum step md_acct(struct walk *walk)
{
	return by_member(walk, around(walk->bio, LM_MD_IO_ACCT_BIO_CLONE),
			 LM_MD_IO_ACCT_ORIG_BIO, "md-unknown");
}

static enum step raid1(struct walk *walk)
{
	return by_member(walk, object_of(walk->bio), LM_R1BIO_MASTER_BIO,
			 "md-unknown");
}

static enum step raid10(struct walk *walk)
{
	return by_member(walk, object_of(walk->bio), LM_R10BIO_MASTER_BIO,
			 "md-unknown");
}

/* ---- pages of a file ---- */

static enum step pages(struct walk *walk)
{
	const struct bio *bio = walk->bio;
	const struct bio_vec *vec;
	struct page *page;
	unsigned int opf;

	if (peek(&vec, (const struct bio_vec **)&bio->bi_io_vec) && vec &&
	    peek(&page, (struct page **)&vec->bv_page))
		opened_by_page(&walk->chain.origin.opened, page);
	if (!peek(&opf, (__force const unsigned int *)&bio->bi_opf))
		return lost(walk, "unreadable");
	/* The lowest bit of an operation says that it writes, see op_is_write(). */
	return end(walk, opf & 1 ? CHAIN_WRITEBACK : CHAIN_PAGE_CACHE);
}

static enum step swap_page(struct walk *walk)
{
	return end(walk, CHAIN_SWAP);
}

/* ---- the table ---- */

static const char * const functions[NR_FUNCTIONS + 1] = {
	[AIO_END] = "aio_complete_rw",
	[URING_END] = "io_complete_rw",
	[URING_POLL_END] = "io_complete_rw_iopoll",
	[LOOP_END] = "lo_rw_aio_complete [loop]",
	[LOOP_BUILT_IN_END] = "lo_rw_aio_complete",
	[SPLIT_END] = "bio_chain_endio",
#define FUNCTION(id, name, step) \
	[F_##id] = name,
#include "object/chain_table.h"
};

static enum step (* const steps[NR_FUNCTIONS])(struct walk *walk) = {
#define FUNCTION(id, name, step) \
	[F_##id] = step,
#include "object/chain_table.h"
};

static bool task_is_alive(const void *address)
{
	struct task_snap task;

	task_snap_address(&task, address);
	return task.found == TASK_ALIVE;
}

static void look_at_file(struct walk *walk, const struct kiocb *kiocb)
{
	const struct file *file;

	if (peek(&file, (const struct file **)&kiocb->ki_filp))
		opened_by_file(&walk->chain.origin.opened, file);
}

static enum step kiocb_end(struct walk *walk, const void *object,
			   const struct kiocb *kiocb,
			   const void *(*task_of)(const void *object))
{
	const void *complete;

	if (!object)
		return lost(walk, task_of ? "unreadable" : "layout-unknown");
	if (!peek(&complete, (const void **)&kiocb->ki_complete))
		return lost(walk, "unreadable");
	switch (symbol_which(walk->known, complete)) {
	case AIO_END:
		look_at_file(walk, kiocb);
		return aio(walk, kiocb);
	case URING_END:
	case URING_POLL_END:
		look_at_file(walk, kiocb);
		return uring(walk, kiocb);
	case LOOP_END:
	case LOOP_BUILT_IN_END:
		return loop_request(walk, kiocb);
	}
	/* There the task stands in the place of the kiocb; it lives, as it sleeps. */
	if (task_of == task_of_blkdev && !task_is_alive(kiocb))
		return lost(walk, "other-function");
	if (!task_of || (complete && task_of != task_of_blkdev))
		return lost(walk, "other-function");
	if (task_of != task_of_blkdev)
		look_at_file(walk, kiocb);
	walk->chain.task = task_of(object);
	return end(walk, CHAIN_TASK);
}

struct symbol_cache *chain_functions_alloc(void)
{
	struct symbol_cache *cache = kvzalloc(sizeof(*cache), GFP_READ);

	if (cache)
		cache->names = functions;
	return cache;
}

/* ---- the walk ---- */

const struct gendisk *chain_disk_of(const struct bio *bio)
{
	const struct gendisk *disk;
#ifdef HAVE_BIO_BI_DISK
	return peek(&disk, (const struct gendisk **)&bio->bi_disk) ? disk :
		NULL;
#else
	const struct block_device *bdev;

	return peek(&bdev, (const struct block_device **)&bio->bi_bdev) &&
	       peek(&disk, (const struct gendisk **)&bdev->bd_disk) ? disk :
		NULL;
#endif
}

/*
 * Newer kernels make no bio for each part of a bio which the device mapper splits,
 * but they count each part.
 */
static void add_disk_of(struct walk *walk)
{
	const struct gendisk *disk = chain_disk_of(walk->bio);
	struct chain_origin *origin = &walk->chain.origin;
	const void *part = walk->part;
	u32 nr = origin->nr_disks;

	walk->part = NULL;
	if (!disk || (nr && nr <= CHAIN_DISKS && origin->disks[nr - 1] == disk))
		return;
	if (nr < CHAIN_DISKS) {
		origin->disks[nr] = disk;
		walk->chain.sent[nr] = part ?: walk->bio;
	}
	origin->nr_disks++;
}

/*
 * The device mapper uses the private word of a bio that is polled for something
 * else, and marks it (REQ_DM_POLL_LIST).
 */
static bool is_polled(const struct bio *bio)
{
#ifdef REQ_POLLED
	const unsigned int both = (__force unsigned int)(REQ_POLLED | REQ_DRV);
	unsigned int opf;

	return peek(&opf, (__force const unsigned int *)&bio->bi_opf) &&
	       (opf & both) == both;
#else
	return false;
#endif
}

static enum step one_step(struct walk *walk)
{
	const void *end_io;
	int which;

	add_disk_of(walk);
	walk->chain.top = walk->bio;
	if (!peek(&end_io, (const void **)&walk->bio->bi_end_io))
		return lost(walk, "unreadable");
	walk->chain.end_io = end_io;
	if (is_polled(walk->bio))
		return lost(walk, "polled");
	which = symbol_which(walk->known, end_io);
	if (which == SPLIT_END)
		return split(walk);
	if (which <= LAST_NAMED)
		return lost(walk, "other-function");
	return steps[which](walk);
}

const void *chain_end_io(struct symbol_cache *known, const struct bio *bio)
{
	const void *end_io;
	int i;

	for (i = 0; i < MAX_STEPS; i++) {
		if (!peek(&end_io, (const void **)&bio->bi_end_io))
			return NULL;
		if (symbol_which(known, end_io) != SPLIT_END)
			return end_io;
		bio = private_of(bio);
		if (!bio)
			return NULL;
	}
	return NULL;
}

static void go_up(struct walk *walk);

static void go_up_loop(struct walk *walk)
{
	const struct request *above = walk->above;
	const struct bio *bio;
	struct walk each;

	if (walk->loops == MAX_LOOPS ||
	    !peek(&bio, (const struct bio **)&above->bio) || !bio) {
		lost(walk, "loop-without-bio");
		walk->fn(&walk->chain, walk->data);
		return;
	}
	for (; bio && *walk->bios_left; --*walk->bios_left) {
		each = *walk;
		each.bio = bio;
		each.loops++;
		passed(&each, above);
		go_up(&each);
		if (!peek(&bio, (const struct bio **)&bio->bi_next))
			return;
	}
}

static void go_up(struct walk *walk)
{
	enum step step;

	do {
		step = walk->steps++ < MAX_STEPS ? one_step(walk) :
			lost(walk, "too-long");
	} while (step == STEP_UP);
	if (step == STEP_LOOP)
		go_up_loop(walk);
	else
		walk->fn(&walk->chain, walk->data);
}

void chain_of_submitted(struct chain *chain, struct symbol_cache *known,
			const struct kiocb *kiocb)
{
	struct walk walk = { .known = known };

	kiocb_end(&walk, kiocb, kiocb, NULL);
	*chain = walk.chain;
}

u64 chain_began_ns(const struct chain *chain)
{
	u64 ago = jiffies_to_nsecs(jiffies - chain->began);
	u64 now = ktime_get_ns();

	return ago < now ? now - ago : 1;
}

void chain_each(struct symbol_cache *known, const struct bio *bio,
		void (*fn)(const struct chain *chain, void *data), void *data)
{
	u32 bios_left = MAX_BIOS;
	struct walk walk = {
		.known = known,
		.fn = fn,
		.data = data,
		.bio = bio,
		.bios_left = &bios_left,
	};

	go_up(&walk);
}
