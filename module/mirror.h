/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of nbd's private structures, for kernels which do not describe them
 * in BTF. They are compiled against the kernel's own headers, so the public
 * types inside have their true sizes; whether a copy fits is for layout.c to
 * prove.
 */
#ifndef NBDDIAG_MIRROR_H
#define NBDDIAG_MIRROR_H

#include "resolve.h"

/**
 * struct mirror - one known form of nbd's structures
 * @name: as shown in the file layout
 * @fill: writes the entries of all structures of nbd into a table
 */
struct mirror {
	const char *name;
	void (*fill)(struct layout_table *table);
};

extern const struct mirror mirrors[];
extern const unsigned int mirrors_nr;

#endif /* NBDDIAG_MIRROR_H */
