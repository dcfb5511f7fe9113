/* SPDX-License-Identifier: GPL-2.0 */
/* What the files in debugfs have in common. */
#ifndef NBDDIAG_TEXT_FILE_H
#define NBDDIAG_TEXT_FILE_H

#include <linux/seq_file.h>

/*
 * Open a file that is printed in records.
 *
 * @ops: of the records; each fits into 32 KiB
 * @size: bytes of zeros to be had as the seq_file's private
 *
 * All memory that seq_file needs is taken here, so that a read needs no more.
 *
 * Context: may sleep; does not wait for I/O.
 * Return: @size bytes, or NULL.
 */
void *text_open(struct file *file, const struct seq_operations *ops,
		size_t size);

/*
 * Keep the disk of a device's file from going.
 *
 * Such files are made by debugfs_create_file_unsafe(): the removal of a disk
 * waits only for who is between text_get() and text_put(), and not for a
 * reader whose own memory cannot be written to.
 *
 * Return: 0, or -EIO if the disk has gone.
 */
int text_get(struct seq_file *m);

/* The end of text_get(). */
void text_put(struct seq_file *m);

/**
 * text_read() - read a device's file; -EIO when the disk has gone
 *
 * The arguments are those of seq_read().
 */
ssize_t text_read(struct file *file, char __user *buf, size_t size,
		  loff_t *pos);

#endif /* NBDDIAG_TEXT_FILE_H */
