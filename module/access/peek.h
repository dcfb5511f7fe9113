/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading memory that belongs to others. Whatever is found behind a foreign
 * pointer is copied by the kernel's fault-tolerant copy, so that a dangling
 * pointer gives an error or stale bytes, never a fault.
 */
#ifndef NBDDIAG_PEEK_H
#define NBDDIAG_PEEK_H

#include <linux/build_bug.h>
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

/*
 * Can memory of the kernel be at an address? On x86 the kernel's fault-tolerant
 * copy checks for the processor's width of addresses, and WARNs of a fault if
 * the kernel uses fewer bits than that (5.10 without X86_5LEVEL, seen). On arm64
 * bit 55 chooses between user and kernel, and the highest byte of a user address
 * is ignored: 0x8000aaaa… is memory of the current process.
 *
 * Elsewhere nothing is read until somebody has thought about it: there may be
 * addresses at which a read reaches a device, or whose fault is not survived.
 * NBDDIAG_UNKNOWN_ARCHITECTURE makes any architecture such a one, for a test.
 */
#if defined(NBDDIAG_UNKNOWN_ARCHITECTURE) || \
	!(defined(CONFIG_X86_64) || defined(CONFIG_ARM64) || \
	  (defined(CONFIG_LOONGARCH) && defined(CONFIG_64BIT)))
#define PEEK_UNKNOWN_ARCHITECTURE
#endif

/* Can foreign memory be read at all? */
static inline bool peek_is_possible(void)
{
#ifdef PEEK_UNKNOWN_ARCHITECTURE
	return false;
#else
	return true;
#endif
}

/*
 * On loongarch64 the addresses 0x8… and 0x9… are windows to all of the physical
 * address space, devices too, which no page table limits. In the cached one only
 * pages of memory are read that the kernel gave out; the other is never read.
 */
bool peek_is_loongarch_memory(unsigned long address);

static inline bool peek_is_kernel_address(unsigned long address)
{
#if defined(PEEK_UNKNOWN_ARCHITECTURE)
	return false;
#elif defined(CONFIG_X86_64)
	return (long)address >> __VIRTUAL_MASK_SHIFT == -1;
#elif defined(CONFIG_ARM64)
	return (unsigned long)kasan_reset_tag((void *)address) >= PAGE_OFFSET;
#else
	return peek_is_loongarch_memory(address);
#endif
}

/*
 * Return: true if @size bytes at @src were copied. Never sleeps or faults. If
 * not, @dst is zeros, or as it was: a copy that broke off leaves part of a
 * value there, or what happened to be in a register.
 */
static inline bool peek_bytes(void *dst, const void *src, size_t size)
{
	unsigned long first = (unsigned long)src;

	if (first < PAGE_SIZE || !size || first + size < first ||
	    !peek_is_kernel_address(first) ||
	    !peek_is_kernel_address(first + size - 1))
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

/* The next entry of a list; NULL if it cannot be read. */
static inline const struct list_head *peek_next(const struct list_head *entry)
{
	const struct list_head *next;

	return peek(&next, (const struct list_head **)&entry->next) ? next :
		NULL;
}

#endif /* NBDDIAG_PEEK_H */
