/* SPDX-License-Identifier: GPL-2.0 */
/* The BTF that the running kernel has of itself and its modules, or a file. */
#ifndef NBDDIAG_BTF_FILE_H
#define NBDDIAG_BTF_FILE_H

#include "layout/btf.h"

/**
 * struct btf_file - an image of /sys/kernel/btf in memory
 * @btf: opened and indexed
 * @data: the image
 * @index: the index of @btf
 */
struct btf_file {
	struct btf btf;
	void *data;
	u32 *index;
};

/*
 * Read, open and index an image.
 *
 * @name: "vmlinux" or the name of a module
 * @base: the image of vmlinux, for a module
 *
 * Context: may sleep. Works without anything mounted, with the kernel's own
 * rights.
 * Return: 0; -ENOENT if the kernel has none; errors of btf_open(); or another
 * negative error.
 */
int btf_file_open(struct btf_file *f, const char *name, const struct btf *base);

/*
 * Read a file that somebody made, without looking into it.
 *
 * @path: as the caller sees it
 *
 * Context: may sleep; reads a file system.
 * Return: its bytes, for kvfree(), or an ERR_PTR().
 */
void *btf_file_read(const char *path, u32 *size);

/*
 * Open and index an image in memory.
 *
 * @data: the image; a copy is taken
 * @base: the image of vmlinux that it was made for, or NULL
 *
 * Return: as btf_file_open().
 */
int btf_file_open_bytes(struct btf_file *f, const void *data, u32 size,
			const struct btf *base);

/* Give the memory back. */
void btf_file_close(struct btf_file *f);

#endif /* NBDDIAG_BTF_FILE_H */
