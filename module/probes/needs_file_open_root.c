// SPDX-License-Identifier: GPL-2.0
/* Needed by compat_open_below(). */
#include <linux/fs.h>
#include <linux/mount.h>

struct file *need_file_open_root(struct vfsmount *mnt);
struct file *need_file_open_root(struct vfsmount *mnt)
{
#ifdef HAVE_FILE_OPEN_ROOT_PATH
	return file_open_root_mnt(mnt, "kernel", O_RDONLY, 0);
#else
	return file_open_root(mnt->mnt_root, mnt, "kernel", O_RDONLY, 0);
#endif
}
