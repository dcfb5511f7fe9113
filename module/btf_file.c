// SPDX-License-Identifier: GPL-2.0
/* Reads the kernel's own BTF from sysfs. */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "btf_file.h"
#include "memory.h"
#include "pseudo_fs.h"

#define BTF_MAX_BYTES (64U << 20)

static int read_whole(struct file *file, void *data, size_t size)
{
	loff_t pos = 0;
	ssize_t got;

	while (pos < size) {
		got = kernel_read(file, data + pos, size - pos, &pos);
		if (got < 0)
			return got;
		if (!got)
			return -EIO;
	}
	return 0;
}

static void *read_sysfs(const char *path, u32 *size)
{
	struct vfsmount *sysfs = pseudo_fs_mount("sysfs");
	struct file *file;
	void *data;
	loff_t len;
	int err;

	if (IS_ERR(sysfs))
		return ERR_CAST(sysfs);

	file = pseudo_fs_open(sysfs, path);
	if (IS_ERR(file)) {
		data = ERR_CAST(file);
		goto unmount;
	}

	len = i_size_read(file_inode(file));
	if (len <= 0 || len > BTF_MAX_BYTES) {
		data = ERR_PTR(-EFBIG);
		goto close;
	}
	data = kvmalloc(len, GFP_LOAD);
	if (!data) {
		data = ERR_PTR(-ENOMEM);
		goto close;
	}
	err = read_whole(file, data, len);
	if (err) {
		kvfree(data);
		data = ERR_PTR(err);
		goto close;
	}
	*size = len;
close:
	fput(file);
unmount:
	kern_unmount(sysfs);
	return data;
}

void btf_file_close(struct btf_file *f)
{
	kvfree(f->index);
	kvfree(f->data);
	memset(f, 0, sizeof(*f));
}

int btf_file_open(struct btf_file *f, const char *name, const struct btf *base)
{
	char path[64];
	u32 size = 0;
	int err;

	memset(f, 0, sizeof(*f));
	snprintf(path, sizeof(path), "kernel/btf/%s", name);
	f->data = read_sysfs(path, &size);
	if (IS_ERR(f->data)) {
		err = PTR_ERR(f->data);
		f->data = NULL;
		return err;
	}

	err = btf_open(&f->btf, f->data, size, base);
	if (err)
		goto fail;
	f->index = kvmalloc_array(f->btf.nr_types, sizeof(u32), GFP_LOAD);
	if (!f->index) {
		err = -ENOMEM;
		goto fail;
	}
	btf_index(&f->btf, f->index);
	return 0;
fail:
	btf_file_close(f);
	return err;
}
