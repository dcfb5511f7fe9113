// SPDX-License-Identifier: GPL-2.0
/* nbddiag: shows what is wrong with nbd devices. Load and unload order only. */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "cleanup.h"
#include "devices.h"
#include "layout.h"
#include "proc_sys.h"
#include "text.h"

static struct dentry *debugfs_dir;

static int __init nbddiag_init(void)
{
	int err;

	debugfs_dir = debugfs_create_dir("nbddiag", NULL);
	if (IS_ERR(debugfs_dir)) {
		pr_err("debugfs is not available\n");
		return PTR_ERR(debugfs_dir);
	}

	layout_init();
	proc_sys_init();
	debugfs_create_file("layout", 0400, debugfs_dir, NULL,
			    &text_layout_fops);
	debugfs_create_file("devices", 0400, debugfs_dir, NULL,
			    &text_devices_fops);
	debugfs_create_file("aio", 0400, debugfs_dir, NULL, &text_aio_fops);
	debugfs_create_file("aio_scan", 0400, debugfs_dir, NULL,
			    &text_aio_scan_fops);

	err = devices_register(debugfs_dir);
	if (err) {
		pr_err("cannot watch block devices: error %d\n", err);
		goto err_debugfs;
	}
	err = cleanup_init();
	if (err) {
		pr_err("cannot make /sys/kernel/nbddiag: error %d\n", err);
		goto err_devices;
	}
	return 0;

err_devices:
	devices_unregister();
err_debugfs:
	debugfs_remove_recursive(debugfs_dir);
	proc_sys_exit();
	return err;
}

static void __exit nbddiag_exit(void)
{
	cleanup_exit();
	devices_unregister();
	debugfs_remove_recursive(debugfs_dir);
	proc_sys_exit();
}

module_init(nbddiag_init);
module_exit(nbddiag_exit);

MODULE_DESCRIPTION("Shows what is wrong with nbd devices on a live host");
MODULE_AUTHOR("The nbddiag developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(NBDDIAG_VERSION);
