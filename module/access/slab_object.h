/* SPDX-License-Identifier: GPL-2.0 */
/* How large the slab allocator's objects are, for addresses that may be anything. */
#ifndef NBDDIAG_SLAB_OBJECT_H
#define NBDDIAG_SLAB_OBJECT_H

#include <linux/types.h>

/**
 * slab_object_init() - find out where the slab allocator keeps what it knows
 *
 * Context: may sleep; to be called once, when the module is loaded.
 */
void slab_object_init(void);

/**
 * slab_object_size() - bytes allocated for an object of the slab allocator
 * @object: any address
 *
 * Context: any; does not sleep.
 * Return: 0 if it is none, or that is not known on this kernel.
 */
size_t slab_object_size(const void *object);

/**
 * slab_object_not_kmalloc() - is an object of a cache that is not kmalloc()'s?
 * @object: any address
 *
 * Context: any; does not sleep.
 * Return: false if it is none, or that is not known on this kernel.
 */
bool slab_object_not_kmalloc(const void *object);

#endif /* NBDDIAG_SLAB_OBJECT_H */
