// SPDX-License-Identifier: GPL-2.0
/* Needed by compat_each_vma(). */
#include <linux/mm_types.h>

const void *need_vmas(const struct mm_struct *mm, int type);
const void *need_vmas(const struct mm_struct *mm, int type)
{
#ifdef HAVE_MM_MAPLE_TREE
	const struct maple_node *node = mm->mm_mt.ma_root;

	switch ((enum maple_type)type) {
	case maple_leaf_64:
	case maple_range_64:
		return node->mr64.slot[MAPLE_RANGE64_SLOTS - 1];
	case maple_arange_64:
		return node->ma64.slot[MAPLE_ARANGE64_SLOTS - 1];
	default:
		return NULL;
	}
#else
	return mm->mmap->vm_next;
#endif
}
