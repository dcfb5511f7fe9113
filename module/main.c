// SPDX-License-Identifier: GPL-2.0
/* nbddiag: what is wrong with nbd, block I/O, AIO and io_uring. Load and unload order only. */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "access/memory.h"
#include "access/proc_sys.h"
#include "knob/knob.h"
#include "layout/find.h"
#include "layout/modules.h"
#include "object/page_waits.h"
#include "snapshot/disks.h"
#include "text/files.h"

static struct dentry *debugfs_dir;

static const struct {
	const char *name;
	const struct file_operations *fops;
} files[] = {
	{ "layout", &text_layout_fops },
	{ "devices", &text_devices_fops },
	{ "aio", &text_aio_fops },
	{ "aio_scan", &text_aio_scan_fops },
	{ "io", &text_io_fops },
	{ "tasks", &text_tasks_fops },
	{ "uring", &text_uring_fops },
};

static int __init make_files(void)
{
	struct dentry *file;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		file = debugfs_create_file(files[i].name, 0400, debugfs_dir,
					   NULL, files[i].fops);
		if (IS_ERR(file))
			return PTR_ERR(file);
	}
	return 0;
}

static int __init load_all(void)
{
	int err;

	debugfs_dir = debugfs_create_dir("nbddiag", NULL);
	if (IS_ERR(debugfs_dir)) {
		pr_err("debugfs is not available\n");
		return PTR_ERR(debugfs_dir);
	}

	proc_sys_init();
	err = layout_modules_init();
	if (err)
		goto err_debugfs;
	layout_init();
	page_waits_init();
	/* Last what may be open already when something after it fails. */
	err = cleanup_init();
	if (err) {
		pr_err("cannot make /sys/kernel/nbddiag: error %d\n", err);
		goto err_modules;
	}
	err = disks_register(debugfs_dir, &text_device_fops);
	if (err) {
		pr_err("cannot watch block devices: error %d\n", err);
		goto err_cleanup;
	}
	err = make_files();
	if (err) {
		pr_err("cannot make the files in debugfs: error %d\n", err);
		goto err_devices;
	}
	return 0;

err_devices:
	disks_unregister();
err_cleanup:
	cleanup_exit();
err_modules:
	layout_modules_exit();
err_debugfs:
	debugfs_remove_recursive(debugfs_dir);
	proc_sys_exit();
	layout_exit();
	return err;
}

/* A task that adds or removes a disk may have to wait for us: do not wait for I/O. */
static int __init nbddiag_init(void)
{
	unsigned int noio = memalloc_noio_save();
	int err = load_all();

	memalloc_noio_restore(noio);
	return err;
}

static void __exit nbddiag_exit(void)
{
	unsigned int noio = memalloc_noio_save();

	disks_unregister();
	cleanup_exit();
	debugfs_remove_recursive(debugfs_dir);
	layout_modules_exit();
	proc_sys_exit();
	layout_exit();
	memalloc_noio_restore(noio);
}

module_init(nbddiag_init);
module_exit(nbddiag_exit);

MODULE_DESCRIPTION("Shows what is wrong with nbd, block I/O, AIO and io_uring on a live host");
MODULE_AUTHOR("The nbddiag developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(NBDDIAG_VERSION);
MODULE_INFO(features, NBDDIAG_FEATURES);
