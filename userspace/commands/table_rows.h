/* SPDX-License-Identifier: GPL-2.0 */
/* Which rows of a table are printed, and in which order. */
#ifndef NBDDIAG_TABLE_ROWS_H
#define NBDDIAG_TABLE_ROWS_H

#include "commands/table.h"

/**
 * table_rows_ask() - have the columns filled that --filter and --sort need
 * @table: still without rows; a wrong expression or column ends the program
 */
void table_rows_ask(struct table *table);

/**
 * table_rows_choose() - leave the rows that --filter wants, as --sort wants them
 * @table: with all rows; one below another one comes and goes with that
 */
void table_rows_choose(struct table *table);

#endif /* NBDDIAG_TABLE_ROWS_H */
