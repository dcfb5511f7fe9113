/* SPDX-License-Identifier: GPL-2.0 */
/* Tables and trees by libsmartcols, and JSON, with columns chosen by --output. */
#ifndef NBDDIAG_TABLE_H
#define NBDDIAG_TABLE_H

#include <libsmartcols.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "commands/options.h"
#include "commands/tallies.h"
#include "facts/text.h"

/* Exit status: something may be missing in the table. */
#define STATUS_INCOMPLETE 1

enum column_unit {
	UNIT_NONE,
	UNIT_SIZE,		/* bytes */
	UNIT_AGE,		/* nanoseconds, as JSON has them */
};

/* Lists, as json_names(), json_numbers() and json_flags() take them. */
enum {
	COLUMN_JSON_NAMES = 100,
	COLUMN_JSON_NUMBERS,
	COLUMN_JSON_FLAGS,
};

/**
 * struct column - a column that a command can print
 * @name: as given to --output; its JSON name is the same in lower case, with _
 *	in place of -
 * @help: one line for --list-columns
 * @json: SCOLS_JSON_STRING, SCOLS_JSON_NUMBER, SCOLS_JSON_BOOLEAN, or an array:
 *	COLUMN_JSON_NAMES, COLUMN_JSON_NUMBERS, COLUMN_JSON_FLAGS
 * @flags: SCOLS_FL_*
 * @by_default: printed without --output
 * @in_json: the same, but in JSON only, where there is always room
 * @spare: which columns go first where there is no room, the lowest; 0 stays
 * @wraps: of a tree, as the last one: is wrapped where the terminal ends
 * @key: the key that it shows; NULL if it is in none
 * @field: the field of @key, or without @key of the line that a row is about;
 *	NULL without
 * @unit: how people want to read it
 * @say: what is in no key or field, of struct row's data; for free(), NULL
 *	leaves the cell empty. With a @unit, a plain number. NULL without
 * @put_json: what is in JSON's array of @say, where that is no text or number.
 *	NULL without
 * @count: in place of both: how many requests have what, of struct row's data.
 *	NULL without
 * @why_not: of the same data: what is not known where @say says nothing, for
 *	its reason; NULL for that of @key or @field
 * @color: of a cell, by a name of libsmartcols and struct row's data; NULL
 *	without one
 */
struct column {
	const char *name;
	const char *help;
	int json;
	int flags;
	bool by_default;
	bool in_json;
	unsigned char spare;
	bool wraps;
	const char *key;
	const char *field;
	enum column_unit unit;
	char *(*say)(const struct options *options, const void *data);
	void (*put_json)(struct json *json, const void *data);
	void (*count)(const void *data, struct tallies *all);
	struct value (*why_not)(const void *data);
	const char *(*color)(const void *data);
};

/**
 * struct row - where the cells of a line come from
 * @text: a file, for columns with a key; or NULL
 * @line: the line that it is about, for columns with a field alone; or NULL
 * @data: for columns that say it themselves; NULL if their fields do
 */
struct row {
	const struct text *text;
	const char *line;
	const void *data;
};

/**
 * struct table_note - what is known of a cell beside its text
 * @plain: the number behind one that has a unit
 * @has_plain: it has one
 * @unknown: why it is not known, or NULL
 * @json: what stands in JSON, if that is not its text; or NULL
 */
struct table_note {
	uint64_t plain;
	bool has_plain;
	char *unknown;
	char *json;
};

/**
 * struct table - a table that is being filled
 * @scols: of libsmartcols; may be used directly for what is not here
 * @columns: all columns, by the numbers that the command gives them
 * @nr: how many
 * @cell: libsmartcols' column for each, NULL if nothing needs it
 * @options: from the command line
 * @name: of the array in JSON
 * @note: those of cells, each from malloc()
 * @nr_notes: how many
 */
struct table {
	struct libscols_table *scols;
	const struct column *columns;
	size_t nr;
	struct libscols_column **cell;
	const struct options *options;
	const char *name;
	struct table_note **note;
	size_t nr_notes;
};

/* Print the columns of a command, and what they are. */
void table_list_columns(const struct column *columns, size_t nr);

/**
 * table_start() - an empty table
 * @table: filled, for table_print()
 * @name: of the array in JSON
 * @columns: all columns of the command
 * @options: from the command line; an unknown column ends the program
 */
void table_start(struct table *table, const char *name,
		 const struct column *columns, size_t nr,
		 const struct options *options);

/* May there be more than its rows and headings, for instance a sum? */
bool table_is_for_people(const struct options *options);

/**
 * table_find_column() - a column by its name, in any case, with - or _
 * @len: how long the name is; the program ends if there is none
 */
size_t table_find_column(const struct table *table, const char *name,
			 size_t len);

/**
 * table_need_column() - have a column filled, but not printed if it was not chosen
 * @i: its number
 */
void table_need_column(struct table *table, size_t i);

/**
 * table_line() - a new line
 * @parent: the line that it is below in a tree, or NULL
 */
struct libscols_line *table_line(struct table *table,
				 struct libscols_line *parent);

/**
 * table_put() - fill a cell
 * @column: number of the column
 * @format: as of printf(); NULL leaves it empty
 */
__attribute__((format(printf, 4, 5)))
void table_put(struct table *table, struct libscols_line *line, size_t column,
	       const char *format, ...);

/**
 * table_put_row() - fill the cells of all columns that say where from
 * @row: where from
 */
void table_put_row(struct table *table, struct libscols_line *line,
		   const struct row *row);

/**
 * table_print() - print and give back; with --json into document()
 * @table: from table_start()
 */
void table_print(struct table *table);

/**
 * table_status() - say so if the file that a table was made of is not complete
 * @text: the file
 * @what: what may be missing in it
 *
 * Return: the exit status: 0, or STATUS_INCOMPLETE after a message.
 */
int table_status(const struct text *text, const char *what);

/**
 * table_put_unknown() - say why a cell has nothing
 * @why: a word
 * @len: how many bytes of it
 */
void table_put_unknown(struct table *table, struct libscols_line *line,
		       size_t column, const char *why, size_t len);

#endif /* NBDDIAG_TABLE_H */
