// SPDX-License-Identifier: GPL-2.0
/*
 * Reads figures from a proc of its own, mounted while the module is loaded. The
 * files stay open: to open one may wait for memory of the reader's cgroup.
 */
#include <linux/file.h>
#include <linux/string.h>

#include "access/proc_sys.h"
#include "access/pseudo_fs.h"

static const char * const paths[PROC_SYS_NR] = {
	[PROC_SYS_AIO_NR] = "sys/fs/aio-nr",
	[PROC_SYS_AIO_MAX_NR] = "sys/fs/aio-max-nr",
};

static struct vfsmount *proc;
static struct file *files[PROC_SYS_NR];

void proc_sys_init(void)
{
	unsigned int i;

	proc = pseudo_fs_mount("proc");
	for (i = 0; i < PROC_SYS_NR; i++)
		files[i] = IS_ERR(proc) ? ERR_CAST(proc) :
			pseudo_fs_open(proc, paths[i]);
}

void proc_sys_exit(void)
{
	unsigned int i;

	for (i = 0; i < PROC_SYS_NR; i++)
		if (!IS_ERR(files[i]))
			fput(files[i]);
	/* The files are closed later, by the task that called us. */
	if (!IS_ERR(proc))
		kern_unmount(proc);
}

struct known proc_sys_read(enum proc_sys what)
{
	char text[24] = "";
	ssize_t got;
	loff_t pos = 0;
	s64 value;

	if (IS_ERR(files[what]))
		return known_not("unreadable");
	got = kernel_read(files[what], text, sizeof(text) - 1, &pos);
	if (got <= 0 || kstrtos64(strim(text), 10, &value))
		return known_not("unreadable");
	return known_count(value);
}
