/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which memory may be read at all. An address that was found on a stack or in
 * the description of a page may be anything: a register of a device, memory
 * that is offline, or a page of which the hardware has said that it is broken.
 * To read these is not harmless, even by a fault-tolerant copy: arm64 dies of a
 * broken one.
 */
#ifndef NBDDIAG_SOUND_H
#define NBDDIAG_SOUND_H

#include <linux/types.h>

struct page;

/**
 * sound_address() - may an object at an address be read?
 * @address: any address
 * @size: of the object, at most a page
 *
 * Only what is in the kernel's map of all memory, online, given to nobody else
 * (PageOffline) and not broken (PageHWPoison). That may change at any time, so
 * it is still to be read with fault tolerance.
 *
 * Context: any; does not sleep.
 */
bool sound_address(const void *address, size_t size);

/* As sound_address(), for the object that a pointer points to. */
#define is_sound(pointer) sound_address((pointer), sizeof(*(pointer)))

/**
 * sound_page() - may the memory be read that a page describes?
 * @page: any address
 *
 * Context: any; does not sleep.
 * Return: false also where @page is no description of a page.
 */
bool sound_page(const struct page *page);

/**
 * sound_page_copy() - the same for the copy of a page's description
 * @copy: of a page that was online; may be changed
 *
 * Does not know of a huge page that one of its pages is broken.
 */
bool sound_page_copy(struct page *copy);

#endif /* NBDDIAG_SOUND_H */
