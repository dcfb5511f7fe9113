// SPDX-License-Identifier: GPL-2.0
/* What is the same for all commands that print a table. */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/say.h"
#include "base/units.h"
#include "commands/incomplete.h"
#include "commands/table.h"
#include "commands/table_fit.h"
#include "commands/table_json.h"
#include "commands/table_rows.h"
#include "facts/text.h"

void table_list_columns(const struct column *columns, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		printf("%-16s %s\n", columns[i].name, columns[i].help);
}

/* ---- which columns ---- */

/* PEERS-AGREE is peers_agree too. */
static bool is_name(const char *name, const char *given, size_t len)
{
	size_t i;

	for (i = 0; i < len && name[i]; i++)
		if (tolower(name[i]) != tolower(given[i]) &&
		    (name[i] != '-' || given[i] != '_'))
			return false;
	return i == len && !name[i];
}

/* Which columns there are, for free(). */
static char *say_names(const struct table *table)
{
	char *names = say("%s", table->columns[0].name), *longer;
	size_t i;

	for (i = 1; i < table->nr; i++) {
		longer = say("%s, %s", names, table->columns[i].name);
		free(names);
		names = longer;
	}
	return names;
}

size_t table_find_column(const struct table *table, const char *name,
			 size_t len)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		if (is_name(table->columns[i].name, name, len))
			return i;
	fail(EXIT_USAGE, "there is no column '%.*s'. There are %s. %s", (int)len, name,
	     say_names(table), "--list-columns says what is in them");
}

/* In pairs it may become the name of a variable of a shell. */
static char *heading_of(const struct table *table, const char *name)
{
	char *heading = check_memory(strdup(name)), *at;

	for (at = heading; table->options->pairs && *at; at++)
		if (*at == '-')
			*at = '_';
	return heading;
}

static void add_column(struct table *table, size_t i, int flags)
{
	const struct column *column = &table->columns[i];
	char *heading = heading_of(table, column->name);
	double width = 0.1;

	table->cell[i] = check_memory(scols_table_new_column(table->scols,
							     heading, width,
							     column->flags | flags));
	free(heading);
}

static void choose_column(struct table *table, size_t i)
{
	if (table->cell[i])
		fail(EXIT_USAGE, "column %s is named twice",
		     table->columns[i].name);
	add_column(table, i, 0);
}

void table_need_column(struct table *table, size_t i)
{
	if (!table->cell[i])
		add_column(table, i, SCOLS_FL_HIDDEN);
}

static void add_default_columns(struct table *table)
{
	const struct column *column = table->columns;
	size_t i;

	for (i = 0; i < table->nr; i++, column++)
		if (column->by_default || table->options->output_all ||
		    (column->in_json && table->options->json))
			choose_column(table, i);
}

static void add_columns(struct table *table)
{
	const char *name = table->options->columns;
	size_t len;

	if (!name) {
		add_default_columns(table);
		return;
	}
	/* +NAME,... adds to those that are printed anyway. */
	if (*name == '+') {
		add_default_columns(table);
		name++;
	}
	for (;; name += len + 1) {
		len = strcspn(name, ",");
		choose_column(table, table_find_column(table, name, len));
		if (!name[len])
			break;
	}
}

/* Of a terminal, unless the user does not want it; see no-color.org. */
static bool wants_colors(const struct options *options)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) && !options->json &&
		!options->raw && !options->pairs;
}

bool table_is_for_people(const struct options *options)
{
	return !options->json && !options->raw && !options->pairs &&
		!options->noheadings;
}

void table_start(struct table *table, const char *name,
		 const struct column *columns, size_t nr,
		 const struct options *options)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->nr = nr;
	table->options = options;
	table->cell = check_memory(calloc(nr, sizeof(*table->cell)));
	table->scols = check_memory(scols_new_table());
	table->name = name;
	scols_table_enable_raw(table->scols, options->raw);
	scols_table_enable_export(table->scols, options->pairs);
	scols_table_enable_colors(table->scols, wants_colors(options));
	/* All names are escaped before they come here. */
	scols_table_enable_noencoding(table->scols, 1);
	scols_table_enable_noheadings(table->scols, options->noheadings);
	add_columns(table);
	table_rows_ask(table);
}

/* ---- cells ---- */

struct libscols_line *table_line(struct table *table,
				 struct libscols_line *parent)
{
	return check_memory(scols_table_new_line(table->scols, parent));
}

static void put_text(struct table *table, struct libscols_line *line,
		     size_t column, char *text)
{
	if (!table->cell[column] ||
	    scols_line_refer_column_data(line, table->cell[column], text))
		free(text);
}

void table_put(struct table *table, struct libscols_line *line, size_t column,
	       const char *format, ...)
{
	char *text;
	va_list args;

	if (!format)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	put_text(table, line, column, check_memory(text));
}

static struct table_note *note_of(struct table *table,
				  struct libscols_line *line, size_t column)
{
	struct libscols_cell *cell =
		scols_line_get_column_cell(line, table->cell[column]);
	struct table_note *note = scols_cell_get_userdata(cell);

	if (note)
		return note;
	note = check_memory(calloc(1, sizeof(*note)));
	if (!(table->nr_notes & (table->nr_notes - 1)))
		table->note = check_memory(reallocarray(table->note,
							table->nr_notes ?
							table->nr_notes * 2 : 1,
							sizeof(note)));
	table->note[table->nr_notes++] = note;
	scols_cell_set_userdata(cell, note);
	return note;
}

static void keep_plain(struct table *table, struct libscols_line *line,
		       size_t column, uint64_t number)
{
	struct table_note *note = note_of(table, line, column);

	note->plain = number;
	note->has_plain = true;
}

void table_put_unknown(struct table *table, struct libscols_line *line,
		       size_t column, const char *why, size_t len)
{
	struct table_note *note;

	if (!table->cell[column] || !table->options->json)
		return;
	note = note_of(table, line, column);
	free(note->unknown);
	note->unknown = check_memory(strndup(why, len));
}

/* For people with a unit, otherwise the plain number. */
static void put_unit(struct table *table, struct libscols_line *line,
		     size_t column, struct value value)
{
	enum column_unit unit = table->columns[column].unit;
	const struct options *options = table->options;
	char text[UNITS_LEN];
	uint64_t number;

	if (!table->cell[column] || !value_number(value, &number))
		return;
	if (options->json || (unit == UNIT_SIZE && options->bytes))
		snprintf(text, sizeof(text), "%" PRIu64, number);
	else if (unit == UNIT_SIZE)
		units_size(text, number);
	else
		units_age(text, number);
	put_text(table, line, column, check_memory(strdup(text)));
	keep_plain(table, line, column, number);
}

static void put_reason(struct table *table, struct libscols_line *line,
		       size_t column, struct value value)
{
	if (value.kind == VALUE_UNKNOWN && value.len)
		table_put_unknown(table, line, column, value.at, value.len);
}

/* What is no number would spoil JSON. */
static void put_number(struct table *table, struct libscols_line *line,
		       size_t column, struct value value)
{
	uint64_t number;

	if (!value_number(value, &number))
		return;
	/* It is mostly printed as it stands. */
	if (value.len == 1 || *value.at != '0')
		put_text(table, line, column, check_memory(value_copy(value)));
	else
		table_put(table, line, column, "%" PRIu64, number);
}

static void put_value(struct table *table, struct libscols_line *line,
		      size_t column, struct value value)
{
	put_reason(table, line, column, value);
	if (table->columns[column].unit != UNIT_NONE)
		put_unit(table, line, column, value);
	else if (table->columns[column].json == SCOLS_JSON_NUMBER)
		put_number(table, line, column, value);
	else if (value.kind == VALUE_GIVEN)
		put_text(table, line, column, check_memory(value_copy(value)));
}

static struct value value_of(const struct column *column,
			     const struct row *row)
{
	if (column->key && row->text)
		return column->field ?
			text_key_field(row->text, column->key, column->field) :
			text_get(row->text, column->key);
	if (column->field && row->line)
		return text_field(row->line, column->field);
	return (struct value){ .kind = VALUE_MISSING };
}

/* Keeps what put() puts into an array. */
static void keep_json(struct table *table, struct libscols_line *line,
		      size_t column,
		      void (*put)(struct json *json, const void *data),
		      const void *data)
{
	struct table_note *note = note_of(table, line, column);
	struct json json = {};
	size_t size;

	json.out = check_memory(open_memstream(&note->json, &size));
	json_array(&json, NULL);
	put(&json, data);
	json_end(&json);
	if (fclose(json.out))
		fail(EXIT_SYSTEM, "out of memory");
}

static char *say_counts(struct table *table, struct libscols_line *line,
			size_t column, const void *data)
{
	struct tallies all = {};
	char *text;

	table->columns[column].count(data, &all);
	text = all.nr ? tallies_text(&all) : NULL;
	if (text && table->options->json)
		keep_json(table, line, column, tallies_json, &all);
	tallies_free(&all);
	return text;
}

static char *say_cell(struct table *table, struct libscols_line *line,
		      size_t column, const void *data)
{
	const struct column *what = &table->columns[column];
	char *text;

	if (what->count)
		return say_counts(table, line, column, data);
	text = what->say(table->options, data);
	if (text && what->put_json && table->options->json)
		keep_json(table, line, column, what->put_json, data);
	return text;
}

/* What a column says itself, or why it does not. */
static void put_said(struct table *table, struct libscols_line *line,
		     size_t column, const struct row *row)
{
	const struct column *what = &table->columns[column];
	char *text = say_cell(table, line, column, row->data);

	if (!text) {
		put_reason(table, line, column, what->why_not ?
			   what->why_not(row->data) : value_of(what, row));
		return;
	}
	if (table->columns[column].unit == UNIT_NONE) {
		put_text(table, line, column, text);
		return;
	}
	put_unit(table, line, column, (struct value){
		.kind = VALUE_GIVEN, .at = text, .len = strlen(text) });
	free(text);
}

static void put_color(struct table *table, struct libscols_line *line,
		      size_t column, const void *data)
{
	const char *color = table->columns[column].color(data);

	if (color)
		scols_cell_set_color(scols_line_get_column_cell(line, table->cell[column]),
				     color);
}

void table_put_row(struct table *table, struct libscols_line *line,
		   const struct row *row)
{
	const struct column *column = table->columns;
	size_t i;

	for (i = 0; i < table->nr; i++, column++) {
		if (!table->cell[i])
			continue;
		if ((column->say || column->count) && row->data)
			put_said(table, line, i, row);
		else
			put_value(table, line, i, value_of(column, row));
		if (column->color && row->data)
			put_color(table, line, i, row->data);
	}
}

/* ---- printing ---- */

static void free_table(struct table *table)
{
	size_t i;

	scols_unref_table(table->scols);
	for (i = 0; i < table->nr_notes; i++) {
		free(table->note[i]->unknown);
		free(table->note[i]->json);
		free(table->note[i]);
	}
	free(table->note);
	free(table->cell);
}

void table_print(struct table *table)
{
	table_rows_choose(table);
	table_fit(table);
	if (table->options->json)
		table_json(table);
	else if (scols_print_table(table->scols))
		fail(EXIT_SYSTEM, "cannot write the table");
	free_table(table);
}

int table_status(const struct text *text, const char *what)
{
	struct value why = text_get(text, "complete_reason");

	if (value_is(text_get(text, "complete"), "yes"))
		return 0;
	document_incomplete_value(why);
	complain("%s may be missing (%.*s)%s", what, (int)why.len,
		 why.at ? why.at : "",
		 value_is(why, "changing") ? ". Look again" : "");
	return STATUS_INCOMPLETE;
}
