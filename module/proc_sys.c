// SPDX-License-Identifier: GPL-2.0
/* Reads figures from a proc of its own, mounted while the module is loaded. */
#include <linux/file.h>
#include <linux/string.h>

#include "pseudo_fs.h"
#include "proc_sys.h"

static struct vfsmount *proc;

void proc_sys_init(void)
{
	proc = pseudo_fs_mount("proc");
}

void proc_sys_exit(void)
{
	if (!IS_ERR(proc))
		kern_unmount(proc);
}

s64 proc_sys_read(const char *path)
{
	char text[24] = "";
	struct file *file;
	ssize_t got;
	loff_t pos = 0;
	s64 value;

	if (IS_ERR(proc))
		return -1;
	file = pseudo_fs_open(proc, path);
	if (IS_ERR(file))
		return -1;
	got = kernel_read(file, text, sizeof(text) - 1, &pos);
	fput(file);
	if (got <= 0 || kstrtos64(strim(text), 10, &value))
		return -1;
	return value;
}
