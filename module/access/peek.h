/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading memory that belongs to others. Whatever is found behind a foreign
 * pointer is copied by the kernel's fault-tolerant copy, so that a dangling
 * pointer gives an error or stale bytes, never a fault.
 */
#ifndef NBDDIAG_PEEK_H
#define NBDDIAG_PEEK_H

#include <linux/build_bug.h>
#include <linux/string.h>
#include <linux/uaccess.h>

/*
 * Return: true if @size bytes at @src were copied. Never sleeps or faults. If
 * not, @dst is zeros, or as it was: a copy that broke off leaves part of a
 * value there, or what happened to be in a register.
 */
static inline bool peek_bytes(void *dst, const void *src, size_t size)
{
	unsigned long first = (unsigned long)src;

	if (first < PAGE_SIZE || !size || first + size < first ||
	    !compat_is_kernel_address(first) ||
	    !compat_is_kernel_address(first + size - 1))
		return false;
	if (!copy_from_kernel_nofault(dst, src, size))
		return true;
	memset(dst, 0, size);
	return false;
}

/* Copies *@src to *@dst; both are objects of types from the kernel's headers. */
#define peek(dst, src) \
	({ \
		BUILD_BUG_ON(sizeof(*(dst)) != sizeof(*(src))); \
		peek_bytes((dst), (src), sizeof(*(dst))); \
	})

#endif /* NBDDIAG_PEEK_H */
