/* SPDX-License-Identifier: GPL-2.0 */
/* Finds out where private members lie on this kernel. */
#ifndef NBDDIAG_FIND_H
#define NBDDIAG_FIND_H

#include "layout/resolve.h"

struct btf_file;
struct gendisk;

/**
 * layout_init() - resolve what lies in vmlinux
 *
 * Never fails: what cannot be resolved is unavailable, with its reason.
 *
 * Context: may sleep; reads /sys/kernel/btf and the file of nbd_btf.
 */
void layout_init(void);

void layout_exit(void);

/**
 * layout_resolve_nbd() - resolve nbd's structures for the nbd that is loaded
 * @disk: one of its disks, in any state
 *
 * To be called for the first disk that appears, and before anybody can read
 * the layout of nbd's structures: nbd may have been replaced by another build
 * since its last disk went.
 *
 * Context: may sleep; may be called from a class interface's callback.
 */
void layout_resolve_nbd(struct gendisk *disk);

/*
 * Resolve the structures of one home.
 *
 * @btf: opened and indexed image
 *
 * Context: one caller at a time.
 * Return: was any of them found?
 */
bool layout_take_home(enum layout_home home, const struct btf *btf);

/*
 * Open the BTF of the kernel itself.
 *
 * Return: 0 or a negative error; -ENOENT also if BTF is not to be used.
 */
int layout_open_vmlinux(struct btf_file *vmlinux);

#endif /* NBDDIAG_FIND_H */
