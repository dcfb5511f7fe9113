// SPDX-License-Identifier: GPL-2.0
/* Prints the file layout. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "access/memory.h"
#include "layout/store.h"
#include "text/files.h"
#include "text/text_file.h"
#include "text/values.h"

static void show_struct(struct seq_file *m, const struct layout_store *store,
			unsigned int st)
{
	seq_printf(m, "struct: name=%s source=%s", layout_struct_specs[st].name,
		   store->source[st][0] ? store->source[st] : "-");
	if (store->table.st[st].size)
		seq_printf(m, " size_bytes=%u", store->table.st[st].size);
	else
		seq_puts(m, " size_bytes=-");
	seq_printf(m, " status=%s\n", layout_status_text(store->table.st[st].status));
}

static void show_member(struct seq_file *m, const struct layout_store *store,
			unsigned int i)
{
	seq_printf(m, "member: struct=%s name=%s",
		   layout_struct_specs[layout_member_specs[i].st].name,
		   layout_member_specs[i].name);
	if (store->table.m[i].status == LAYOUT_OK)
		seq_printf(m, " offset=%u size_bytes=%u", store->table.m[i].offset,
			   store->table.m[i].size);
	else
		seq_puts(m, " offset=- size_bytes=-");
	seq_printf(m, " status=%s\n", layout_status_text(store->table.m[i].status));
}

static int show_all(struct seq_file *m)
{
	struct layout_store *store = kmalloc(sizeof(*store), GFP_READ);
	unsigned int st, i;

	if (!store)
		return -ENOMEM;
	store_copy_shown(store);
	seq_puts(m, FORMAT);
	seq_printf(m, "kernel: %s\n", init_utsname()->release);
	seq_printf(m, "module: %s\n", NBDDIAG_VERSION);
	seq_puts(m, "features: " NBDDIAG_FEATURES "\n");
	seq_printf(m, "vmlinux_btf: %s\n", store->vmlinux_state);
	seq_printf(m, "nbd_btf: %s\n", store->nbd_state);
	seq_printf(m, "nbd_btf_file: %s\n", store->file_state);
	for (st = 0; st < LS_NR; st++) {
		show_struct(m, store, st);
		for (i = 0; i < LM_NR; i++)
			if (layout_member_specs[i].st == st)
				show_member(m, store, i);
	}
	kfree(store);
	return 0;
}

static void *layout_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : pos;
}

static void *layout_next(struct seq_file *m, void *record, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void layout_stop(struct seq_file *m, void *record)
{
}

static int layout_show(struct seq_file *m, void *record)
{
	unsigned int noio = memalloc_noio_save();
	int err = show_all(m);

	memalloc_noio_restore(noio);
	return err;
}

static const struct seq_operations layout_ops = {
	.start = layout_start,
	.next = layout_next,
	.stop = layout_stop,
	.show = layout_show,
};

static int layout_open(struct inode *inode, struct file *file)
{
	return text_open(file, &layout_ops, 1) ? 0 : -ENOMEM;
}

const struct file_operations text_layout_fops = {
	.owner = THIS_MODULE,
	.open = layout_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};
