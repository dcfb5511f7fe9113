// SPDX-License-Identifier: GPL-2.0
/* 6.1, d4af56c5c7c6 ("mm: start tracking VMAs with maple tree") */
#include <linux/mm_types.h>

void *probe(const struct mm_struct *mm);
void *probe(const struct mm_struct *mm)
{
	return mm->mm_mt.ma_root;
}
