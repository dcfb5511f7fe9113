/* SPDX-License-Identifier: GPL-2.0 */
/* Where private members of modules other than nbd lie, when these are loaded. */
#ifndef NBDDIAG_MODULES_H
#define NBDDIAG_MODULES_H

struct btf;

/* Learns of modules that come and go. Return: 0 or a negative error. */
int layout_modules_init(void);

void layout_modules_exit(void);

/**
 * layout_modules_resolve_all() - resolve the modules that are loaded now
 * @vmlinux: opened and indexed BTF of the kernel itself
 *
 * Context: may sleep; to be called once, before there are readers.
 */
void layout_modules_resolve_all(const struct btf *vmlinux);

/**
 * layout_modules_refresh() - resolve the modules that came since
 *
 * To be called at the start of a read that follows requests through them. Costs
 * nothing if no module came or went. Another read may be using what is replaced
 * here; whatever it reads then has to prove itself anyway.
 *
 * Context: may sleep; reads /sys/kernel/btf.
 */
void layout_modules_refresh(void);

#endif /* NBDDIAG_MODULES_H */
