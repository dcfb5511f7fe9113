// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag_mount, for the case mountinfo: a filesystem without files. While "hangs" is
 * set, whoever prints its options sleeps in D, as those of btrfs can whose device does
 * not answer: all who read a mountinfo in which it is.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/sched.h>

#define MAGIC 0x6e626464

static bool hangs;
module_param(hangs, bool, 0644);
MODULE_PARM_DESC(hangs, "Who prints the options of the filesystem waits");

static int show_options(struct seq_file *seq, struct dentry *root)
{
	while (READ_ONCE(hangs))
		schedule_timeout_uninterruptible(HZ / 10);
	return 0;
}

static const struct super_operations operations = {
	.statfs = simple_statfs,
	.show_options = show_options,
};

static int fill(struct super_block *sb, struct fs_context *context)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return -ENOMEM;
	inode->i_ino = 1;
	inode->i_mode = S_IFDIR | 0755;
	inode->i_op = &simple_dir_inode_operations;
	inode->i_fop = &simple_dir_operations;
	sb->s_magic = MAGIC;
	sb->s_op = &operations;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static int get_tree(struct fs_context *context)
{
	return get_tree_nodev(context, fill);
}

static const struct fs_context_operations context_operations = {
	.get_tree = get_tree,
};

static int init_context(struct fs_context *context)
{
	context->ops = &context_operations;
	return 0;
}

static struct file_system_type type = {
	.owner = THIS_MODULE,
	.name = "nbddiag_mount",
	.init_fs_context = init_context,
	.kill_sb = kill_anon_super,
};

static int __init mount_init(void)
{
	return register_filesystem(&type);
}

static void __exit mount_exit(void)
{
	unregister_filesystem(&type);
}

module_init(mount_init);
module_exit(mount_exit);
MODULE_DESCRIPTION("A filesystem whose options keep those waiting who print them");
MODULE_LICENSE("GPL");
