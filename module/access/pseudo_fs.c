// SPDX-License-Identifier: GPL-2.0
/* Opens files of sysfs and proc, whatever the caller has mounted or may see. */
#include <linux/cred.h>
#include <linux/sched/task.h>

#include "access/pseudo_fs.h"

struct vfsmount *pseudo_fs_mount(const char *fs)
{
	struct file_system_type *type = get_fs_type(fs);

	return type ? kern_mount(type) : ERR_PTR(-ENOENT);
}

struct file *pseudo_fs_open(struct vfsmount *mnt, const char *path)
{
	const struct cred *old;
	struct cred *cred;
	struct file *file;

	cred = prepare_kernel_cred(&init_task);
	if (!cred)
		return ERR_PTR(-ENOMEM);
	old = override_creds(cred);
	file = compat_open_below(mnt, path);
	revert_creds(old);
	put_cred(cred);
	return file;
}
