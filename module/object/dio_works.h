/* SPDX-License-Identifier: GPL-2.0 */
/* Direct writes to files whose data is written, and which the filesystem ends. */
#ifndef NBDDIAG_DIO_WORKS_H
#define NBDDIAG_DIO_WORKS_H

#include "access/symbols.h"

struct kiocb;
struct super_block;

/**
 * dio_works_functions() - have a cache tell the functions of such work
 * @cache: zeroed
 */
void dio_works_functions(struct symbol_cache *cache);

/**
 * dio_works_each() - show the requests whose end is left to a filesystem's workers
 * @known: from dio_works_functions()
 * @sb: address of a filesystem that may be gone
 * @fn: called for each; a request may be done at any moment
 * @data: its last argument
 *
 * When the last bio of a direct write is done, there may be more to do: extents
 * that were not written before become written ones, or the file longer. That is
 * left to workers, which may have to wait for the journal. Nothing of the block
 * layer leads to such a request any more.
 *
 * Context: may sleep for a moment, never for I/O.
 */
void dio_works_each(struct symbol_cache *known,
		    const struct super_block *sb,
		    void (*fn)(const struct kiocb *kiocb, void *data),
		    void *data);

#endif /* NBDDIAG_DIO_WORKS_H */
