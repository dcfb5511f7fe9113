// SPDX-License-Identifier: GPL-2.0
/* Pointers that no code of the kernel should ever follow. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "hostile.h"

/* Either half of the canonical addresses has so many bits: 56 with five levels. */
#ifdef CONFIG_X86_64
#define HALF_BITS __VIRTUAL_MASK_SHIFT
#else
#define HALF_BITS 47
#endif

struct bad_pointer bad[BAD_MAX];
unsigned int bad_nr;
void *lent, *lent_direct;

/* Filled anew for each reader. */
static struct bad_pointer *of_user;

static struct bad_pointer *add(const char *name, const void *address,
			       bool readable)
{
	struct bad_pointer *pointer = &bad[bad_nr];

	if (!WARN_ON_ONCE(bad_nr == BAD_MAX - 1))
		bad_nr++;
	pointer->name = name;
	pointer->address = address;
	pointer->readable = readable;
	return pointer;
}

static void add_numbers(void)
{
	add("NULL", NULL, false);
	add("1", (void *)1, false);
	add("0x100", (void *)0x100, false);
	add("the end of page 0", (void *)(PAGE_SIZE - 8), false);
	add("an error", ERR_PTR(-ENOMEM), false);
	add("the last error", ERR_PTR(-4095), false);
	add("-1", (void *)~0UL, false);
	add("-8", (void *)~7UL, false);
	add("a user's address that nothing is at", (void *)0x12345000UL, false);
	add("the poison of lists", LIST_POISON1, false);
	add("the poison of free slabs", (void *)0x6b6b6b6b6b6b6b6bUL, false);
	add("the lowest non-canonical", (void *)(1UL << HALF_BITS), false);
	add("a non-canonical", (void *)0x8000aaaa00001000UL, false);
	add("the highest non-canonical", (void *)((~0UL << HALF_BITS) - 8),
	    false);
	add("only the sign", (void *)(1UL << 63), false);
}

/* Below the user's stack there is nothing, at it there is. */
void bad_refresh(void)
{
	if (current->mm)
		of_user->address = (void *)(current->mm->start_stack & ~15UL);
}

/* An area's end is followed by a page where nothing is. */
static void add_areas(const void *gone)
{
	char *end = (char *)lent + LENT_SIZE;

	add("a freed area", gone, false);
	add("inside a freed area", gone + 24, false);
	add("the guard page", end, false);
	add("inside the guard page", end + 136, false);
	add("memory that this host does not have",
	    (void *)(PAGE_OFFSET + (1UL << 45)), false);
	add("the last byte before a guard page", end - 1, true);
	add("4 bytes before a guard page", end - 4, true);
	add("12 bytes before a guard page", end - 12, true);
	add("an odd address", lent + 1, true);
	add("3 beside", lent_direct + 3, true);
}

static void add_wrong_things(const void *slab, const void *page)
{
	add("a freed object", slab, true);
	add("a freed page", page, true);
	add("code", &schedule, true);
	add("this module's code", &add_wrong_things, true);
	add("a task", current, true);
	add("an address space", current->active_mm, true);
	add("an inode", file_inode(current->mm->exe_file), true);
	add("a file", current->mm->exe_file, true);
}

int bad_init(void)
{
	void *gone = vmalloc(PAGE_SIZE);
	void *slab = kzalloc(512, GFP_KERNEL);
	unsigned long page = __get_free_page(GFP_KERNEL);

	lent = vzalloc(LENT_SIZE);
	lent_direct = kzalloc(LENT_SIZE, GFP_KERNEL);
	vfree(gone);
	kfree(slab);
	free_page(page);
	if (!gone || !slab || !page || !lent || !lent_direct) {
		bad_exit();
		return -ENOMEM;
	}
	bad_nr = 0;
	add_numbers();
	of_user = add("a user's memory", NULL, false);
	add_areas(gone);
	add_wrong_things(slab, (void *)page);
	return 0;
}

void bad_exit(void)
{
	vfree(lent);
	kfree(lent_direct);
}
