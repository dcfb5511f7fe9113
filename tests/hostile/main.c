// SPDX-License-Identifier: GPL-2.0
/* nbddiag_hostile: the files which run the tests. */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "access/proc_sys.h"
#include "layout/find.h"
#include "snapshot/disks.h"
#include "text/files.h"

#include "hostile.h"

unsigned int limit_ms = 2000;
module_param(limit_ms, uint, 0644);
MODULE_PARM_DESC(limit_ms, "How long one call of an accessor may take");

static struct dentry *dir;

/* ---- verdicts ---- */

void test_begin(struct verdicts *v)
{
	v->start = ktime_get_ns();
}

bool test_in_time(struct verdicts *v)
{
	u64 took = ktime_get_ns() - v->start;

	v->longest = max(v->longest, took);
	return took <= (u64)limit_ms * NSEC_PER_MSEC;
}

void test_says(struct verdicts *v, bool ok, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	seq_puts(v->m, ok ? "ok - " : "not ok - ");
	seq_vprintf(v->m, format, args);
	seq_putc(v->m, '\n');
	va_end(args);
}

void forge_bytes(void *base, enum layout_member_id m, const void *value,
		 size_t size)
{
	if (layout_status_of(m) == LAYOUT_OK)
		memcpy(forge_at(base, m), value, size);
}

/* ---- files ---- */

static const struct group {
	const char *name;
	void (*test)(struct verdicts *v);
} groups[] = {
	{ "pointers", test_pointers },
	{ "random", test_random },
	{ "sockets", test_sockets },
	{ "contexts", test_contexts },
	{ "requests", test_requests },
	{ "devices", test_devices },
	{ "symbols", test_symbols },
};

static int group_show(struct seq_file *m, void *unused)
{
	const struct group *group = m->private;
	struct verdicts v = { .m = m };

	bad_refresh();
	group->test(&v);
	test_says(&v, true, "%s: the longest call took %llu us", group->name,
		  v.longest / NSEC_PER_USEC);
	return 0;
}

static int group_open(struct inode *inode, struct file *file)
{
	/* Room for all, so that the tests run once only. */
	return single_open_size(file, group_show, inode->i_private,
				64 * PAGE_SIZE);
}

static const struct file_operations group_fops = {
	.owner = THIS_MODULE,
	.open = group_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init hostile_init(void)
{
	unsigned int i;
	int err;

	err = bad_init();
	if (err)
		return err;
	dir = debugfs_create_dir("nbddiag_hostile", NULL);
	layout_init();
	proc_sys_init();
	err = disks_register(dir, &text_device_fops);
	if (err)
		goto fail;
	err = devices_lend(dir);
	if (err)
		goto unregister;
	err = contexts_lie(dir);
	if (err)
		goto take_back;
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		debugfs_create_file(groups[i].name, 0400, dir,
				    (void *)&groups[i], &group_fops);
	real_files(dir);
	allocs_watch(dir);
	return 0;

take_back:
	devices_take_back();
unregister:
	disks_unregister();
fail:
	debugfs_remove_recursive(dir);
	proc_sys_exit();
	bad_exit();
	return err;
}

static void __exit hostile_exit(void)
{
	allocs_end();
	disks_unregister();
	debugfs_remove_recursive(dir);
	devices_take_back();
	contexts_take_back();
	proc_sys_exit();
	bad_exit();
}

module_init(hostile_init);
module_exit(hostile_exit);

MODULE_DESCRIPTION("Lends nbddiag's accessors bad pointers; for tests only");
MODULE_AUTHOR("The nbddiag developers");
MODULE_LICENSE("GPL");
