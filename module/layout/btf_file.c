// SPDX-License-Identifier: GPL-2.0
/* Reads the kernel's own BTF from sysfs. */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "access/pseudo_fs.h"
#include "layout/btf_file.h"

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

static void *read_file(struct file *file, u32 *size)
{
	loff_t len = i_size_read(file_inode(file));
	void *data;
	int err;

	if (!S_ISREG(file_inode(file)->i_mode))
		return ERR_PTR(-EINVAL);
	if (len <= 0 || len > BTF_MAX_BYTES)
		return ERR_PTR(-EFBIG);
	data = kvmalloc(len, GFP_LOAD);
	if (!data)
		return ERR_PTR(-ENOMEM);
	err = read_whole(file, data, len);
	if (err) {
		kvfree(data);
		return ERR_PTR(err);
	}
	*size = len;
	return data;
}

static void *read_sysfs(const char *path, u32 *size)
{
	struct vfsmount *sysfs = pseudo_fs_mount("sysfs");
	struct file *file;
	void *data;

	if (IS_ERR(sysfs))
		return ERR_CAST(sysfs);

	file = pseudo_fs_open(sysfs, path);
	if (IS_ERR(file)) {
		data = ERR_CAST(file);
	} else {
		data = read_file(file, size);
		fput(file);
	}
	kern_unmount(sysfs);
	return data;
}

void btf_file_close(struct btf_file *f)
{
	kvfree(f->index);
	kvfree(f->data);
	memset(f, 0, sizeof(*f));
}

/* Takes @data over. */
static int open_data(struct btf_file *f, void *data, u32 size,
		     const struct btf *base)
{
	int err;

	memset(f, 0, sizeof(*f));
	if (IS_ERR(data))
		return PTR_ERR(data);
	f->data = data;
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

int btf_file_open(struct btf_file *f, const char *name, const struct btf *base)
{
	char path[64];
	u32 size = 0;
	void *data;

	snprintf(path, sizeof(path), "kernel/btf/%s", name);
	data = read_sysfs(path, &size);
	return open_data(f, data, size, base);
}

void *btf_file_read(const char *path, u32 *size)
{
	struct file *file;
	void *data;

	/* A pipe that nobody writes to is opened at once too, and then refused. */
	file = filp_open(path, O_RDONLY | O_LARGEFILE | O_NONBLOCK, 0);
	if (IS_ERR(file))
		return ERR_CAST(file);
	data = read_file(file, size);
	fput(file);
	return data;
}

int btf_file_open_bytes(struct btf_file *f, const void *data, u32 size,
			const struct btf *base)
{
	void *copy = kvmalloc(size, GFP_LOAD);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	return open_data(f, copy, size, base);
}
