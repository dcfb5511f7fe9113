// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag_flushing, for the case tasks-flush: while it is loaded, a worker reads
 * the beginning of a file, and who loads it waits for that: by flush_work(), or
 * for the whole queue.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#define BYTES 4096

static char *file = "";
module_param(file, charp, 0444);
MODULE_PARM_DESC(file, "What is read");

static bool queue;
module_param(queue, bool, 0444);
MODULE_PARM_DESC(queue, "Wait for all works of the queue, not for one");

static struct file *opened;
static char buffer[BYTES];
static ssize_t got;

static void read_file(struct work_struct *work)
{
	loff_t pos = 0;

	got = kernel_read(opened, buffer, sizeof(buffer), &pos);
}

static DECLARE_WORK(reading, read_file);

static int read_by_worker(void)
{
	struct workqueue_struct *wq;

	wq = alloc_workqueue("nbddiag_flushing", WQ_UNBOUND, 0);
	if (!wq)
		return -ENOMEM;
	queue_work(wq, &reading);
	if (queue)
		flush_workqueue(wq);
	else
		flush_work(&reading);
	destroy_workqueue(wq);
	return got == BYTES ? 0 : -EIO;
}

static int __init flushing_init(void)
{
	int err;

	opened = filp_open(file, O_RDONLY | O_LARGEFILE, 0);
	if (IS_ERR(opened))
		return PTR_ERR(opened);
	err = read_by_worker();
	filp_close(opened, NULL);
	return err;
}

static void __exit flushing_exit(void)
{
}

module_init(flushing_init);
module_exit(flushing_exit);
MODULE_DESCRIPTION("Waits for a worker that reads a file");
MODULE_LICENSE("GPL");
