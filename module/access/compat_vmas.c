// SPDX-License-Identifier: GPL-2.0
/*
 * Walks the mappings of an address space that is being torn down, where no
 * lock may be taken and no function of the kernel be called: all pointers are
 * followed by fault-tolerant reads, and the way is bounded.
 */
#include <linux/mm_types.h>
#include <linux/sched.h>

#include "access/peek.h"
#include "access/sound.h"

/* More than any sane limit (vm.max_map_count) allows. */
#define MAX_MAPPINGS 1048576
#define STEPS_AT_ONCE 1024

/* A leaf of the tree is half full, at least; in other slots there are remains. */
#ifdef HAVE_MM_MAPLE_TREE
#define STEPS_PER_MAPPING 8
#else
#define STEPS_PER_MAPPING 1
#endif

/*
 * An address space says how many mappings it has, so that a way that goes in
 * circles ends soon.
 */
static unsigned int max_steps(const struct mm_struct *mm)
{
	int mappings;

	if (!peek(&mappings, &mm->map_count) || mappings < 0 ||
	    mappings > MAX_MAPPINGS)
		return 0;
	return mappings * STEPS_PER_MAPPING + STEPS_AT_ONCE;
}

#ifdef HAVE_MM_MAPLE_TREE

#define MAX_DEPTH 16

/* A place in the tree: a node with its type in the low bits, and a slot. */
struct place {
	unsigned long node;
	unsigned int slot;
};

static const struct maple_node *node_of(unsigned long entry)
{
	return (const void *)(entry & ~MAPLE_NODE_MASK);
}

/* The root alone is marked, as there may be an entry in its place. */
static bool is_root_node(unsigned long entry)
{
	return (entry & 3) == 2 && entry > MAPLE_RESERVED_RANGE &&
	       is_sound(node_of(entry));
}

static enum maple_type type_of(unsigned long node)
{
	return (node >> MAPLE_NODE_TYPE_SHIFT) & MAPLE_NODE_TYPE_MASK;
}

/* Slots that are not in use hold 0 or remains, which the callers reject. */
static unsigned int slots_of(unsigned long node, void __rcu * const **slots)
{
	const struct maple_node *n = node_of(node);

	switch (type_of(node)) {
	case maple_leaf_64:
	case maple_range_64:
		*slots = n->mr64.slot;
		return MAPLE_RANGE64_SLOTS;
	case maple_arange_64:
		*slots = n->ma64.slot;
		return MAPLE_ARANGE64_SLOTS;
	default:
		return 0;
	}
}

/* Return: 0 at the end of the node, or when it cannot be read. */
static unsigned long next_slot(struct place *at)
{
	void __rcu * const *slots;
	unsigned int nr = slots_of(at->node, &slots);
	unsigned long entry = 0;

	while (at->slot < nr && !entry)
		if (!peek_bytes(&entry, &slots[at->slot++], sizeof(entry)))
			break;
	return entry;
}

void compat_each_vma(const struct mm_struct *mm,
		     bool (*fn)(const struct vm_area_struct *vma, void *data),
		     void *data)
{
	unsigned int steps, most = max_steps(mm);
	struct place path[MAX_DEPTH];
	unsigned long entry;
	int depth = 0;

	if (!peek_bytes(&entry, &mm->mm_mt.ma_root, sizeof(entry)) ||
	    !is_root_node(entry))
		return;
	path[0] = (struct place){ .node = entry };
	for (steps = 0; depth >= 0 && steps < most; steps++) {
		if (!(steps % STEPS_AT_ONCE))
			cond_resched();
		entry = next_slot(&path[depth]);
		if (!entry) {
			depth--;
			continue;
		}
		if (type_of(path[depth].node) == maple_leaf_64) {
			const struct vm_area_struct *vma = (const void *)entry;

			if (is_sound(vma) && !fn(vma, data))
				return;
		} else if (depth + 1 < MAX_DEPTH && is_sound(node_of(entry))) {
			path[++depth] = (struct place){ .node = entry };
		}
	}
}

#else

void compat_each_vma(const struct mm_struct *mm,
		     bool (*fn)(const struct vm_area_struct *vma, void *data),
		     void *data)
{
	unsigned int steps, most = max_steps(mm);
	const struct vm_area_struct *vma;

	if (!peek(&vma, &mm->mmap))
		return;
	for (steps = 0; vma && steps < most; steps++) {
		if (!(steps % STEPS_AT_ONCE))
			cond_resched();
		if (!is_sound(vma) || !fn(vma, data) ||
		    !peek(&vma, &vma->vm_next))
			return;
	}
}

#endif
