/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which function is at an address. Functions that the kernel does not export
 * are told by their names. To look a name up takes a microsecond in the kernel
 * itself, and far more in a module, as all symbols of a module are searched.
 */
#ifndef NBDDIAG_SYMBOLS_H
#define NBDDIAG_SYMBOLS_H

#include <linux/types.h>

#define SYMBOL_CACHE_BITS 8
#define SYMBOL_NONE (-1)

/**
 * struct symbol_cache - remembers which of some functions an address is in
 * @names: NULL-terminated; see symbol_text_is()
 * @inside: any address in a function will do, as return addresses need it
 * @lookups: how many names were looked up
 * @known: addresses and what they are; @which is an index of @names, or
 *	SYMBOL_NONE
 *
 * Zeroed but for @names and @inside. To be used for one snapshot only, since a
 * module may go, and another one be loaded at its addresses. Not to be used by
 * two at once.
 */
struct symbol_cache {
	const char * const *names;
	bool inside;
	u32 lookups;
	struct {
		const void *address;
		int which;
	} known[1 << SYMBOL_CACHE_BITS];
};

/**
 * symbol_which() - which of some functions is at an address?
 * @cache: remembers the answer, also if it is none of them
 * @address: any address
 *
 * Context: any; does not sleep.
 * Return: an index of @cache->names, or SYMBOL_NONE.
 */
int symbol_which(struct symbol_cache *cache, const void *address);

/**
 * symbol_is() - is a function at an address?
 * @fn: any address
 * @name: as in symbol_text_is()
 *
 * Looks the name up each time.
 *
 * Context: any; does not sleep.
 */
bool symbol_is(const void *fn, const char *name);

/*
 * The name of the function that an address is in.
 *
 * @text: receives it as the kernel has it, suffix and all
 * @address: any address
 *
 * Context: any; does not sleep.
 */
void symbol_name(char *text, size_t size, const void *address);

/*
 * The function that an address is in, and where that begins.
 *
 * @text: receives its name, without a module's
 * @address: any address
 *
 * Context: any; does not sleep.
 * Return: where it begins, 0 if there is none.
 */
unsigned long symbol_function(char *text, size_t size, unsigned long address);

#endif /* NBDDIAG_SYMBOLS_H */
