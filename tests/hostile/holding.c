// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag_holding, for the case io-held-by-driver: the disk held0 of a bio
 * driver that keeps what it gets in a list of its own, and counts it. It stands
 * for the drivers of vendors.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#define SECTORS (16 << 11)
#define MINORS 16

static int major;
static struct gendisk *disk;

static DEFINE_SPINLOCK(lock);	/* of the list, and of hold */
static struct bio_list held = BIO_EMPTY_LIST;
static bool hold;

static void answer(struct bio *bio)
{
	bio_end_io_acct(bio, jiffies);
	bio_endio(bio);
}

static void answer_all(void)
{
	struct bio_list list;
	struct bio *bio;

	spin_lock_irq(&lock);
	list = held;
	bio_list_init(&held);
	spin_unlock_irq(&lock);
	while ((bio = bio_list_pop(&list)))
		answer(bio);
}

static int set_hold(const char *val, const struct kernel_param *kp)
{
	int err = param_set_bool(val, kp);

	if (!err && !hold)
		answer_all();
	return err;
}

static const struct kernel_param_ops hold_ops = {
	.set = set_hold,
	.get = param_get_bool,
};
module_param_cb(hold, &hold_ops, &hold, 0644);
MODULE_PARM_DESC(hold, "Keep requests; when it ends, all are answered");

static void take(struct bio *bio)
{
	bool keep;

	bio_start_io_acct(bio);
	spin_lock_irq(&lock);
	keep = hold;
	if (keep)
		bio_list_add(&held, bio);
	spin_unlock_irq(&lock);
	if (!keep)
		answer(bio);
}

#ifdef blk_alloc_disk
static void holding_submit(struct bio *bio)
{
	take(bio);
}
#else
static blk_qc_t holding_submit(struct bio *bio)
{
	take(bio);
	return BLK_QC_T_NONE;
}
#endif

static const struct block_device_operations holding_ops = {
	.owner = THIS_MODULE,
	.submit_bio = holding_submit,
};

#if defined(BLK_FEAT_IO_STAT)
static struct gendisk *holding_alloc(void)
{
	struct queue_limits limits = { .features = BLK_FEAT_IO_STAT };

	return blk_alloc_disk(&limits, NUMA_NO_NODE);
}
#elif defined(blk_alloc_disk)
static struct gendisk *holding_alloc(void)
{
	struct gendisk *made = blk_alloc_disk(NUMA_NO_NODE);

	return made ? made : ERR_PTR(-ENOMEM);
}
#else
static struct gendisk *holding_alloc(void)
{
	struct gendisk *made = alloc_disk(MINORS);

	if (!made)
		return ERR_PTR(-ENOMEM);
	made->queue = blk_alloc_queue(NUMA_NO_NODE);
	if (made->queue)
		return made;
	put_disk(made);
	return ERR_PTR(-ENOMEM);
}
#endif

static void holding_free(struct gendisk *made)
{
#ifndef blk_alloc_disk
	blk_cleanup_queue(made->queue);
#endif
	put_disk(made);
}

static int holding_add(struct gendisk *made)
{
#ifdef blk_alloc_disk
	return add_disk(made);
#else
	add_disk(made);
	return 0;
#endif
}

static int __init holding_init(void)
{
	int err;

	major = register_blkdev(0, "nbddiag_holding");
	if (major < 0)
		return major;
	disk = holding_alloc();
	if (IS_ERR(disk)) {
		err = PTR_ERR(disk);
		goto unregister;
	}
	disk->major = major;
	disk->minors = MINORS;
	disk->fops = &holding_ops;
	strscpy(disk->disk_name, "held0", sizeof(disk->disk_name));
	set_capacity(disk, SECTORS);
	err = holding_add(disk);
	if (err)
		goto free;
	return 0;

free:
	holding_free(disk);
unregister:
	unregister_blkdev(major, "nbddiag_holding");
	return err;
}

static void __exit holding_exit(void)
{
	del_gendisk(disk);
	holding_free(disk);
	unregister_blkdev(major, "nbddiag_holding");
}

module_init(holding_init);
module_exit(holding_exit);
MODULE_DESCRIPTION("A disk whose driver keeps requests to itself");
MODULE_LICENSE("GPL");
