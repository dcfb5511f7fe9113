/* SPDX-License-Identifier: GPL-2.0 */
/* Tables, trees and JSON by libsmartcols, with columns chosen by --output. */
#ifndef NBDDIAG_TABLE_H
#define NBDDIAG_TABLE_H

#include <libsmartcols.h>
#include <stddef.h>
#include <stdint.h>

#include "commands/options.h"
#include "facts/text.h"

/**
 * struct column - a column that a command can print
 * @name: as given to --output; its JSON name is the same in lower case
 * @help: one line for --list-columns
 * @json: SCOLS_JSON_STRING, SCOLS_JSON_NUMBER or SCOLS_JSON_BOOLEAN
 * @flags: SCOLS_FL_*
 * @by_default: printed without --output
 */
struct column {
	const char *name;
	const char *help;
	int json;
	int flags;
	bool by_default;
};

/**
 * struct table - a table that is being filled
 * @scols: of libsmartcols; may be used directly for what is not here
 * @columns: all columns, by the numbers that the command gives them
 * @nr: how many
 * @cell: libsmartcols' column for each, NULL if it was not chosen
 * @options: from the command line
 */
struct table {
	struct libscols_table *scols;
	const struct column *columns;
	size_t nr;
	struct libscols_column **cell;
	const struct options *options;
};

/**
 * table_list_columns() - print the columns of a command, and what they are
 * @columns: the columns
 * @nr: how many
 */
void table_list_columns(const struct column *columns, size_t nr);

/**
 * table_begin() - an empty table
 * @table: filled, for table_print()
 * @name: of the array in JSON
 * @columns: all columns of the command
 * @nr: how many
 * @options: from the command line; an unknown column ends the program
 */
void table_begin(struct table *table, const char *name,
		 const struct column *columns, size_t nr,
		 const struct options *options);

/**
 * table_line() - a new line
 * @table: the table
 * @parent: the line that it is below in a tree, or NULL
 */
struct libscols_line *table_line(struct table *table,
				 struct libscols_line *parent);

/**
 * table_put() - fill a cell
 * @table: the table
 * @line: its line
 * @column: number of the column
 * @format: as of printf(); NULL leaves it empty
 */
__attribute__((format(printf, 4, 5)))
void table_put(struct table *table, struct libscols_line *line, size_t column,
	       const char *format, ...);

/**
 * table_put_value() - fill a cell with a value as it is
 * @table: the table
 * @line: its line
 * @column: number of the column
 * @value: empty if it is not given
 */
void table_put_value(struct table *table, struct libscols_line *line,
		     size_t column, struct value value);

/**
 * table_put_size() - fill a cell with a size
 * @table: the table
 * @line: its line
 * @column: number of the column
 * @value: bytes; empty if it is no number
 */
void table_put_size(struct table *table, struct libscols_line *line,
		    size_t column, struct value value);

/**
 * table_put_age() - fill a cell with an age
 * @table: the table
 * @line: its line
 * @column: number of the column
 * @value: nanoseconds, as JSON has them; empty if it is no number
 */
void table_put_age(struct table *table, struct libscols_line *line,
		   size_t column, struct value value);

/**
 * table_print() - print and give back
 * @table: from table_begin()
 */
void table_print(struct table *table);

#endif /* NBDDIAG_TABLE_H */
