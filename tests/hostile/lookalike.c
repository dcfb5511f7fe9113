// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag_lookalike, for the case tasks-locks: who loads it waits for a mutex that
 * is no disk's. All that lies around it is the address of a disk, as if it were
 * in a block device of that disk. Who has it lets go if let_go is set.
 */
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#define WORDS 256

static char *file = "";
module_param(file, charp, 0444);
MODULE_PARM_DESC(file, "A block device, of the disk");

static bool let_go;
module_param(let_go, bool, 0644);
MODULE_PARM_DESC(let_go, "Unlock the mutex");

static struct alike {
	const struct gendisk *before[WORDS];
	struct mutex mutex; /* what is waited for */
	const struct gendisk *after[WORDS];
} *alike;

static DECLARE_COMPLETION(has_it);

static int have(void *unused)
{
	mutex_lock(&alike->mutex);
	complete(&has_it);
	while (!READ_ONCE(let_go))
		msleep_interruptible(20);
	mutex_unlock(&alike->mutex);
	while (!kthread_should_stop())
		msleep_interruptible(20);
	return 0;
}

static int write_disks(void)
{
	const struct gendisk *disk;
	struct file *opened;
	int i;

	opened = filp_open(file, O_RDONLY | O_LARGEFILE, 0);
	if (IS_ERR(opened))
		return PTR_ERR(opened);
	disk = I_BDEV(opened->f_mapping->host)->bd_disk;
	filp_close(opened, NULL);
	for (i = 0; i < WORDS; i++) {
		alike->before[i] = disk;
		alike->after[i] = disk;
	}
	return 0;
}

static int wait_for_it(void)
{
	struct task_struct *holder;
	int err = write_disks();

	if (err)
		return err;
	mutex_init(&alike->mutex);
	holder = kthread_run(have, NULL, "nbddiag_has_it");
	if (IS_ERR(holder))
		return PTR_ERR(holder);
	wait_for_completion(&has_it);
	mutex_lock(&alike->mutex);
	mutex_unlock(&alike->mutex);
	kthread_stop(holder);
	return 0;
}

static int __init lookalike_init(void)
{
	int err;

	alike = kzalloc(sizeof(*alike), GFP_KERNEL);
	if (!alike)
		return -ENOMEM;
	err = wait_for_it();
	kfree(alike);
	return err;
}

static void __exit lookalike_exit(void)
{
}

module_init(lookalike_init);
module_exit(lookalike_exit);
MODULE_DESCRIPTION("Waits for a mutex that looks like one of a block device");
MODULE_LICENSE("GPL");
