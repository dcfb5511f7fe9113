/* SPDX-License-Identifier: GPL-2.0 */
/* Opens files of the kernel's own filesystems. */
#ifndef NBDDIAG_PSEUDO_FS_H
#define NBDDIAG_PSEUDO_FS_H

struct file;
struct vfsmount;

/**
 * pseudo_fs_mount() - a mount of a filesystem that only nbddiag sees
 * @fs: "sysfs" or "proc"
 *
 * Context: may sleep.
 * Return: a mount for kern_unmount(), or an ERR_PTR().
 */
struct vfsmount *pseudo_fs_mount(const char *fs);

/*
 * Open a file for reading, whoever the caller is.
 *
 * @path: below its root
 *
 * With the kernel's credentials: the first nbd device may well be made by a
 * confined process in a container.
 *
 * Context: may sleep.
 * Return: a file for fput(), or an ERR_PTR().
 */
struct file *pseudo_fs_open(struct vfsmount *mnt, const char *path);

#endif /* NBDDIAG_PSEUDO_FS_H */
