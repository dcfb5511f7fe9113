/* SPDX-License-Identifier: GPL-2.0 */
/* A table as JSON. */
#ifndef NBDDIAG_TABLE_JSON_H
#define NBDDIAG_TABLE_JSON_H

#include "commands/table.h"

/**
 * table_json() - write a table into document(), as an array of its name
 * @table: with the rows that are wanted, in their order
 *
 * A row is an object with the columns as keys. What is below it is an array
 * "children".
 */
void table_json(const struct table *table);

#endif /* NBDDIAG_TABLE_JSON_H */
