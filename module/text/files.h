/* SPDX-License-Identifier: GPL-2.0 */
/* The debugfs files of devices. */
#ifndef NBDDIAG_FILES_H
#define NBDDIAG_FILES_H

#include <linux/fs.h>

/* File operations of a device's file; i_private is its struct gendisk. */
extern const struct file_operations text_device_fops;

/* File operations of the file devices. */
extern const struct file_operations text_devices_fops;

/* File operations of the files aio and aio_scan. */
extern const struct file_operations text_aio_fops;
extern const struct file_operations text_aio_scan_fops;

/* File operations of the file io. */
extern const struct file_operations text_io_fops;

/* File operations of the file tasks. */
extern const struct file_operations text_tasks_fops;

/* File operations of the file uring. */
extern const struct file_operations text_uring_fops;

/* File operations of the file layout. */
extern const struct file_operations text_layout_fops;

#endif /* NBDDIAG_FILES_H */
