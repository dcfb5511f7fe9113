/* SPDX-License-Identifier: GPL-2.0 */
/* Makes a table fit a terminal. */
#ifndef NBDDIAG_TABLE_FIT_H
#define NBDDIAG_TABLE_FIT_H

#include "commands/table.h"

/**
 * table_fit() - make a table fit, if it is too wide
 * @table: with all rows; nothing is done unless it goes to a terminal
 *
 * Columns that have nothing in any row are left out, if nobody has named them; then
 * those that tell least.
 * Long names are cut on the left, if they share their beginning, of columns with
 * SCOLS_FL_TRUNC. What is then still too long is left to libsmartcols.
 */
void table_fit(struct table *table);

#endif /* NBDDIAG_TABLE_FIT_H */
