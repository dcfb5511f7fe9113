// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out where private members lie on this kernel: from its BTF, from a file
 * with BTF, else from a mirror that proves itself on a real device. Nothing is
 * guessed: what cannot be had is unavailable, with its reason, and the rest goes
 * on.
 */
#include <linux/blk-mq.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "access/memory.h"
#include "access/peek.h"
#include "access/slab_object.h"
#include "layout/btf_file.h"
#include "layout/find.h"
#include "layout/layout.h"
#include "layout/learn.h"
#include "layout/mirror.h"
#include "layout/modules.h"
#include "layout/store.h"

static bool use_btf = true;
module_param(use_btf, bool, 0444);
MODULE_PARM_DESC(use_btf, "Use the kernel's BTF (N is for tests of the mirrors)");

module_param_named(nbd_btf, layout_file_path, charp, 0444);
MODULE_PARM_DESC(nbd_btf, "File with nbd's BTF, for kernels that have none of modules");

/*
 * The file of the parameter nbd_btf, read when the module is loaded: later a disk
 * of nbd may come while its file system hangs. While what it says is used, each
 * device may disprove it.
 */
static void *file_data;
static u32 file_size;

/* ---- what lies in vmlinux ---- */

/* A member of a public type must have that type's size. */
static void check_public_sizes(enum layout_struct_id st)
{
	unsigned int m;

	for (m = 0; m < LM_NR; m++) {
		u32 size = store_public_size(m);

		if (size && layout_member_specs[m].st == st &&
		    layout_now.table.m[m].status == LAYOUT_OK &&
		    layout_now.table.m[m].size != size)
			layout_now.table.m[m].status = LAYOUT_WRONG_SIZE;
	}
}

/* Return: was any of its structures found? */
static bool resolve_home(enum layout_home home, const struct btf *btf,
			 const char *source)
{
	unsigned int st;
	bool any = false;

	for (st = 0; st < LS_NR; st++) {
		if (layout_struct_specs[st].home != home)
			continue;
		layout_resolve(&layout_now.table, btf, st);
		check_public_sizes(st);
		strscpy(layout_now.source[st], layout_now.table.st[st].status == LAYOUT_OK ?
			source : "", LAYOUT_SOURCE_LEN);
		any |= layout_now.source[st][0];
	}
	return any;
}

bool layout_take_home(enum layout_home home, const struct btf *btf)
{
	return resolve_home(home, btf, "btf");
}

int layout_open_vmlinux(struct btf_file *vmlinux)
{
	int err = -ENOENT;

	if (use_btf)
		err = btf_file_open(vmlinux, "vmlinux", NULL);
	store_set_state(layout_now.vmlinux_state, err);
	return err;
}

/* Whatever BTF says, nothing could be read there; see peek_is_kernel_address(). */
static void refuse_architecture(void)
{
	static const char reason[] = "-(unknown-architecture)";
	unsigned int home;

	pr_warn("foreign memory is not read on this architecture: nothing can be known of devices and AIO. See debugfs nbddiag/layout\n");
	for (home = 0; home < LAYOUT_HOME_NR; home++)
		store_refuse_home(home, LAYOUT_UNKNOWN_ARCHITECTURE);
	strscpy(layout_now.vmlinux_state, reason, LAYOUT_STATE_LEN);
	strscpy(layout_now.nbd_state, reason, LAYOUT_STATE_LEN);
	store_publish();
}

static void read_nbd_btf(void)
{
	if (!layout_file_path || !*layout_file_path)
		return;
	file_data = btf_file_read(layout_file_path, &file_size);
	if (!IS_ERR(file_data)) {
		strscpy(layout_now.file_state, "-(unresolved)", LAYOUT_STATE_LEN);
		return;
	}
	store_set_state(layout_now.file_state, PTR_ERR(file_data));
	pr_warn("nbd_btf: %s cannot be read: error %ld\n", layout_file_path,
		PTR_ERR(file_data));
	file_data = NULL;
}

void layout_exit(void)
{
	kvfree(file_data);
}

void layout_init(void)
{
	struct btf_file vmlinux;
	int err;

	if (!peek_is_possible()) {
		refuse_architecture();
		return;
	}
	read_nbd_btf();
	slab_object_init();

	err = layout_open_vmlinux(&vmlinux);
	if (err) {
		/* Without memory for it nobody has looked. */
		store_refuse_home(LAYOUT_HOME_CORE, err == -ENOENT ?
			    LAYOUT_NO_STRUCT : LAYOUT_UNRESOLVED);
		strscpy(layout_now.source[LS_BLK_MQ_TAGS],
			mirror_fill_tags(&layout_now.table), LAYOUT_SOURCE_LEN);
		layout_modules_resolve_all(NULL);
	} else {
		resolve_home(LAYOUT_HOME_CORE, &vmlinux.btf, "btf");
		layout_modules_resolve_all(&vmlinux.btf);
		btf_file_close(&vmlinux);
	}
	store_publish();
}

/* ---- nbd ---- */

/* @base may be NULL, and so must have been when the file was made. */
static void nbd_from_file(const struct btf *base)
{
	struct btf_file nbd;
	int err;

	if (!file_data)
		return;
	err = btf_file_open_bytes(&nbd, file_data, file_size, base);
	store_set_state(layout_now.file_state, err);
	if (err)
		return;
	resolve_home(LAYOUT_HOME_NBD, &nbd.btf, "btf-file");
	btf_file_close(&nbd);
	layout_file_used = layout_now.table.st[LS_NBD_DEVICE].status == LAYOUT_OK;
	if (!layout_file_used)
		strscpy(layout_now.file_state, "-(no-struct)", LAYOUT_STATE_LEN);
}

/* nbd's own BTF if it is a module, vmlinux's if it is built in, or a file. */
static bool nbd_from_btf(void)
{
	struct btf_file vmlinux, nbd;
	int err;

	if (layout_open_vmlinux(&vmlinux)) {
		store_set_state(layout_now.nbd_state, -ENOENT);
		nbd_from_file(NULL);
		return layout_file_used;
	}

	err = btf_file_open(&nbd, "nbd", &vmlinux.btf);
	store_set_state(layout_now.nbd_state, err);
	if (!err) {
		resolve_home(LAYOUT_HOME_NBD, &nbd.btf, "btf");
		btf_file_close(&nbd);
	} else if (err == -ENOENT &&
		   btf_find_struct(&vmlinux.btf, "nbd_device", 0)) {
		strscpy(layout_now.nbd_state, "builtin", LAYOUT_STATE_LEN);
		resolve_home(LAYOUT_HOME_NBD, &vmlinux.btf, "btf");
	} else {
		nbd_from_file(&vmlinux.btf);
	}
	btf_file_close(&vmlinux);
	return layout_now.table.st[LS_NBD_DEVICE].status == LAYOUT_OK;
}

/* nbd tells the block layer how much room its struct nbd_cmd takes. */
static bool cmd_size_fits(struct gendisk *disk)
{
	return disk->queue->tag_set->cmd_size == layout_now.table.st[LS_NBD_CMD].size;
}

/* A file that is of another nbd is wrong as a whole. */
static void check_btf(struct gendisk *disk)
{
	if (layout_file_used && (layout_check_disk(disk) != LAYOUT_OK ||
				 !cmd_size_fits(disk)))
		store_refuse_file();
	else if (layout_file_used)
		layout_learn_file(disk);
	else if (layout_check_disk(disk) == LAYOUT_DISPROVED)
		store_refuse_home(LAYOUT_HOME_NBD, LAYOUT_DISPROVED);
	else if (!cmd_size_fits(disk))
		store_refuse_struct(LS_NBD_CMD, LAYOUT_DISPROVED);
}

void layout_resolve_nbd(struct gendisk *disk)
{
	enum layout_status status;

	if (!peek_is_possible())
		return;
	layout_mirrors_left = 0;
	layout_forget_inflight();
	layout_file_used = false;
	store_refuse_home(LAYOUT_HOME_NBD, LAYOUT_NO_STRUCT);
	if (nbd_from_btf()) {
		check_btf(disk);
	} else {
		status = layout_learn_mirrors(disk);
		if (status != LAYOUT_OK)
			store_refuse_home(LAYOUT_HOME_NBD, status);
	}
	if (layout_now.table.st[LS_NBD_DEVICE].status != LAYOUT_OK)
		pr_warn("the structures of this nbd are not known: its devices are shown as unknown. See debugfs nbddiag/layout\n");
	store_publish();
}
