/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the kernel's allocator has given an object out. */
#ifndef NBDDIAG_SLAB_FREE_H
#define NBDDIAG_SLAB_FREE_H

#include <linux/types.h>

/**
 * slab_free_has() - is an object one that the allocator would give out?
 * @object: address of an object in a slab
 *
 * Follows the lists of free objects of its slab and of all processors, which
 * takes some microseconds, and more on a large host.
 *
 * Context: may sleep.
 * Return: true if it is in such a list; false if not, or if that is not known.
 */
bool slab_free_has(const void *object);

#endif /* NBDDIAG_SLAB_FREE_H */
