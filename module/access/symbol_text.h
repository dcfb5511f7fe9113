/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel prints of an address in a function. No kernel API. */
#ifndef NBDDIAG_SYMBOL_TEXT_H
#define NBDDIAG_SYMBOL_TEXT_H

#include "access/plain.h"

/**
 * symbol_text_name_len() - how long a function's name is in the source
 * @text: its name as the kernel has it, whatever may follow
 *
 * Compilers and linkers add suffixes to a copy, a part or a jump table of a
 * function: ".isra.0", ".constprop.0", ".part.0", ".cold", ".cfi_jt",
 * ".llvm.123", "$123". A name in C has no "." and no "$".
 */
size_t symbol_text_name_len(const char *text);

/**
 * symbol_text_is() - is an address in a certain function?
 * @text: the address as printed by "%pS", NAME+0xOFFSET/0xSIZE [MODULE]
 * @function: "NAME" if it is part of the kernel itself, else "NAME [MODULE]";
 *	"*NAME" for all whose names end like that
 * @inside: any address in the function will do, not only its first
 */
bool symbol_text_is(const char *text, const char *function, bool inside);

#endif /* NBDDIAG_SYMBOL_TEXT_H */
